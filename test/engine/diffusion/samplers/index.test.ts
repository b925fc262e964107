/**
 * What every sampler promises: the steps it reports, the input it leaves alone, its errors, and cancellation.
 * ddpm.test.ts, ode.test.ts and sde.test.ts hold the numerics.
 */
import { describe, expect, it } from 'vitest';
import { gaussian } from '../../../../src/engine/diffusion/noise.ts';
import { samplers } from '../../../../src/engine/diffusion/samplers/index.ts';
import type { Sampler } from '../../../../src/engine/diffusion/samplers/sampler.ts';
import { linearSchedule } from '../../../../src/engine/diffusion/schedule.ts';
import { drawNoisy, idealDenoiser, idealX0, largestDifference, noNoise, sample } from '../ideal.ts';

const schedule = linearSchedule();
const denoiser = idealDenoiser(schedule, 10);
const noise = gaussian(6, 0);
const usage = expect.objectContaining({ code: 'usage' }) as Error;

describe.each<[string, Sampler]>(Object.entries(samplers))('%s', (_, sampler) => {
  it('reports every step, and leaves x as it is', async () => {
    const x_K = drawNoisy(schedule, 200, 10);
    const before = x_K.slice();
    const { x, steps } = await sample(sampler, denoiser, x_K, { K: 200, steps: 5, noise });
    expect(steps.map(({ step, of, t }) => [step, of, t])).toEqual([
      [1, 5, 199],
      [2, 5, 149],
      [3, 5, 100],
      [4, 5, 50],
      [5, 5, 0],
    ]);
    expect(new Set(steps.map(({ x0hat }) => x0hat)).size).toBe(5);
    expect(largestDifference(x, steps[4]!.x0hat)).toBeLessThan(1e-6);
    expect(x_K).toEqual(before);
  });

  it('returns x0hat where there is one step, or one noise step', async () => {
    for (const K of [200, 1]) {
      const x_K = drawNoisy(schedule, K, 10);
      const { x } = await sample(sampler, denoiser, x_K, { K, steps: 1, noise });
      expect(
        largestDifference(
          x,
          x_K.map((v) => idealX0(schedule, v, K - 1)),
        ),
      ).toBeLessThan(1e-6);
    }
  });

  it.each([
    { K: 0 },
    { K: 1001 },
    { K: 10.5 },
    { K: 10, steps: 0 },
    { K: 10, steps: 11 },
    { K: 10, eta: -0.1 },
    { K: 10, eta: 1.1 },
    { K: 10, eta: NaN },
  ])('refuses %o as a usage error', async (options) => {
    const x_K = new Float32Array(10);
    await expect(sample(sampler, denoiser, x_K, { ...options, noise: noNoise })).rejects.toThrow(usage);
  });

  it('stops between steps when cancelled', async () => {
    const controller = new AbortController();
    const options = { K: 10, noise, signal: controller.signal };
    const walk = sampler(denoiser, new Float32Array(10), options);
    expect((await walk.next()).done).toBe(false);
    controller.abort();
    await expect(walk.next()).rejects.toThrow(expect.objectContaining({ code: 'cancelled' }) as Error);
  });
});
