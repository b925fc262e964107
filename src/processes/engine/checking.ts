/**
 * Is this file the model it is said to be? Opened completely, in this process, since it is untrusted and may be too much
 * for one. processes/library/models.ts asks before it installs anything.
 */
import { extname } from 'node:path';
import type { ModelKind } from '../../domain/catalog.ts';
import { UserError } from '../../domain/errors.ts';
import { quoted } from '../../domain/text.ts';
import { firstNonFinite } from '../../engine/checkpoint/open.ts';
import { configurationOf } from '../../engine/configuration.ts';
import { openPrior } from '../../engine/prior.ts';
import { openModel } from '../../engine/runtime/ort-model.ts';
import { yunetFaces } from '../../faces/yunet.ts';
import { openRecogniser } from '../../restoration/open-recogniser.ts';

export interface CheckedModel {
  /** What model.json must say of it, as JSON. */
  readonly config: string;
  /** What its copy is called. */
  readonly weights: string;
}

/** Throws UserError `checkpoint.*` or `model.unsupported`. */
export async function checkModel(
  kind: ModelKind,
  path: string,
  config: string | null,
): Promise<CheckedModel> {
  if (kind === 'prior') return checkPrior(path, config);
  if (kind === 'face-recogniser') await (await openRecogniser(path)).release();
  else await checkDetector(path);
  return { config: '{}', weights: `weights${extname(path).toLowerCase() || '.onnx'}` };
}

function checkPrior(path: string, config: string | null): CheckedModel {
  using prior = openPrior(path, config ?? undefined);
  const bad = firstNonFinite(prior.store);
  if (bad !== undefined)
    throw new UserError(
      'checkpoint.unreadable',
      `The tensor ${quoted(bad)} of the file holds values that are not numbers.`,
      'The training that made it went wrong, or the file is damaged; use another checkpoint.',
    );
  const ending = prior.store.format === 'safetensors' ? '.safetensors' : '.pt';
  return { config: JSON.stringify(configurationOf(prior)), weights: `weights${ending}` };
}

async function checkDetector(path: string): Promise<void> {
  const model = await openModel(path);
  try {
    const side = 64;
    await yunetFaces(model, { width: side, height: side, data: new Uint8Array(3 * side * side) });
  } finally {
    await model.release();
  }
}
