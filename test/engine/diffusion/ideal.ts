/**
 * A world where everything is known in closed form: every pixel is N(mean, deviation^2), so the ideal denoiser, the
 * probability flow and the answer of every sampler are formulas. The sampler tests and denoiser.test.ts use this.
 */
import { epsDenoiser } from '../../../src/engine/diffusion/denoiser.ts';
import type { Denoiser, Variance } from '../../../src/engine/diffusion/denoiser.ts';
import { gaussian } from '../../../src/engine/diffusion/noise.ts';
import type { Noise } from '../../../src/engine/diffusion/noise.ts';
import type { Sampler, SamplerOptions, Step } from '../../../src/engine/diffusion/samplers/sampler.ts';
import type { Schedule } from '../../../src/engine/diffusion/schedule.ts';

export const mean = 0.3;
export const deviation = 0.5;

/** Variance of x_t: abar s^2 + 1 - abar. */
const variance = (schedule: Schedule, t: number) =>
  schedule.abar[t]! * deviation ** 2 + 1 - schedule.abar[t]!;

/** E[x0 | x_t], the ideal x0hat: linear in x. */
export function idealX0(schedule: Schedule, x: number, t: number): number {
  const alpha = schedule.sqrtAbar[t]!;
  return mean + ((alpha * deviation ** 2) / variance(schedule, t)) * (x - alpha * mean);
}

/** eps = (x - alpha E[x0 | x_t]) / sigma, unclipped, for one image of `size` pixels. */
export function idealDenoiser(schedule: Schedule, size: number, kind: Variance = 'fixed-small'): Denoiser {
  const network = (x: Float32Array, t: number) => {
    const epsAt = (value: number) =>
      (value - schedule.sqrtAbar[t]! * idealX0(schedule, value, t)) / schedule.sqrtOneMinusAbar[t]!;
    const offset = epsAt(0);
    const slope = epsAt(1) - offset;
    const eps = new Float32Array(x.length);
    for (let i = 0; i < eps.length; i++) eps[i] = offset + slope * x[i]!;
    return Promise.resolve(eps);
  };
  return epsDenoiser(network, { schedule, shape: [1, 1, 1, size], variance: kind, clip: false });
}

/** Where the exact probability flow carries x from t to s: the normalised value stays. */
export function flow(schedule: Schedule, x: number, t: number, s: number): number {
  const scale = Math.sqrt(variance(schedule, s) / variance(schedule, t));
  return schedule.sqrtAbar[s]! * mean + scale * (x - schedule.sqrtAbar[t]! * mean);
}

/** A draw of x_t for t = K - 1. */
export function drawNoisy(schedule: Schedule, K: number, size: number): Float32Array {
  const x = new Float32Array(size);
  gaussian(1, 1).fill(x);
  return x.map((z) => schedule.sqrtAbar[K - 1]! * mean + Math.sqrt(variance(schedule, K - 1)) * z);
}

export function moments(values: Float32Array): { mean: number; deviation: number } {
  const m = values.reduce((sum, v) => sum + v, 0) / values.length;
  const squares = values.reduce((sum, v) => sum + (v - m) ** 2, 0);
  return { mean: m, deviation: Math.sqrt(squares / values.length) };
}

/** Noise that must not be asked for. */
export const noNoise: Noise = {
  fill() {
    throw new Error('this sampler drew noise');
  },
};

/** Runs a sampler to its end. */
export async function sample(
  sampler: Sampler,
  denoiser: Denoiser,
  x: Float32Array,
  options: SamplerOptions,
): Promise<{ x: Float32Array; steps: Step[] }> {
  const walk = sampler(denoiser, x, options);
  const steps: Step[] = [];
  for (;;) {
    const next = await walk.next();
    if (next.done) return { x: next.value, steps };
    steps.push(next.value);
  }
}

export function largestDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) throw new Error(`${a.length} values against ${b.length}`);
  return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);
}
