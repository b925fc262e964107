/**
 * Losses, gradients and optimizer steps against golden figures: train.{x0,noise,t,mse,vb,loss}, grad.NAME = [sum, L2 norm,
 * first values], adamw.losses and adamw.after3.NAME (three steps at 1e-3 on the batch of train.*).
 */
import { invariant } from '../../domain/errors.ts';
import type { TensorStore } from '../checkpoint/store.ts';
import { mean } from '../numbers.ts';
import type { Prior } from '../prior.ts';
import type { Runtime, Tensors } from '../runtime/session.ts';
import { batchInputs } from '../train/graphs.ts';
import { openTrainer, trainingGraph } from '../train/step.ts';
import type { Batch } from '../train/trainer.ts';
import { compared, expectShape, judged, relativeError, shapeOf } from './figures.ts';
import type { GoldenCheck } from './figures.ts';

const FULL = { kind: 'full' } as const;
const LEARNING_RATE = 1e-3;

/** Compares train.* and grad.*; figures without train.x0 are of the error at forward.x itself, no noise added. */
export async function* checkTraining(
  prior: Prior,
  golden: TensorStore,
  runtime: Runtime,
  tolerance: number,
): AsyncGenerator<GoldenCheck, void, undefined> {
  const whole = golden.tensors.has('train.x0');
  const batch = batchOf(prior, golden, whole ? 'train' : 'forward');
  const size = batch.t.length;
  const step = await runtime.compile(trainingGraph(prior.config, FULL, size), prior.weights);
  const inputs = batchInputs(prior, batch);
  const atItself = { signal: new Float32Array(size).fill(1), sigma: new Float32Array(size) };
  const outputs = await step.run(whole ? inputs : { ...inputs, ...atItself });
  await step.release();
  for (const part of ['mse', 'vb'] as const) {
    const name = `train.${part}`;
    if (!golden.tensors.has(name)) continue;
    const ours = outputs[part] ?? new Float32Array(size).fill(NaN);
    // one figure for the whole batch is its mean
    const [figures] = shapeOf(golden, name);
    const found = figures === size ? ours : Float32Array.of(mean(ours));
    yield compared(
      name,
      found,
      golden,
      tolerance,
      part === 'mse' ? 'error of the noise' : 'variational term',
    );
  }
  if (golden.tensors.has('train.loss')) {
    const expected = mean(golden.read('train.loss'));
    const error = Math.abs((outputs['loss']?.[0] ?? NaN) - expected) / Math.abs(expected);
    yield judged('train.loss', error, tolerance, 'what the gradients are of');
  }
  const gradients = [...golden.tensors.keys()].filter((name) => name.startsWith('grad.'));
  if (gradients.length === 0) return;
  const errors = gradients.map((name) =>
    gradientError(outputs, name.slice('grad.'.length), golden.read(name)),
  );
  yield judged(
    'grad.*',
    Math.max(...errors),
    tolerance,
    `the gradients of ${gradients.length} weights, the worst of them`,
  );
}

/** Compares adamw.*: as many optimizer steps as there are losses, all weights learned. */
export async function* checkAdamW(
  prior: Prior,
  golden: TensorStore,
  runtime: Runtime,
  tolerance: number,
): AsyncGenerator<GoldenCheck, void, undefined> {
  const batch = batchOf(prior, golden, 'train');
  const [steps] = shapeOf(golden, 'adamw.losses');
  const trainer = await openTrainer(prior, runtime, { trainable: FULL, batch: batch.t.length, seed: 0 });
  try {
    const losses = new Float32Array(steps);
    for (let i = 0; i < steps; i++) losses[i] = (await trainer.step([batch], LEARNING_RATE)).loss;
    yield compared('adamw.losses', losses, golden, tolerance, `the losses of ${steps} optimizer steps`);
    const after = new Map((await trainer.state()).tensors.map(({ name, value }) => [name, value]));
    const prefix = `adamw.after${steps}.`;
    const names = [...golden.tensors.keys()].filter((name) => name.startsWith(prefix));
    const errors = names.map((name) => {
      const ours = after.get(name.slice(prefix.length));
      return ours?.length === golden.read(name).length ? relativeError(ours, golden.read(name)) : Infinity;
    });
    yield judged(
      `${prefix}*`,
      Math.max(...errors),
      tolerance,
      `${names.length} weights after them, the worst`,
    );
  } finally {
    await trainer.release();
  }
}

function batchOf(prior: Prior, golden: TensorStore, group: 'train' | 'forward'): Batch {
  const [x, t] = group === 'train' ? ['train.x0', 'train.t'] : ['forward.x', 'forward.t'];
  invariant(x && t, 'names of a batch');
  const [size] = shapeOf(golden, x);
  const { imageSize } = prior.config;
  expectShape(golden, x, [size, 3, imageSize, imageSize]);
  expectShape(golden, 'train.noise', [size, 3, imageSize, imageSize]);
  expectShape(golden, t, [size]);
  return { x0: golden.read(x), noise: golden.read('train.noise'), t: golden.readIntegers(t) };
}

/** The worst of a gradient's norm, sum and first values, each on the scale it can be known to in float32. */
function gradientError(
  found: Tensors,
  name: string,
  [sum = NaN, norm = NaN, ...first]: Float32Array,
): number {
  const gradient = found[`gradient of ${name}`];
  if (!gradient) return Infinity;
  const scale = Math.max(norm, SMALL);
  const ours = Math.sqrt(gradient.reduce((s, v) => s + v * v, 0));
  const total = gradient.reduce((s, v) => s + v, 0);
  const values = first.slice(0, gradient.length).map((v, i) => Math.abs(gradient[i]! - v) / scale);
  // a sum of n values of one norm is at most sqrt(n) times it
  return Math.max(
    Math.abs(ours - norm) / scale,
    Math.abs(total - sum) / (scale * Math.sqrt(gradient.length)),
    ...values,
  );
}

/** Norms below this are rounding: a bias before a norm of single channels has no gradient at all. */
const SMALL = 1e-4;
