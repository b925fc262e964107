/**
 * What the two trainers share: the graphs of loss and gradients, the first state of a run, and a batch as inputs.
 * step.ts (CPU) and device-step.ts (GPU) are the trainers.
 */
import { UserError, invariant } from '../../domain/errors.ts';
import { gradients } from '../autodiff/vjp.ts';
import { gaussian } from '../diffusion/noise.ts';
import { GraphBuilder } from '../graph/build.ts';
import type { Graph, Value } from '../graph/ir.ts';
import { sameShape, sizeOf } from '../graph/shape.ts';
import type { UNetConfig } from '../nn/config.ts';
import { AdaptedBuilder } from '../nn/lora.ts';
import { mean } from '../numbers.ts';
import { unet } from '../prior.ts';
import type { Prior } from '../prior.ts';
import type { Tensors } from '../runtime/session.ts';
import { lossGraph, lossTerms } from './loss.ts';
import type { LossGraph } from './loss.ts';
import type { Batch, Losses, TrainedTensor, TrainingState } from './trainer.ts';

/** The parts of a prior that training reads. */
export type TrainablePrior = Pick<Prior, 'config' | 'schedule' | 'weights'>;

/** What is learned: all weights, or adapters of a rank beside frozen ones. */
export type Trainable = { readonly kind: 'full' } | { readonly kind: 'adapter'; readonly rank: number };

/** What a trainer is opened with. */
export interface TrainerOptions {
  readonly trainable: Trainable;
  /** Images in a micro-batch. */
  readonly batch: number;
  /** Decides the adapters' first values. */
  readonly seed: number;
}

/** A learned parameter and the gradient of the loss by it, of the same shape. */
interface Learned {
  readonly name: string;
  readonly value: Value;
  readonly gradient: Value;
}

/** A builder whose network has what is to be learned. */
export function newBuilder(trainable: Trainable): GraphBuilder {
  return trainable.kind === 'adapter' ? new AdaptedBuilder(trainable.rank) : new GraphBuilder();
}

/** Adds loss and gradients of a micro-batch to `b`: inputs as in loss.ts, every learned parameter with its gradient. */
export function addGradients(
  b: GraphBuilder,
  config: UNetConfig,
  trainable: Trainable,
  batch: number,
): { readonly losses: Record<string, Value>; readonly learned: readonly Learned[] } {
  const losses = addLosses(b, config, batch);
  const { parameters } = b.finish('forward', { loss: losses.loss });
  const learned = parameters.filter(({ name }) => trainable.kind === 'full' || isAdapter(name));
  const found = gradients(
    b,
    losses.loss,
    learned.map(({ value }) => value),
  );
  return {
    losses: { ...losses },
    learned: learned.map(({ name, value }, i) => ({ name, value, gradient: found[i]! })),
  };
}

/** Outputs loss [1], mse [B] and, where the variance is learned, vb [B] of a micro-batch; nothing is learned. */
export function evaluationGraph(config: UNetConfig, trainable: Trainable, batch: number): Graph {
  const b = newBuilder(trainable);
  return b.finish('evaluate', { ...addLosses(b, config, batch) });
}

function addLosses(b: GraphBuilder, config: UNetConfig, batch: number): LossGraph {
  const { imageSize: s, outChannels } = config;
  return lossGraph(b, [batch, 3, s, s], outChannels === 6, (x_t, t) => unet(b, config, x_t, t));
}

function isAdapter(name: string): boolean {
  return name.endsWith('.lora.a') || name.endsWith('.lora.b');
}

/** The named parameters as a run begins: the prior's weights, or new adapters (a ~ N(0, 1/I), b = 0). */
export function initialState(
  prior: TrainablePrior,
  graph: Graph,
  names: readonly string[],
  seed: number,
): TrainingState {
  const wanted = new Set(names);
  const tensors = graph.parameters
    .filter(({ name }) => wanted.has(name))
    .map(({ name, value: { shape } }, i): TrainedTensor => {
      const size = sizeOf(shape);
      const value = new Float32Array(size);
      if (name.endsWith('.lora.a')) firstAdapter(value, shape, seed, i);
      else if (!name.endsWith('.lora.b')) prior.weights.readInto(name, value);
      return { name, shape, value, m: new Float32Array(size), v: new Float32Array(size) };
    });
  return { steps: 0, tensors };
}

function firstAdapter(
  value: Float32Array,
  [, inputs = 1]: readonly number[],
  seed: number,
  index: number,
): void {
  gaussian(seed, index).fill(value);
  const scale = 1 / Math.sqrt(inputs);
  for (let i = 0; i < value.length; i++) value[i] = value[i]! * scale;
}

/** A trained tensor without its numbers. */
export type NamedShape = Pick<TrainedTensor, 'name' | 'shape'>;

/** Throws UserError `checkpoint.mismatch` where a saved state is not of the same tensors. */
export function checkState(expected: readonly NamedShape[], saved: TrainingState): void {
  const shapes = new Map(saved.tensors.map(({ name, shape }) => [name, shape]));
  const fits = expected.every(({ name, shape }) => sameShape(shapes.get(name) ?? [], shape));
  if (fits && shapes.size === expected.length) return;
  throw new UserError(
    'checkpoint.mismatch',
    'The saved training state is of another model or kind of finetune.',
    'Start the finetune anew.',
  );
}

/** A batch and the schedule's terms for it, as the graphs want them. */
export function batchInputs(prior: TrainablePrior, { x0, noise, t }: Batch): Tensors {
  const learned = prior.config.outChannels === 6;
  return { x0, noise, t: Float32Array.from(t), ...lossTerms(prior.schedule, t, learned) };
}

/** The losses of a micro-batch from the outputs loss [1], mse [B] and vb [B]: means over its images. */
export function lossesOf({ loss, mse, vb }: Tensors): Losses {
  invariant(loss && mse, 'the step has losses');
  return { loss: loss[0]!, mse: mean(mse), ...(vb ? { vb: mean(vb) } : {}) };
}
