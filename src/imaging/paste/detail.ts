/**
 * How much of a photo's own fine band - what the prior's resolution cannot hold - stays on a restored face: all of it
 * where it is detail, none where it is no more than noise and the prior took the same noise out of its own finest band.
 * paste.ts subtracts what is dropped.
 */
import { boxMean, quantile, sampleOf, smoothstep, softMean } from './planes.ts';
import { lumaOf } from './change.ts';
import type { Change } from './change.ts';

/** Energy of the fine band, photo - (crop enlarged), gathered in the crop's pixels: both [S,S]. */
export interface FineBand {
  readonly sum: Float32Array;
  readonly count: Float32Array;
}

/** The variance of rounding to 255 levels on [-1,1]: less is no noise that could be judged. */
const ROUNDING = (2 / 255) ** 2 / 12;
/** The flattest part of the square in which the fine band counts as noise. */
const FLATTEST = 0.15;
/** Up to the first, times the noise's energy, the fine band is noise; from the second on (twice the amplitude) detail. */
const NOISE_TO_DETAIL = [1.5, 4] as const;
/** A face this many photo pixels for each crop pixel has no fine band of its own; from the second on all counts. */
const FINER = [1, 1.25] as const;
/**
 * From the first to the second the fine band becomes the photo's alone: so far above what the crop holds, the crop's
 * finest band no longer tells grain from skin or halftone, and taking some of it away would show.
 */
const BEYOND = [4, 7] as const;

/** What detail.ts decides, both in crop space. */
export interface Weighed {
  /** [S,S]: the share of the fine band to drop, 0..1; exactly 0 where nothing changed. */
  readonly drop: Float32Array;
  /** [channels,S,S]: the change, less what it takes away from the crop's finest band where that is real. */
  readonly delta: Float32Array;
}

/**
 * `mended` [S,S] in 0..1 is damage: nothing of the photo's own stays there. `detail` (0..1) fixes the share of the fine band that stays; without it the photo decides, place by place, by the larger
 * of
 * - how far the fine band's energy there stands out of its energy in the square's flattest part;
 * - what became of the crop's finest band, a = cov(input, restored) / var(input) in 0..1, so that a prior that left it
 *   alone leaves the photo's band above it alone too, and one that saw noise and removed it removes it there as well.
 * On faces much larger than the crop all of it stays (BEYOND). Where the first finds detail, a prior whose crop is softer than the input (a < 1) has nothing to say on sharpness: the
 * share 1 - a of the input's finest band returns. Where the photo has no more pixels than the crop (no `fine`), all is
 * dropped: the restored crop stands for itself.
 */
export function weigh(
  change: Change,
  scale: number,
  fine: FineBand | undefined,
  { detail, mended }: { readonly detail?: number | undefined; readonly mended?: Float32Array | undefined },
): Weighed {
  const { side, channels, input, changed } = change;
  const finer = smoothstep(...FINER, scale);
  if (finer === 0 || fine === undefined) return { drop: changed, delta: change.delta };
  const damaged = mended ? around(mended, side) : new Float32Array(side * side);
  const energy = localEnergy(fine, damaged, side);
  const noise = Math.max(ROUNDING, quantile(sampleOf(energy, fine.count, 0), FLATTEST));
  const followed = coupling(change);
  const beyond = smoothstep(...BEYOND, scale);
  const drop = new Float32Array(side * side);
  const delta = change.delta.slice();
  const own = Array.from({ length: channels }, (_, c) =>
    finest(input.subarray(c * side * side, (c + 1) * side * side), side),
  );
  for (let p = 0; p < drop.length; p++) {
    const whole = finer * (1 - damaged[p]!);
    const real = whole * smoothstep(...NOISE_TO_DETAIL, energy[p]! / noise);
    drop[p] =
      changed[p]! *
      (1 - (detail === undefined ? Math.max(real, whole * Math.max(beyond, followed[p]!)) : whole * detail));
    const returns = changed[p]! * (detail ?? 1) * real * (1 - followed[p]!);
    for (let c = 0; c < channels; c++) {
      const at = c * drop.length + p;
      delta[at] = delta[at]! + returns * own[c]![p]!;
    }
  }
  return { drop, delta };
}

/** Damage blurs into the crop pixels around it: as far as the tent that cuts and the kernel that enlarges reach. */
function around(mended: Float32Array, side: number): Float32Array {
  return boxMean(mended, side, 4).map((mean) => Math.min(1, 81 * mean));
}

/** Damage aside. */
function localEnergy({ sum, count }: FineBand, damaged: Float32Array, side: number): Float32Array {
  const sums = softMean(
    sum.map((value, p) => value * (1 - damaged[p]!)),
    side,
    1,
  );
  const counts = softMean(
    count.map((value, p) => value * (1 - damaged[p]!)),
    side,
    1,
  );
  return sums.map((value, p) => value / (counts[p]! + 1e-6));
}

/** In [0,1] for each crop pixel; 1 where the crop had nothing in its finest band or kept what it had. */
function coupling({ side, channels, input, delta }: Change): Float32Array {
  const after = new Float32Array(input.length);
  for (let i = 0; i < after.length; i++) after[i] = input[i]! + delta[i]!;
  const before = finest(channels === 1 ? input : lumaOf(input), side);
  const now = finest(channels === 1 ? after : lumaOf(after), side);
  for (let p = 0; p < now.length; p++) {
    now[p] = now[p]! * before[p]!;
    before[p] = before[p]! ** 2;
  }
  const covariance = boxMean(now, side, 2);
  const variance = boxMean(before, side, 2);
  for (let p = 0; p < now.length; p++)
    now[p] = Math.max(0, Math.min(1, (covariance[p]! + ROUNDING) / (variance[p]! + ROUNDING)));
  return now;
}

function finest(plane: Float32Array, side: number): Float32Array {
  const out = softMean(plane, side, 1);
  for (let p = 0; p < out.length; p++) out[p] = plane[p]! - out[p]!;
  return out;
}
