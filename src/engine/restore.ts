/**
 * Restoration by generation: add noise to the degraded photo up to step K, then denoise (Ding et al. 2024, section 3).
 * Several candidates run as one batch (restore-batch.ts); where they differ is what was invented. prior.ts makes the
 * denoiser.
 */
import { invariant } from '../domain/errors.ts';
import type { Denoiser } from './diffusion/denoiser.ts';
import { restoreBatch } from './restore-batch.ts';
import type { RestoreStep, Walk } from './restore-batch.ts';

/** One photo, and how to restore it. */
export interface RestoreRequest extends Walk {
  /** The degraded photo y0, RGB [3,S,S] in [-1,1], S the prior's size. */
  readonly photo: Float32Array;
  /** Candidate i draws from (seed, i): the same picture whatever else is in the batch. */
  readonly seed: number;
}

/** What comes of one photo. */
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
 * Throws UserError `usage` for a number of the request out of range, `cancelled` when the signal aborts (between steps).
 */
export async function* restore(
  denoiser: Denoiser,
  { photo, seed, ...walk }: RestoreRequest,
): AsyncGenerator<RestoreStep, Restoration> {
  const [n, , h, w] = denoiser.shape;
  const photos = Array.from({ length: n }, (_, index) => ({ photo, seed, index }));
  const candidates = yield* restoreBatch(denoiser, photos, walk);
  return n > 1 ? { candidates, variation: variationOf(candidates, h * w) } : { candidates };
}

/**
 * How far two or more candidates [C,S,S] of `pixels` = S S pixels differ, [S,S]: sqrt of the unbiased variance over them,
 * averaged over the channels before the root.
 */
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
