/**
 * The one port that samplers see: what a model says at x_t, whatever its network puts out.
 * Read samplers/ddpm.ts next for its plainest use; ../prior.ts makes one of a network.
 */
import { invariant } from '../../domain/errors.ts';
import type { Schedule } from './schedule.ts';

/** What a model says at x_t: everything a sampler may ask. Arrays are [N, C, H, W], and the caller's to keep. */
export interface Prediction {
  /** The photo the model sees in x_t. */
  readonly x0hat: Float32Array;
  /** The noise that goes with x0hat: x_t = sqrt(abar_t) x0hat + sqrt(1 - abar_t) eps. */
  readonly eps: Float32Array;
  /**
   * Where the variance of an ancestral step lies, in logs, between its bounds: 0 is the posterior variance, 1 is beta.
   * A place and not a variance, since the bounds depend on how far the sampler steps.
   */
  readonly varianceFraction: Float32Array | number;
  /** The x_t this is about, where a denoiser moved it (known-region.ts); otherwise the one that was asked about. */
  readonly moved?: Float32Array;
}

/** A model at the timesteps it was trained on, t in 0..schedule.T-1, for a batch of the given shape [N,C,H,W]. */
export interface Denoiser {
  readonly schedule: Schedule;
  readonly shape: readonly [n: number, c: number, h: number, w: number];
  /** x_t is [N, C, H, W]; it is not kept and not written to. */
  predict(x_t: Float32Array, t: number): Promise<Prediction>;
}

/** A raw network at t in 0..T-1: x_t [N, C, H, W] -> eps [N, C, H, W], or eps and v as [N, 2C, H, W]. */
type Network = (x_t: Float32Array, t: number) => Promise<Float32Array>;

/** The variance of ancestral steps: predicted as v, or held at beta (large) or at the posterior variance (small). */
export type Variance = 'learned-range' | 'fixed-large' | 'fixed-small';

/** What a raw network does not say of itself. */
interface EpsDenoiserOptions {
  readonly schedule: Schedule;
  readonly shape: Denoiser['shape'];
  readonly variance: Variance;
  /** Hold x0hat within [-1, 1]; the default. */
  readonly clip?: boolean;
}

/**
 * The denoiser of a network that predicts noise: x0hat = clip(sqrt(1/abar) x_t - sqrt(1/abar - 1) eps), and where the
 * clip bites, eps = (sqrt(1/abar) x_t - x0hat) / sqrt(1/abar - 1), as guided-diffusion's ddim_sample has it.
 * 'learned-range' needs the network with v, in [-1, 1] (Nichol & Dhariwal 2021, Eq. 15); the others the one without.
 */
export function epsDenoiser(network: Network, options: EpsDenoiserOptions): Denoiser {
  const { schedule, shape, variance, clip = true } = options;
  const [n, c, h, w] = shape;
  const size = n * c * h * w;
  const learned = variance === 'learned-range';
  return {
    schedule,
    shape,
    async predict(x_t, t) {
      invariant(x_t.length === size, `x_t has ${x_t.length} values, not [${shape.join(', ')}]`);
      invariant(
        Number.isInteger(t) && t >= 0 && t < schedule.T,
        `timestep ${t} is not in 0..${schedule.T - 1}`,
      );
      const output = await network(x_t, t);
      const expected = learned ? 2 * size : size;
      invariant(output.length === expected, `the network returned ${output.length} values, not ${expected}`);
      const eps = learned ? channelHalf(output, n, 0) : output.slice();
      const x0hat = predictX0(x_t, eps, schedule.sqrtRecipAbar[t]!, schedule.sqrtRecipm1Abar[t]!, clip);
      const varianceFraction = learned
        ? fractionOf(channelHalf(output, n, 1))
        : variance === 'fixed-large'
          ? 1
          : 0;
      return { x0hat, eps, varianceFraction };
    },
  };
}

/** The first (eps) or second (v) C channels of every image of [N, 2C, H, W], as [N, C, H, W]. */
function channelHalf(output: Float32Array, n: number, half: 0 | 1): Float32Array {
  const image = output.length / n / 2;
  const channels = new Float32Array(n * image);
  for (let i = 0; i < n; i++) {
    const from = (2 * i + half) * image;
    channels.set(output.subarray(from, from + image), i * image);
  }
  return channels;
}

/** v in [-1, 1] to a fraction, in place. */
function fractionOf(v: Float32Array): Float32Array {
  for (let i = 0; i < v.length; i++) v[i] = (v[i]! + 1) / 2;
  return v;
}

/** Returns x0hat; rewrites `eps` where clipping moved x0hat. */
function predictX0(x_t: Float32Array, eps: Float32Array, a: number, b: number, clip: boolean): Float32Array {
  const x0hat = new Float32Array(x_t.length);
  for (let i = 0; i < x0hat.length; i++) {
    const value = a * x_t[i]! - b * eps[i]!;
    if (clip && (value < -1 || value > 1)) {
      const bound = value < 0 ? -1 : 1;
      x0hat[i] = bound;
      eps[i] = (a * x_t[i]! - bound) / b;
    } else {
      x0hat[i] = value;
    }
  }
  return x0hat;
}
