/**
 * The samplers that draw no noise (ddim, dpmpp) against the exact probability flow of ../ideal.ts, with their orders;
 * and ddim with eta = 1 against ddpm. sde.test.ts is next.
 */
import { describe, expect, it } from 'vitest';
import { gaussian } from '../../../../src/engine/diffusion/noise.ts';
import { samplers } from '../../../../src/engine/diffusion/samplers/index.ts';
import { linearSchedule } from '../../../../src/engine/diffusion/schedule.ts';
import {
  deviation,
  drawNoisy,
  flow,
  idealDenoiser,
  idealX0,
  largestDifference,
  mean,
  moments,
  noNoise,
  sample,
} from '../ideal.ts';

const schedule = linearSchedule();
const size = 200;

/** The worst error against the exact flow down to t = 0, followed by x0hat there. */
async function flowError(name: 'ddim' | 'dpmpp', K: number, steps: number): Promise<number> {
  const x_K = drawNoisy(schedule, K, size);
  const { x } = await sample(samplers[name], idealDenoiser(schedule, size), x_K, {
    K,
    steps,
    noise: noNoise,
  });
  const exact = x_K.map((value) => idealX0(schedule, flow(schedule, value, K - 1, 0), 0));
  return largestDifference(x, exact);
}

it.each([
  ['ddim', 200, 0.01],
  ['ddim', 1000, 0.01],
  ['dpmpp', 200, 5e-4],
  ['dpmpp', 1000, 5e-4],
] as const)('%s in K = %d steps follows the probability flow', async (name, K, tolerance) => {
  expect(await flowError(name, K, K)).toBeLessThan(tolerance);
});

// 480 / 20, 480 / 40 and 480 / 80 are whole, so that the timesteps are exactly even.
describe('halving the steps', () => {
  it('halves the error of ddim', async () => {
    const [coarse, fine] = [await flowError('ddim', 481, 41), await flowError('ddim', 481, 81)];
    expect(coarse / fine).toBeGreaterThan(1.7);
    expect(coarse / fine).toBeLessThan(2.5);
  });

  it('quarters the error of dpmpp, which is the smaller', async () => {
    const [coarse, fine] = [await flowError('dpmpp', 481, 41), await flowError('dpmpp', 481, 81)];
    expect(coarse / fine).toBeGreaterThan(3);
    expect(fine).toBeLessThan((await flowError('ddim', 481, 81)) / 3);
  });
});

describe('ddim with eta = 1', () => {
  it.each([400, 50])('is ddpm with the small variance, step for step, in %d steps', async (steps) => {
    const x_K = drawNoisy(schedule, 400, size);
    const denoiser = idealDenoiser(schedule, size, 'fixed-small');
    const options = { K: 400, steps, eta: 1 };
    const one = await sample(samplers.ddim, denoiser, x_K, { ...options, noise: gaussian(4, 0) });
    const other = await sample(samplers.ddpm, denoiser, x_K, { ...options, noise: gaussian(4, 0) });
    expect(largestDifference(one.x, other.x)).toBeLessThan(1e-4);
  });

  it('samples the data', async () => {
    const x_K = drawNoisy(schedule, 400, 10_000);
    const { x } = await sample(samplers.ddim, idealDenoiser(schedule, 10_000), x_K, {
      K: 400,
      steps: 200,
      noise: gaussian(4, 0),
      eta: 1,
    });
    const found = moments(x);
    expect(Math.abs(found.mean - mean)).toBeLessThan(0.015);
    expect(Math.abs(found.deviation / deviation - 1)).toBeLessThan(0.04);
  });
});
