/**
 * Makes the bundled detector of its two training runs: the mean weights as detector.safetensors, and model.json.
 * Run: node training/detector/pack.ts DETECTOR_STATE REFINER_STATE resources/models/face-detector. train.ts makes states.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { invariant } from '../../src/domain/errors.ts';
import { writeSafetensors } from '../../src/engine/checkpoint/safetensors-write.ts';
import { sizeOf } from '../../src/engine/graph/shape.ts';
import { storedWeight } from '../../src/engine/nn/face-detector-weights.ts';
import { MULTIPLE, detectorGraph } from '../../src/engine/nn/face-detector.ts';
import { refinerGraph } from '../../src/engine/nn/face-refiner.ts';
import { openRun } from './state.ts';
import type { TrainingRun } from './state.ts';

const WEIGHTS = 'detector.safetensors';
const MOST_BYTES = 1_000_000;

const [detectorState, refinerState, folder] = process.argv.slice(2);
if (detectorState === undefined || refinerState === undefined || folder === undefined)
  throw new Error('usage: pack.ts DETECTOR_STATE REFINER_STATE FOLDER');
const detector = openRun(detectorState, detectorGraph(1, MULTIPLE, MULTIPLE), 1);
const refiner = openRun(refinerState, refinerGraph(1), 1);
invariant(detector.step > 0 && refiner.step > 0, 'the states hold runs');
const tensors = [...detector.tensors, ...refiner.tensors];
mkdirSync(folder, { recursive: true });
const path = join(folder, WEIGHTS);
const packed = tensors.flatMap(({ name, shape, mean }) => storedWeight(name, shape, mean));
writeSafetensors(path, packed, [['format', 'albumen-face-detector 2']]);
const bytes = readFileSync(path);
invariant(bytes.length <= MOST_BYTES, `the detector has at most ${MOST_BYTES} bytes, not ${bytes.length}`);
const model = {
  id: 'face-detector',
  kind: 'face-detector',
  title: 'Bundled face detector',
  licence: 'MIT',
  weights: WEIGHTS,
  sha256: createHash('sha256').update(bytes).digest('hex'),
  parameters: tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
  training: { detector: summary(detector), refiner: summary(refiner) },
};
const target = join(folder, 'model.json');
writeFileSync(`${target}.tmp`, `${JSON.stringify(model, null, 2)}\n`);
renameSync(`${target}.tmp`, target);
process.stdout.write(`${path}: ${bytes.length} bytes, ${model.sha256}\n`);

function summary({ step, images, seconds }: TrainingRun) {
  return { optimizerSteps: step, images, minutes: Math.round(seconds / 60) };
}
