/**
 * Restoration by generation: add noise to the degraded photo up to step K, then denoise (Ding et al. 2024, section 3).
 * Several candidates run as one batch; where they differ is what was invented. prior.ts makes the denoiser.
 */
import { UserError, invariant } from '../domain/errors.ts';
import { imagesOf, stackedNoise } from './diffusion/batch.ts';
import type { Denoiser } from './diffusion/denoiser.ts';
import { gaussian } from './diffusion/noise.ts';
import { project } from './diffusion/project.ts';
import { samplers } from './diffusion/samplers/index.ts';
import type { SamplerName } from './diffusion/samplers/index.ts';

export interface RestoreRequest {
  /** The degraded photo y0, RGB [3,S,S] in [-1,1], S the prior's size. */
  readonly photo: Float32Array;
  /** Noise steps, 0..T: how far the result may leave the photo. 200 is the paper's; 0 gives the photo back. */
  readonly K: number;
  readonly sampler: SamplerName;
  /** Denoising steps, 1..K; default K. */
  readonly steps?: number;
  /** Of DDIM and the SDE form: 0 = deterministic, 1 = ancestral. */
  readonly eta?: number;
  /** Candidate i draws from (seed, i): the same picture whatever else is in the batch. */
  readonly seed: number;
  readonly signal?: AbortSignal;
}

export interface RestoreStep {
  /** From 1 to `of`. */
  readonly step: number;
  readonly of: number;
  /** What the prior sees in each candidate now, [3,S,S] in [-1,1]. */
  readonly previews: readonly Float32Array[];
}

export interface Restoration {
  /** [3,S,S] each, in [-1,1]. */
  readonly candidates: readonly Float32Array[];
  /**
   * Standard deviation over the candidates, root mean square over RGB, [S,S] in units of [-1,1]: near 0 where the photo
   * decided, large where the prior invented. Absent with one candidate, which says nothing about it.
   */
  readonly variation?: Float32Array;
}

/**
 * Restores one photo; as many candidates as the denoiser's batch. Yields after each step, returns the result.
 * Throws UserError `usage` for K or steps out of range, `cancelled` when the signal aborts (between steps).
 */
export async function* restore(
  denoiser: Denoiser,
  request: RestoreRequest,
): AsyncGenerator<RestoreStep, Restoration> {
  const { photo, K, sampler, steps, eta, seed, signal } = request;
  const [n, c, h, w] = denoiser.shape;
  const size = c * h * w;
  invariant(photo.length === size, `a photo of ${photo.length} values for a prior of ${size}`);
  checkRequest(request, denoiser.schedule.T);
  const y0 = new Float32Array(n * size);
  for (let i = 0; i < n; i++) y0.set(photo, i * size);
  if (K === 0) return result(y0, n, h * w);

  const noise = stackedNoise(Array.from({ length: n }, (_, i) => gaussian(seed, i)));
  const x = project(y0, K, noise, denoiser.schedule);
  const options = { K, noise, steps, eta, signal };
  const run = samplers[sampler](denoiser, x, options);
  for (;;) {
    const next = await run.next();
    if (next.done) return result(next.value, n, h * w);
    const { step, of, x0hat } = next.value;
    yield { step, of, previews: imagesOf(x0hat, n) };
  }
}

function checkRequest({ K, seed, photo }: RestoreRequest, T: number): void {
  if (!Number.isInteger(K) || K < 0 || K > T)
    throw new UserError(
      'usage',
      `Strength must be a whole number from 0 to ${T}, not ${K}.`,
      'The default is 200.',
    );
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new UserError('usage', `A seed must be a whole number from 0, not ${seed}.`);
  invariant(
    photo.every((value) => value >= -1 && value <= 1),
    'photo values lie in [-1, 1]',
  );
}

function result(batch: Float32Array, n: number, pixels: number): Restoration {
  const candidates = imagesOf(batch, n);
  return n > 1 ? { candidates, variation: variationOf(candidates, pixels) } : { candidates };
}

/** Per pixel: sqrt of the unbiased variance over candidates, averaged over the channels before the root. */
export function variationOf(candidates: readonly Float32Array[], pixels: number): Float32Array {
  const n = candidates.length;
  const [first] = candidates;
  invariant(first && n > 1, 'variation wants two candidates or more');
  const channels = first.length / pixels;
  const variation = new Float32Array(pixels);
  for (let p = 0; p < pixels; p++) {
    let variance = 0;
    for (let at = p; at < first.length; at += pixels) {
      let mean = 0;
      for (const candidate of candidates) mean += candidate[at]! / n;
      for (const candidate of candidates) variance += (candidate[at]! - mean) ** 2 / (n - 1);
    }
    variation[p] = Math.sqrt(variance / channels);
  }
  return variation;
}
