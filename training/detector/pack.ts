/**
 * Makes the bundled detector of its two training runs: the mean weights as detector.safetensors, and model.json.
 * train.ts makes the states.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { invariant } from '../../src/domain/errors.ts';
import { writeSafetensors } from '../../src/engine/checkpoint/safetensors-write.ts';
import { sizeOf } from '../../src/engine/graph/shape.ts';
import { storedWeight } from '../../src/engine/nn/face-detector-weights.ts';
import { MULTIPLE, detectorGraph } from '../../src/engine/nn/face-detector.ts';
import { refinerGraph } from '../../src/engine/nn/face-refiner.ts';
import { writeWhole } from '../../src/imaging/write.ts';
import { command } from '../command.ts';
import { openRun } from './state.ts';
import type { TrainingRun } from './state.ts';

const WEIGHTS = 'detector.safetensors';
const MOST_BYTES = 1_000_000;

const [detectorState = '', refinerState = '', folder = ''] = command(
  'node training/detector/pack.ts',
  'Makes the bundled detector of its two training runs: detector.safetensors and model.json.',
)
  .argument('<detector>', 'the state of the first run, as train.ts --task detector left it')
  .argument('<refiner>', 'the state of the second, of --task refiner')
  .argument('<folder>', "the model's, such as resources/models/face-detector")
  .parse().args;
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
await writeWhole(join(folder, 'model.json'), `${JSON.stringify(model, null, 2)}\n`);
process.stdout.write(`${path}: ${bytes.length} bytes, ${model.sha256}\n`);

function summary({ step, images, seconds }: TrainingRun) {
  return { optimizerSteps: step, images, minutes: Math.round(seconds / 60) };
}
