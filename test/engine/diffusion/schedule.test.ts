/**
 * Schedules against the reference implementation's terms and against their own definitions.
 * golden.ts reads the reference's figures.
 */
import { describe, expect, it } from 'vitest';
import {
  checkNoiseSteps,
  cosineSchedule,
  halfLogSnr,
  linearSchedule,
  respace,
  spacedTimesteps,
} from '../../../src/engine/diffusion/schedule.ts';
import { readGoldenJson } from './golden.ts';

describe('linearSchedule', () => {
  it('has the terms of the reference', () => {
    const golden = readGoldenJson('schedule-linear-1000.json') as Record<string, Record<string, number>>;
    const schedule = linearSchedule();
    const ours: Record<string, Float64Array> = {
      betas: schedule.betas,
      alphas_cumprod: schedule.abar,
      sqrt_recip_alphas_cumprod: schedule.sqrtRecipAbar,
      sqrt_recipm1_alphas_cumprod: schedule.sqrtRecipm1Abar,
      posterior_variance: schedule.posteriorVariance,
      posterior_log_variance_clipped: schedule.posteriorLogVarianceClipped,
      posterior_mean_coef1: schedule.posteriorMeanCoef1,
      posterior_mean_coef2: schedule.posteriorMeanCoef2,
    };
    expect(Object.keys(golden).sort()).toEqual(Object.keys(ours).sort());
    for (const [term, values] of Object.entries(golden)) {
      for (const [t, expected] of Object.entries(values)) {
        const difference = Math.abs(ours[term]![Number(t)]! - expected);
        expect(difference, `${term}[${t}]`).toBeLessThanOrEqual(1e-12 * Math.abs(expected));
      }
    }
  });

  it('keeps its shape at another T', () => {
    expect(linearSchedule(500).betas[0]).toBeCloseTo(2e-4, 15);
    expect(linearSchedule(500).betas[499]).toBeCloseTo(0.04, 15);
  });
});

describe('cosineSchedule', () => {
  it('follows the squared cosine and caps beta', () => {
    const { abar, betas } = cosineSchedule();
    const f = (t: number) => Math.cos((((t / 1000 + 0.008) / 1.008) * Math.PI) / 2) ** 2;
    for (const t of [0, 10, 500, 900]) expect(abar[t]! / (f(t + 1) / f(0))).toBeCloseTo(1, 10);
    expect(betas[999]).toBe(0.999);
  });
});

describe('respace', () => {
  it('keeps abar at the kept timesteps and says which they are', () => {
    const schedule = linearSchedule();
    const timesteps = [0, 7, 300, 999];
    const spaced = respace(schedule, timesteps);
    expect(spaced.T).toBe(4);
    expect(spaced.timestepMap).toEqual(timesteps);
    timesteps.forEach((t, i) => expect(spaced.abar[i]! / schedule.abar[t]!).toBeCloseTo(1, 12));
  });

  it('is the same schedule when all timesteps are kept', () => {
    const schedule = linearSchedule(100);
    const spaced = respace(schedule, spacedTimesteps(100, 100));
    schedule.posteriorMeanCoef2.forEach((value, t) =>
      expect(spaced.posteriorMeanCoef2[t]).toBeCloseTo(value, 10),
    );
  });

  it('goes to x0hat alone when one timestep is kept', () => {
    const spaced = respace(linearSchedule(), [199]);
    expect(spaced.posteriorMeanCoef1[0]).toBeCloseTo(1, 14);
    expect(spaced.posteriorMeanCoef2[0]).toBe(0);
    expect(spaced.posteriorLogVarianceClipped[0]).toBeTypeOf('number');
    expect(Number.isFinite(spaced.posteriorLogVarianceClipped[0])).toBe(true);
  });

  it.each([[[3, 2]], [[-1, 2]], [[1, 1]], [[0, 1000]], [[]]])('refuses %j', (timesteps) => {
    expect(() => respace(linearSchedule(), timesteps)).toThrow('internal: ');
  });
});

describe('spacedTimesteps', () => {
  it('is distinct, increasing and reaches both ends, for every K and number of steps', () => {
    for (let K = 1; K <= 60; K++) {
      for (let steps = 1; steps <= K; steps++) {
        const timesteps = spacedTimesteps(K, steps);
        expect(timesteps).toHaveLength(steps);
        expect(timesteps.at(-1)).toBe(K - 1);
        if (steps > 1) expect(timesteps[0]).toBe(0);
        for (let i = 1; i < steps; i++) expect(timesteps[i]! > timesteps[i - 1]!).toBe(true);
      }
    }
    expect(spacedTimesteps(200, 5)).toEqual([0, 50, 100, 149, 199]);
  });

  it.each([0, -1, 2.5, 11, NaN])('refuses %d steps of 10 as a usage error', (steps) => {
    expect(() => spacedTimesteps(10, steps)).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});

it('checkNoiseSteps takes 1 to T', () => {
  const schedule = linearSchedule();
  for (const K of [1, 200, 1000]) expect(() => checkNoiseSteps(schedule, K)).not.toThrow();
  for (const K of [0, 1001, 1.5, NaN]) {
    expect(() => checkNoiseSteps(schedule, K)).toThrow(expect.objectContaining({ code: 'usage' }));
  }
});

it('halfLogSnr is log(alpha / sigma)', () => {
  const schedule = linearSchedule();
  const abar = schedule.abar[199]!;
  expect(halfLogSnr(schedule, 199)).toBeCloseTo(0.5 * Math.log(abar / (1 - abar)), 12);
});
