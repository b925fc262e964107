/**
 * DPM-Solver++(2M) SDE: the data's moments, and its no-noise limit.
 * index.test.ts is next.
 */
import { expect, it } from 'vitest';
import { gaussian } from '../../../../src/engine/diffusion/noise.ts';
import { samplers } from '../../../../src/engine/diffusion/samplers/index.ts';
import { cosineSchedule, linearSchedule } from '../../../../src/engine/diffusion/schedule.ts';
import {
  deviation,
  drawNoisy,
  idealDenoiser,
  idealX0,
  largestDifference,
  mean,
  moments,
  noNoise,
  sample,
} from '../ideal.ts';

const schedule = linearSchedule();

it.each([
  [linearSchedule(), 1, 1000, 200],
  [linearSchedule(), 1, 200, 50],
  [linearSchedule(), 0.5, 200, 50],
  [cosineSchedule(), 1, 600, 200],
])('samples the data (%#)', async (world, eta, K, steps) => {
  const size = 10_000;
  const x_K = drawNoisy(world, K, size);
  const options = { K, steps, eta, noise: gaussian(5, 0) };
  const { x } = await sample(samplers['dpmpp-sde'], idealDenoiser(world, size), x_K, options);
  const found = moments(x);
  expect(Math.abs(found.mean - mean)).toBeLessThan(0.015);
  expect(Math.abs(found.deviation / deviation - 1)).toBeLessThan(0.03);
});

it('is dpmpp when eta = 0, and then draws nothing', async () => {
  const x_K = drawNoisy(schedule, 200, 100);
  const options = { K: 200, steps: 20, eta: 0, noise: noNoise };
  const denoiser = idealDenoiser(schedule, 100);
  const one = await sample(samplers['dpmpp-sde'], denoiser, x_K, options);
  const other = await sample(samplers.dpmpp, denoiser, x_K, options);
  expect(largestDifference(one.x, other.x)).toBeLessThan(1e-6);
});

it('adds fresh noise by default', async () => {
  const x_K = drawNoisy(schedule, 200, 100);
  const denoiser = idealDenoiser(schedule, 100);
  const [one, other] = [
    await sample(samplers['dpmpp-sde'], denoiser, x_K, { K: 200, steps: 20, noise: gaussian(5, 0) }),
    await sample(samplers['dpmpp-sde'], denoiser, x_K, { K: 200, steps: 20, noise: gaussian(5, 1) }),
  ];
  expect(largestDifference(one.x, other.x)).toBeGreaterThan(0.1);
});

/** One pixel by the same solver in variance-exploding form (x / alpha, sigma / alpha), as k-diffusion writes it. */
function explodingForm(x_K: number, timesteps: readonly number[], eta: number, z: number): number {
  const sigmaAt = (t: number) => schedule.sqrtRecipm1Abar[t]!;
  let y = x_K * schedule.sqrtRecipAbar[timesteps[0]!]!;
  let last: { x0hat: number; h: number } | undefined;
  timesteps.slice(0, -1).forEach((t, i) => {
    const [sigma, next] = [sigmaAt(t), sigmaAt(timesteps[i + 1]!)];
    const x0hat = idealX0(schedule, y * schedule.sqrtAbar[t]!, t);
    const h = Math.log(sigma / next);
    const pull = 1 - Math.exp(-h - eta * h);
    y = (next / sigma) * Math.exp(-eta * h) * y + pull * x0hat;
    if (last) y += 0.5 * pull * (h / last.h) * (x0hat - last.x0hat);
    y += z * next * Math.sqrt(1 - Math.exp(-2 * eta * h));
    last = { x0hat, h };
  });
  return idealX0(schedule, y * schedule.sqrtAbar[0]!, 0);
}

it.each([0, 0.5, 1])(
  'takes the same few, uneven steps as the variance-exploding form, eta = %d',
  async (eta) => {
    const x_K = drawNoisy(schedule, 401, 50);
    const noise = { fill: (target: Float32Array) => void target.fill(0.5) };
    const denoiser = idealDenoiser(schedule, 50);
    const { x } = await sample(samplers['dpmpp-sde'], denoiser, x_K, { K: 401, steps: 5, eta, noise });
    const expected = x_K.map((value) => explodingForm(value, [400, 300, 200, 100, 0], eta, 0.5));
    expect(largestDifference(x, expected)).toBeLessThan(1e-5);
  },
);
