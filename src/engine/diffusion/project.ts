/**
 * Projection: the way up, from a degraded photo to the noisy y_K that restoration starts from.
 * Read samplers/ next for the way down.
 */
import type { Noise } from './noise.ts';
import { checkNoiseSteps } from './schedule.ts';
import type { Schedule } from './schedule.ts';

/**
 * y_K = sqrt(abar_{K-1}) y0 + sqrt(1 - abar_{K-1}) e, e drawn from `noise` (Ding et al. 2024, section 3): enough noise
 * to drown the damage, little enough to keep the picture. K noise steps of 1..T end at t = K - 1. y0 is [N, C, H, W] in
 * [-1, 1] and is left as it is. Throws `usage` for another K.
 */
export function project(y0: Float32Array, K: number, noise: Noise, schedule: Schedule): Float32Array {
  checkNoiseSteps(schedule, K);
  const signal = schedule.sqrtAbar[K - 1]!;
  const sigma = schedule.sqrtOneMinusAbar[K - 1]!;
  const y = new Float32Array(y0.length);
  noise.fill(y);
  for (let i = 0; i < y.length; i++) y[i] = signal * y0[i]! + sigma * y[i]!;
  return y;
}
