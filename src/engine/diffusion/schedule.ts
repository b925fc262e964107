/**
 * Noise schedules: how much of the photo and how much noise x_t holds, at every timestep t in 0..T-1 (float64).
 * Read project.ts next for the way up, denoiser.ts for the way down, samplers/ for the walks between.
 */
import { UserError, invariant } from '../../domain/errors.ts';

/**
 * The terms of q(x_t | x_0) = N(sqrt(abar_t) x_0, 1 - abar_t) and of the posterior q(x_{t-1} | x_t, x_0) (Ho et al.
 * 2020, Eqs. 4 and 7), each of length T and indexed by t.
 */
export interface Schedule {
  readonly kind: 'linear' | 'cosine';
  readonly T: number;
  readonly betas: Float64Array;
  /** abar_t, the running product of 1 - beta (the reference's alphas_cumprod). */
  readonly abar: Float64Array;
  /** abar_{t-1}; 1 at t = 0. */
  readonly abarPrev: Float64Array;
  readonly sqrtAbar: Float64Array;
  readonly sqrtOneMinusAbar: Float64Array;
  /** sqrt(1 / abar_t) */
  readonly sqrtRecipAbar: Float64Array;
  /** sqrt(1 / abar_t - 1) */
  readonly sqrtRecipm1Abar: Float64Array;
  readonly posteriorVariance: Float64Array;
  /** log of the posterior variance, whose 0 at t = 0 is replaced by its value at t = 1. */
  readonly posteriorLogVarianceClipped: Float64Array;
  /** The weight of x_0 in the posterior mean. */
  readonly posteriorMeanCoef1: Float64Array;
  /** The weight of x_t in the posterior mean. */
  readonly posteriorMeanCoef2: Float64Array;
}

/** A schedule over a subset of another's timesteps; `timestepMap[i]` is the timestep its index i stands for. */
interface RespacedSchedule extends Schedule {
  readonly timestepMap: readonly number[];
}

/** Betas rise in a line from 1e-4 to 0.02 at T = 1000, scaled by 1000 / T otherwise (Ho et al. 2020). */
export function linearSchedule(T = 1000): Schedule {
  invariant(Number.isInteger(T) && T > 20, `a linear schedule needs more than 20 steps, not ${T}`);
  const first = 1e-4 * (1000 / T);
  const last = 0.02 * (1000 / T);
  const increment = (last - first) / (T - 1);
  return fromBetas(
    'linear',
    Float64Array.from({ length: T }, (_, t) => first + t * increment),
  );
}

/** abar falls as a squared cosine, no beta above 0.999 (Nichol & Dhariwal 2021, Eq. 17). */
export function cosineSchedule(T = 1000): Schedule {
  invariant(Number.isInteger(T) && T > 0, `a schedule of ${T} steps`);
  const abarAt = (u: number) => Math.cos((((u + 0.008) / 1.008) * Math.PI) / 2) ** 2;
  return fromBetas(
    'cosine',
    Float64Array.from({ length: T }, (_, t) => Math.min(1 - abarAt((t + 1) / T) / abarAt(t / T), 0.999)),
  );
}

/**
 * The schedule that visits only `timesteps` (increasing indices into `schedule`), with betas that keep their abar
 * (Nichol & Dhariwal 2021, section 4).
 */
export function respace(schedule: Schedule, timesteps: readonly number[]): RespacedSchedule {
  invariant(timesteps.length > 0, 'a schedule cannot be respaced to no steps');
  let previous = -1;
  let abarPrevious = 1;
  const betas = Float64Array.from(timesteps, (t) => {
    const abar = schedule.abar[t];
    invariant(abar !== undefined && t > previous, `timesteps must increase within 0..${schedule.T - 1}`);
    const beta = 1 - abar / abarPrevious;
    previous = t;
    abarPrevious = abar;
    return beta;
  });
  return { ...fromBetas(schedule.kind, betas), timestepMap: [...timesteps] };
}

/**
 * `steps` evenly spaced, distinct, increasing timesteps of 0..K-1: always K - 1, and 0 when there are more than one.
 * Throws `usage` where steps is not a whole number of 1..K.
 */
export function spacedTimesteps(K: number, steps: number): number[] {
  if (!Number.isInteger(steps) || steps < 1 || steps > K) {
    throw new UserError(
      'usage',
      `The number of sampling steps is ${steps}, but it must be a whole number from 1 to ${K}.`,
      'Use no more sampling steps than noise steps (K).',
    );
  }
  if (steps === 1) return [K - 1];
  return Array.from({ length: steps }, (_, i) => Math.round((i * (K - 1)) / (steps - 1)));
}

/** Throws `usage` unless K, the number of noise steps, is a whole number of 1..T. */
export function checkNoiseSteps(schedule: Schedule, K: number): void {
  if (Number.isInteger(K) && K >= 1 && K <= schedule.T) return;
  throw new UserError(
    'usage',
    `The number of noise steps (K) is ${K}, but this model takes a whole number from 1 to ${schedule.T}.`,
    'The usual choice is 200: less keeps more of the photo, more repairs heavier damage.',
  );
}

/** lambda_t = log(sqrt(abar_t) / sqrt(1 - abar_t)), half the log signal-to-noise ratio (Lu et al. 2022). */
export function halfLogSnr(schedule: Schedule, t: number): number {
  return Math.log(schedule.sqrtAbar[t]! / schedule.sqrtOneMinusAbar[t]!);
}

function fromBetas(kind: Schedule['kind'], betas: Float64Array): Schedule {
  let product = 1;
  const abar = betas.map((beta) => (product *= 1 - beta));
  const abarPrev = abar.map((_, t) => (t === 0 ? 1 : abar[t - 1]!));
  const posteriorVariance = betas.map((beta, t) => (beta * (1 - abarPrev[t]!)) / (1 - abar[t]!));
  return {
    kind,
    T: betas.length,
    betas,
    abar,
    abarPrev,
    sqrtAbar: abar.map((a) => Math.sqrt(a)),
    sqrtOneMinusAbar: abar.map((a) => Math.sqrt(1 - a)),
    sqrtRecipAbar: abar.map((a) => Math.sqrt(1 / a)),
    sqrtRecipm1Abar: abar.map((a) => Math.sqrt(1 / a - 1)),
    posteriorVariance,
    // A schedule of one step has no t = 1; its only step adds no noise, so beta stands in.
    posteriorLogVarianceClipped: posteriorVariance.map((v, t) =>
      Math.log(t > 0 ? v : (posteriorVariance[1] ?? betas[0]!)),
    ),
    posteriorMeanCoef1: betas.map((beta, t) => (beta * Math.sqrt(abarPrev[t]!)) / (1 - abar[t]!)),
    posteriorMeanCoef2: betas.map((beta, t) => ((1 - abarPrev[t]!) * Math.sqrt(1 - beta)) / (1 - abar[t]!)),
  };
}
