/**
 * Ancestral sampling against the reference's step and against the closed-form world of ../ideal.ts.
 * index.test.ts covers what all samplers share.
 */
import { describe, expect, it } from 'vitest';
import type { Denoiser } from '../../../../src/engine/diffusion/denoiser.ts';
import { gaussian } from '../../../../src/engine/diffusion/noise.ts';
import { ddpm } from '../../../../src/engine/diffusion/samplers/ddpm.ts';
import { linearSchedule, respace } from '../../../../src/engine/diffusion/schedule.ts';
import { openGolden } from '../golden.ts';
import { deviation, drawNoisy, idealDenoiser, largestDifference, mean, moments, sample } from '../ideal.ts';

const schedule = linearSchedule();

/** A denoiser with a fixed opinion that records what it is asked. */
function recorder(x0hat: Float32Array, varianceFraction: Float32Array | number) {
  const asked: { x_t: Float32Array; t: number }[] = [];
  const denoiser: Denoiser = {
    schedule,
    shape: [1, 1, 1, x0hat.length],
    predict(x_t, t) {
      asked.push({ x_t: x_t.slice(), t });
      return Promise.resolve({ x0hat, eps: x0hat, varianceFraction });
    },
  };
  return { denoiser, asked };
}

describe('one step at t = 199', () => {
  it.each([
    ['adm-plain', 'fixed'],
    ['adm-like-ffhq10m', 'learned'],
    ['adm-like-gen2res', 'learned'],
  ])('has the mean and variance of %s', async (model, kind) => {
    const golden = openGolden(`${model}.golden.safetensors`);
    const [x_t, x0hat, goldenMean] = [golden('guide.x_t'), golden('guide.x0hat'), golden('guide.mean')];
    const logVariance = golden('guide.log_variance');
    const lowest = schedule.posteriorLogVarianceClipped[199]!;
    const fraction = logVariance.map((l) => (l - lowest) / (Math.log(schedule.betas[199]!) - lowest));
    if (kind === 'fixed') fraction.forEach((f) => expect(f).toBeCloseTo(1, 3));

    for (const z of [0, 1]) {
      const { denoiser, asked } = recorder(x0hat, kind === 'fixed' ? 1 : fraction);
      await sample(ddpm, denoiser, x_t, { K: 200, noise: { fill: (target) => target.fill(z) } });
      const expected = goldenMean.map((m, i) => m + z * Math.exp(0.5 * logVariance[i]!));
      expect(asked[1]!.t).toBe(198);
      expect(largestDifference(asked[1]!.x_t, expected)).toBeLessThan(1e-6);
    }
  });
});

it('draws noise at every step, in order, and uses none at t = 0', async () => {
  const drawn: number[] = [];
  const noise = { fill: (target: Float32Array) => void target.fill(drawn.push(1)) };
  const { denoiser, asked } = recorder(Float32Array.of(0.25), 0);
  const { x } = await sample(ddpm, denoiser, Float32Array.of(0.5), { K: 12, noise });
  expect(drawn).toHaveLength(12);
  expect(asked.map(({ t }) => t)).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
  expect(x[0]).toBeCloseTo(0.25, 6);
});

it('asks at the original timesteps, with the variance of the longer step', async () => {
  const { denoiser, asked } = recorder(Float32Array.of(0), Float32Array.of(1));
  const noise = { fill: (target: Float32Array) => void target.fill(1) };
  await sample(ddpm, denoiser, Float32Array.of(0), { K: 201, steps: 3, noise });
  expect(asked.map(({ t }) => t)).toEqual([200, 100, 0]);
  const beta = 1 - schedule.abar[200]! / schedule.abar[100]!;
  expect(asked[1]!.x_t[0]).toBeCloseTo(Math.sqrt(beta), 6);
  expect(respace(schedule, [0, 100, 200]).betas[2]).toBeCloseTo(beta, 14);
});

// The small variance is a little too small for data this wide, the more so the longer the step.
it.each([
  ['fixed-small', 1000, 1000, 0.03],
  ['fixed-large', 1000, 1000, 0.02],
  ['fixed-small', 400, 400, 0.03],
  ['fixed-small', 400, 100, 0.05],
] as const)('samples the data: %s, K = %d, %d steps', async (kind, K, steps, tolerance) => {
  const size = 10_000;
  const x_K = drawNoisy(schedule, K, size);
  const noise = gaussian(3, 0);
  const { x } = await sample(ddpm, idealDenoiser(schedule, size, kind), x_K, { K, steps, noise });
  const found = moments(x);
  expect(Math.abs(found.mean - mean)).toBeLessThan(0.015);
  expect(Math.abs(found.deviation / deviation - 1)).toBeLessThan(tolerance);
});
