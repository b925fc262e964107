/**
 * Is this file what it is said to be? Opens a model of any kind completely before it is added or installed; untrusted.
 * commands/models-add.ts, models-download.ts and models-inspect.ts ask here.
 */
import { extname } from 'node:path';
import type { ModelKind } from '../domain/catalog.ts';
import { openPrior } from '../engine/prior.ts';
import { openModel } from '../engine/runtime/ort-model.ts';
import { chooseRuntime } from '../engine/runtime/providers.ts';
import { yunetFaces } from '../faces/yunet.ts';
import { openDetectorNetwork } from '../restoration/detectors.ts';
import { openRecogniser } from '../restoration/open-recogniser.ts';
import { checkValues } from './check-values.ts';

/** Throws UserError `checkpoint.*` or `model.unsupported` where the file is damaged or of another kind. */
export async function checkModel(kind: ModelKind, path: string, configPath?: string): Promise<void> {
  if (kind === 'face-recogniser') return (await openRecogniser(path)).release();
  if (kind === 'face-detector') return checkDetector(path);
  using prior = openPrior(path, configPath);
  checkValues(prior);
}

/** The bundled detector is weights for a network of ours; any other is a YuNet. */
async function checkDetector(path: string): Promise<void> {
  if (extname(path) === '.safetensors') {
    const { runtime } = await chooseRuntime('cpu');
    await using _runtime = runtime;
    await openDetectorNetwork(runtime, path).release();
    return;
  }
  const model = await openModel(path);
  try {
    const side = 64;
    await yunetFaces(model, { width: side, height: side, data: new Uint8Array(3 * side * side) });
  } finally {
    await model.release();
  }
}
