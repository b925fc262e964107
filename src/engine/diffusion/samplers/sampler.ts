/**
 * What all samplers share: their options, the steps they yield, and the plan of timesteps they walk.
 * Read ddpm.ts next; index.ts lists them by name.
 */
import { UserError, invariant } from '../../../domain/errors.ts';
import type { Denoiser, Prediction } from '../denoiser.ts';
import type { Noise } from '../noise.ts';
import { checkNoiseSteps, spacedTimesteps } from '../schedule.ts';

/** How to walk; a sampler throws `usage` for K, steps or eta out of range, `cancelled` when it is stopped. */
export interface SamplerOptions {
  /** Noise steps: the walk starts at t = K - 1, where x is y_K. */
  readonly K: number;
  /** Network evaluations, 1..K; K by default. */
  readonly steps?: number | undefined;
  readonly noise: Noise;
  /** How much fresh noise, 0 (none, an ODE) to 1 (an SDE): ddim (default 0) and dpmpp-sde (default 1) only. */
  readonly eta?: number | undefined;
  /** Aborting ends the walk before its next step with `cancelled`. */
  readonly signal?: AbortSignal | undefined;
}

/** One step done: `step` counts from 1 to `of`; x0hat [N, C, H, W] is what the model saw at t, for previews. */
export interface Step {
  readonly step: number;
  readonly of: number;
  readonly t: number;
  readonly x0hat: Float32Array;
}

/** Walks x [N, C, H, W], noisy as at t = K - 1, down to a clean image, which it returns; the given x is not written. */
export type Sampler = (
  denoiser: Denoiser,
  x: Float32Array,
  options: SamplerOptions,
) => AsyncGenerator<Step, Float32Array, undefined>;

/** The timesteps to visit, increasing. Throws `usage` where K, steps or eta are out of range. */
export function planTimesteps(denoiser: Denoiser, x: Float32Array, options: SamplerOptions): number[] {
  const { K, steps = K, eta = 0 } = options;
  const { schedule, shape } = denoiser;
  invariant(
    x.length === shape.reduce((a, b) => a * b),
    `x has ${x.length} values, not [${shape.join(', ')}]`,
  );
  checkNoiseSteps(schedule, K);
  if (!(eta >= 0 && eta <= 1)) {
    throw new UserError(
      'usage',
      `The sampler's eta is ${eta}, but it must be from 0 to 1.`,
      'Try 0 for no fresh noise.',
    );
  }
  return spacedTimesteps(K, steps);
}

/** Asks the denoiser about x, which becomes the x_t the answer is about where a denoiser moved it (known-region.ts). */
export async function ask(denoiser: Denoiser, x: Float32Array, t: number): Promise<Prediction> {
  const prediction = await denoiser.predict(x, t);
  if (prediction.moved) x.set(prediction.moved);
  return prediction;
}

/** Throws `cancelled` once the signal is aborted; samplers ask before every step. */
export function stopIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new UserError('cancelled', 'The sampling was stopped before it was done.', undefined, {
      cause: signal.reason,
    });
  }
}
