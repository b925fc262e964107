/**
 * Several photos restored as one batch, each with its own noise, so that a photo comes out the same (within rounding)
 * whatever else is in the batch. restore.ts is the use case of one photo; diffusion/ has the walk itself.
 */
import { UserError, invariant } from '../domain/errors.ts';
import { imagesOf, stackedNoise } from './diffusion/batch.ts';
import type { Denoiser } from './diffusion/denoiser.ts';
import { fillUnknown, holdingKnown } from './diffusion/known-region.ts';
import { gaussian } from './diffusion/noise.ts';
import { project } from './diffusion/project.ts';
import { samplers } from './diffusion/samplers/index.ts';
import type { SamplerName } from './diffusion/samplers/index.ts';
import { spacedTimesteps } from './diffusion/schedule.ts';

/** How to walk from y_K to a clean image; the same for every photo of a batch. */
export interface Walk {
  /** Noise steps, 0..T: how far the result may leave the photo. 200 is the paper's; 0 gives the photo back. */
  readonly K: number;
  readonly sampler: SamplerName;
  /** Denoising steps, 1..K; default K. */
  readonly steps?: number;
  /** Of DDIM and the SDE form: 0 = deterministic, 1 = ancestral. */
  readonly eta?: number;
  /**
   * Known-region sampling, [S,S] in 0..1: 1 where the photo shows damage (a scratch, a tear), which is invented anew from
   * y_K, 0 where it is kept; see diffusion/known-region.ts. A hole wants a larger K than a blur: 400 to 600.
   */
  readonly unknown?: Float32Array;
  /** With `unknown`: network evaluations a step, 1..100, 1 by default; more make the two parts agree better. */
  readonly harmonise?: number;
  /** With `unknown`: below this many noise steps the kept part is restored too, as K says without a mask; 0, never. */
  readonly release?: number;
  readonly signal?: AbortSignal;
}

/** One place in a batch. */
export interface BatchPhoto {
  /** The degraded photo y0, RGB [3,S,S] in [-1,1], S the prior's size. */
  readonly photo: Float32Array;
  /** All its noise is drawn from (seed, index): whole numbers from 0. */
  readonly seed: number;
  readonly index: number;
}

/** One sampling step done. */
export interface RestoreStep {
  /** From 1 to `of`. */
  readonly step: number;
  readonly of: number;
  /** What the prior sees in each image now, [3,S,S] in [-1,1]. */
  readonly previews: readonly Float32Array[];
}

/**
 * Restores as many photos as the denoiser's batch holds. Yields after each step, returns [3,S,S] each, in their order.
 * Throws UserError `usage` for K, steps, eta, harmonise, release or a seed out of range, `cancelled` when the signal
 * aborts (between steps).
 */
export async function* restoreBatch(
  denoiser: Denoiser,
  photos: readonly BatchPhoto[],
  walk: Walk,
): AsyncGenerator<RestoreStep, Float32Array[]> {
  const { K, sampler, steps = K, eta, unknown, harmonise = 1, release = 0, signal } = walk;
  const [n, c, h, w] = denoiser.shape;
  const size = c * h * w;
  invariant(photos.length === n, `${photos.length} photos for a batch of ${n}`);
  checkStrength(K, denoiser.schedule.T);
  const y0 = new Float32Array(n * size);
  photos.forEach((one, i) => {
    checkPhoto(one, size);
    y0.set(one.photo, i * size);
  });
  if (K === 0) return imagesOf(y0, n);

  const noise = stackedNoise(photos.map(({ seed, index }) => gaussian(seed, index)));
  const start = y0.slice();
  if (unknown) photos.forEach(({ photo }, i) => start.set(fillUnknown(photo, unknown), i * size));
  const x = project(start, K, noise, denoiser.schedule);
  const holding = (mask: Float32Array): Denoiser => {
    const timesteps = spacedTimesteps(K, steps);
    return holdingKnown(denoiser, {
      ...{ photo: y0, unknown: mask, timesteps, harmonise, release, noise, signal },
    });
  };
  const run = samplers[sampler](unknown ? holding(unknown) : denoiser, x, { K, noise, steps, eta, signal });
  for (;;) {
    const next = await run.next();
    if (next.done) return imagesOf(next.value, n);
    const { step, of, x0hat } = next.value;
    yield { step, of, previews: imagesOf(x0hat, n) };
  }
}

function checkStrength(K: number, T: number): void {
  if (!Number.isInteger(K) || K < 0 || K > T)
    throw new UserError(
      'usage',
      `Strength must be a whole number from 0 to ${T}, not ${K}.`,
      'The default is 200.',
    );
}

function checkPhoto({ photo, seed }: BatchPhoto, size: number): void {
  invariant(photo.length === size, `a photo of ${photo.length} values for a prior of ${size}`);
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new UserError('usage', `A seed must be a whole number from 0, not ${seed}.`);
  invariant(
    photo.every((value) => value >= -1 && value <= 1),
    'photo values lie in [-1, 1]',
  );
}
