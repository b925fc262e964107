/**
 * The port between a finetune (finetune.ts: recipes, data, checkpoints) and the steps it is made of (step.ts: graphs and
 * the optimizer). One trainer holds the trainable weights of one run and AdamW's two moments of each.
 */
import type { Shape } from '../graph/shape.ts';

/** A micro-batch of B images. */
export interface Batch {
  /** Clean images [B,3,S,S] in [-1,1]. */
  readonly x0: Float32Array;
  /** Standard normal, [B,3,S,S]. */
  readonly noise: Float32Array;
  /** Timesteps 0..T-1, one an image. */
  readonly t: readonly number[];
}

/** Means over the images of a step. `loss` = mse, plus vb where the prior has learned variance. */
export interface Losses {
  readonly loss: number;
  readonly mse: number;
  readonly vb?: number;
}

/** Everything a run needs to go on to the same numbers: per trainable weight its value and AdamW's moments. */
export interface TrainingState {
  /** Optimizer steps done. */
  readonly steps: number;
  readonly tensors: readonly TrainedTensor[];
}

/** One weight that is learned. */
export interface TrainedTensor {
  /** As in the checkpoint for full finetuning; `<layer>.lora.a` and `.lora.b` for adapters. */
  readonly name: string;
  readonly shape: Shape;
  readonly value: Float32Array;
  /** First and second moment, as `value` in shape. */
  readonly m: Float32Array;
  readonly v: Float32Array;
}

/** One run in the making. Steps and evaluations are asked for one after another, never at once. */
export interface Trainer {
  /** Images in a micro-batch; `Batch` has exactly so many. */
  readonly batch: number;
  /**
   * One optimizer step over the micro-batches given (gradients are averaged over all their images). A step whose loss or
   * gradient is not a number changes nothing: its losses come back as NaN.
   */
  step(batches: readonly Batch[], learningRate: number): Promise<Losses>;
  /** The losses of one micro-batch with the weights as they are; nothing is learned. */
  evaluate(batch: Batch): Promise<Losses>;
  /** The current state, which may be views of it: copy or write it out before the next step. */
  state(): Promise<TrainingState>;
  /** Goes on from a saved state; throws UserError `checkpoint.mismatch` where names or shapes differ. */
  load(state: TrainingState): void;
  release(): Promise<void>;
}
