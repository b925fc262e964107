/**
 * Known-region sampling: part of the photo is held while the prior invents the rest (RePaint, Lugmayr et al. 2022), as a
 * denoiser around a denoiser, so that every sampler can do it. ../restore-batch.ts is the user; samplers/sampler.ts
 * has the hook.
 */
import { UserError, invariant } from '../../domain/errors.ts';
import type { Denoiser, Prediction } from './denoiser.ts';
import type { Noise } from './noise.ts';
import { respace } from './schedule.ts';
import { ancestralStep } from './samplers/ddpm.ts';
import { stopIfCancelled } from './samplers/sampler.ts';

/** What is held, where and for how long, in one walk of a sampler. */
export interface KnownRegion {
  /** The photo, [N,C,H,W] in [-1,1]. What it holds where `unknown` is 1 is never looked at. */
  readonly photo: Float32Array;
  /**
   * [H,W], or [N,H,W] one for each image, in 0..1: 1 = to be invented, 0 = held; between (a feathered rim), invented and
   * in the end mixed in that part.
   */
  readonly unknown: Float32Array;
  /** The timesteps the sampler visits, increasing. */
  readonly timesteps: readonly number[];
  /** RePaint's resampling: network evaluations at each step, 1 (none is repeated) to 100. */
  readonly harmonise: number;
  /** The known pixels are held while t >= release and then let go, to be restored too; 0 holds them to the end. */
  readonly release: number;
  /** Of the sampler: resampling draws from the same sequence. */
  readonly noise: Noise;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The denoiser conditioned on the known pixels: where `unknown` is 0 the x0hat it reports is the photo. A sampler then
 * draws those pixels from q(x_s | x_t, x0), so they are distributed as q(x_s | x0) at every step, as line 4 of RePaint's
 * Algorithm 1 demands, with any sampler and any spacing, and without a jump from one step's noise to the next. The
 * variance there is the posterior's, which is exact when x0 is known. A soft rim is mixed at the last step only: mixed at
 * each, it would go over to the photo altogether.
 *
 * With `harmonise` = U the step t -> s is walked U times, going back by q(x_t | x_s) in between (lines 9 to 11), so that
 * what is invented and what is known come to agree. The last step, to the clean image, is walked once.
 * Throws UserError `usage` for harmonise or release out of range.
 */
export function holdingKnown(denoiser: Denoiser, region: KnownRegion): Denoiser {
  const { photo, timesteps, harmonise, release, noise, signal } = region;
  const { schedule, shape } = denoiser;
  const [n, c, h, w] = shape;
  checkRegion(region, schedule.T);
  invariant(photo.length === n * c * h * w, `a photo of ${photo.length} values`);
  const unknown = spread(region.unknown, shape);
  const terms = respace(schedule, timesteps);
  const hole = unknown.map((m) => (m > 0 ? 1 : 0));
  const held = async (x: Float32Array, t: number): Promise<Prediction> =>
    merge(
      await denoiser.predict(x, t),
      x,
      photo,
      t === timesteps[0] ? unknown : hole,
      schedule.sqrtAbar[t]!,
      schedule.sqrtOneMinusAbar[t]!,
    );
  return {
    schedule,
    shape,
    async predict(x_t, t) {
      if (t < release) return denoiser.predict(x_t, t);
      const i = timesteps.indexOf(t);
      invariant(i >= 0, `timestep ${t} is not of this walk`);
      let prediction = await held(x_t, t);
      if (i === 0 || harmonise === 1) return prediction;
      const x = x_t.slice();
      const z = new Float32Array(x.length);
      // q(x_t | x_s) = N(sqrt(1 - beta) x_s, beta), beta of the step s -> t.
      const keep = Math.sqrt(1 - terms.betas[i]!);
      const fresh = Math.sqrt(terms.betas[i]!);
      for (let again = 1; again < harmonise; again++) {
        stopIfCancelled(signal);
        noise.fill(z);
        ancestralStep(x, prediction, terms, i, z);
        noise.fill(z);
        for (let j = 0; j < x.length; j++) x[j] = keep * x[j]! + fresh * z[j]!;
        prediction = await held(x, t);
      }
      return { ...prediction, moved: x };
    },
  };
}

function checkRegion({ harmonise, release, unknown }: KnownRegion, T: number): void {
  if (!Number.isInteger(harmonise) || harmonise < 1 || harmonise > 100)
    throw new UserError(
      'usage',
      `The number of harmonising passes must be a whole number from 1 to 100, not ${harmonise}.`,
      '1 repeats nothing; 5 to 10 blend better and take as many times longer.',
    );
  if (!Number.isInteger(release) || release < 0 || release > T)
    throw new UserError(
      'usage',
      `Known pixels can be let go at a whole number of noise steps from 0 to ${T}, not ${release}.`,
      '0 keeps them to the end.',
    );
  invariant(
    unknown.every((value) => value >= 0 && value <= 1),
    'mask values lie in [0, 1]',
  );
}

/** The mask of each value [N,C,H,W] from that of each pixel, [H,W] or [N,H,W]. */
function spread(unknown: Float32Array, [n, c, h, w]: Denoiser['shape']): Float32Array {
  const pixels = h * w;
  const own = unknown.length === n * pixels;
  invariant(own || unknown.length === pixels, `a mask of ${unknown.length} values for ${n} of ${h} x ${w}`);
  return Float32Array.from({ length: n * c * pixels }, (_, j) => {
    const image = own ? Math.floor(j / (c * pixels)) : 0;
    return unknown[image * pixels + (j % pixels)]!;
  });
}

/** x0hat = m x0hat + (1 - m) photo, and the eps and variance that go with it: x_t = alpha x0hat + sigma eps. */
function merge(
  prediction: Prediction,
  x_t: Float32Array,
  photo: Float32Array,
  unknown: Float32Array,
  alpha: number,
  sigma: number,
): Prediction {
  const { varianceFraction: f } = prediction;
  const x0hat = prediction.x0hat.slice();
  const eps = prediction.eps.slice();
  const varianceFraction = new Float32Array(x0hat.length);
  for (let j = 0; j < x0hat.length; j++) {
    const m = unknown[j]!;
    varianceFraction[j] = m * (typeof f === 'number' ? f : f[j]!);
    if (m === 1) continue;
    x0hat[j] = m * x0hat[j]! + (1 - m) * photo[j]!;
    eps[j] = (x_t[j]! - alpha * x0hat[j]!) / sigma;
  }
  return { x0hat, eps, varianceFraction };
}

/**
 * The photo with its unknown pixels filled smoothly from the known ones around (push-pull: each level of a pyramid
 * averages what is known, and the gaps of a level are filled from the coarser one). photo is [C,S,S], unknown [S,S];
 * returns a new image; 0 everywhere where nothing is known (a rim is not).
 *
 * It is what a walk starts from: below t = T - 1 plain noise in the hole would be no x_t of any picture (its signal part,
 * sqrt(abar), would be missing: the network takes it for a mid-grey patch), while the junk under the mask would be
 * restored as if it were there. The fill has the right light and colour and no detail, and the noise of y_K leaves the
 * detail to the prior.
 */
export function fillUnknown(photo: Float32Array, unknown: Float32Array): Float32Array {
  const side = Math.sqrt(unknown.length);
  invariant(
    Number.isInteger(side) && photo.length % unknown.length === 0,
    `a square of ${unknown.length} pixels`,
  );
  const known = unknown.map((m) => (m > 0 ? 0 : 1));
  const out = new Float32Array(photo.length);
  for (let at = 0; at < photo.length; at += unknown.length)
    out.set(pushPull(photo.subarray(at, at + unknown.length), known, side), at);
  return out;
}

/** One channel: known pixels (weight 1) stay, the rest comes from half the size, bilinearly. */
function pushPull(values: Float32Array, weights: Float32Array, side: number): Float32Array {
  if (side === 1) return Float32Array.of(weights[0]! > 0 ? values[0]! : 0);
  const half = Math.ceil(side / 2);
  const sums = new Float32Array(half * half);
  const counts = new Float32Array(half * half);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const to = (y >> 1) * half + (x >> 1);
      sums[to]! += weights[y * side + x]! * values[y * side + x]!;
      counts[to]! += weights[y * side + x]!;
    }
  for (let p = 0; p < sums.length; p++) {
    if (counts[p]! > 0) sums[p] = sums[p]! / counts[p]!;
    counts[p] = Math.min(1, counts[p]!);
  }
  const coarse = pushPull(sums, counts, half);
  const out = new Float32Array(side * side);
  const clamp = (i: number): number => Math.max(0, Math.min(half - 1, i));
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const weight = weights[y * side + x]!;
      // Three quarters of the cell a pixel lies in, one quarter of the next on its side, along each axis.
      const [y0, x0] = [y >> 1, x >> 1];
      const [y1, x1] = [clamp(y0 + (y % 2 === 0 ? -1 : 1)), clamp(x0 + (x % 2 === 0 ? -1 : 1))];
      const row = (r: number): number => 0.75 * coarse[r * half + x0]! + 0.25 * coarse[r * half + x1]!;
      const fill = 0.75 * row(y0) + 0.25 * row(y1);
      out[y * side + x] = weight * values[y * side + x]! + (1 - weight) * fill;
    }
  return out;
}
