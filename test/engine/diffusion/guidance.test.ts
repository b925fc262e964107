/**
 * Skip guidance in the closed-form world of ideal.ts: which steps are guided, what they do, and what is refused.
 * test/engine/guide.test.ts has the real gradients, album.test.ts the real images.
 */
import { describe, expect, it } from 'vitest';
import { guidedTimesteps, isGuided, skipGuidance } from '../../../src/engine/diffusion/guidance.ts';
import type {
  Distance,
  GuidanceOptions,
  GuidedDenoiser,
  GuidedStep,
} from '../../../src/engine/diffusion/guidance.ts';
import { gaussian } from '../../../src/engine/diffusion/noise.ts';
import { project } from '../../../src/engine/diffusion/project.ts';
import { samplers } from '../../../src/engine/diffusion/samplers/index.ts';
import { linearSchedule, spacedTimesteps } from '../../../src/engine/diffusion/schedule.ts';
import { deviation, idealDenoiser, largestDifference, sample } from './ideal.ts';

const schedule = linearSchedule();
const size = 64;
const y0 = new Float32Array(size).map((_, i) => (i % 2 ? 0.8 : -0.4));

/** The ideal denoiser is linear: x0hat = c + slope x_t, so d ||y0 - x0hat|| / d x_t = -slope (y0 - x0hat) / norm. */
function idealGuide(distance: Distance = 'norm'): GuidedDenoiser {
  const denoiser = idealDenoiser(schedule, size);
  return {
    ...denoiser,
    distance,
    async predictGuided(x_t, t, target) {
      const prediction = await denoiser.predict(x_t, t);
      const abar = schedule.abar[t]!;
      const slope = (Math.sqrt(abar) * deviation ** 2) / (abar * deviation ** 2 + 1 - abar);
      const away = target.map((v, i) => v - prediction.x0hat[i]!);
      const norm = Math.hypot(...away);
      const outer = distance === 'norm' ? 1 / norm : 2;
      return { ...prediction, norm: Float32Array.of(norm), gradient: away.map((d) => -slope * outer * d) };
    },
  };
}

async function walk(
  options: Partial<GuidanceOptions> = {},
  denoiser = idealGuide(),
): Promise<{ x: Float32Array; steps: GuidedStep[] }> {
  const steps: GuidedStep[] = [];
  const run = skipGuidance(denoiser, y0, { start: 'noise', noise: gaussian(3, 0), ...options });
  for (;;) {
    const next = await run.next();
    if (next.done) return { x: next.value, steps };
    steps.push(next.value);
  }
}

const distanceTo = (x: Float32Array): number => Math.hypot(...x.map((v, i) => v - y0[i]!));

describe('the guided steps', () => {
  it('are the published ones when every timestep is visited: 200 at the start, then every tenth', async () => {
    const { steps } = await walk();
    expect(steps.map(({ t }) => t)).toEqual(Array.from({ length: 1000 }, (_, i) => 999 - i));
    const guided = steps.filter((step) => step.guided).map(({ t }) => t);
    const tenths = Array.from({ length: 80 }, (_, i) => 799 - 10 * i);
    expect(guided).toEqual([...Array.from({ length: 200 }, (_, i) => 999 - i), ...tenths]);
    expect(steps.map(({ step, of }) => [step, of]).at(-1)).toEqual([1000, 1000]);
  });

  it('from the photo are every tenth, t = 199 first', async () => {
    const { steps } = await walk({ start: 'photo' });
    expect(steps).toHaveLength(200);
    const guided = steps.filter((step) => step.guided).map(({ t }) => t);
    expect(guided).toEqual(Array.from({ length: 20 }, (_, i) => 199 - 10 * i));
  });

  it('with fewer steps are those that stand for a guided timestep', () => {
    // 0 stands for itself, 8 for 1..8, 9 for itself, 19 for 10..19, 998 for 20..998, 999 for itself
    expect(guidedTimesteps([0, 8, 9, 19, 998, 999], 1000)).toEqual([false, false, true, true, true, true]);
    expect(guidedTimesteps([0, 8, 9, 19, 998, 999].slice(0, 3), 1000)).toEqual([false, false, true]);
    const hundred = guidedTimesteps(spacedTimesteps(1000, 100), 1000);
    expect(hundred.filter(Boolean)).toHaveLength(99);
    expect([0, 9, 10, 799, 800, 999].map((t) => isGuided(t, 1000))).toEqual([
      false,
      true,
      false,
      true,
      true,
      true,
    ]);
  });
});

describe('a guided step', () => {
  it('is the ancestral step, less s times the gradient', async () => {
    const guide = idealGuide();
    const x_T = new Float32Array(size);
    const noise = gaussian(3, 0);
    noise.fill(x_T);
    const plain = await sample(samplers.ddpm, guide, x_T, { K: 1000, steps: 1, noise });
    const { gradient } = await guide.predictGuided(x_T, 999, y0);
    const guided = await walk({ steps: 1, scale: 2 });
    expect(guided.steps).toMatchObject([{ step: 1, of: 1, t: 999, guided: true }]);
    expect(
      largestDifference(
        guided.x,
        plain.x.map((v, i) => v - 2 * gradient[i]!),
      ),
    ).toBeLessThan(1e-6);
  });

  it('takes s = 0.3 unless told', async () => {
    const [told, untold] = [await walk({ steps: 20, scale: 0.3 }), await walk({ steps: 20 })];
    expect(untold.x).toEqual(told.x);
  });

  it('pulls the sample to the photo, harder with the squared norm; s = 0 is plain DDPM', async () => {
    const none = await walk({ scale: 0 });
    const [norm, squared] = [await walk(), await walk({}, idealGuide('squared'))];
    expect(distanceTo(norm.x)).toBeLessThan(0.9 * distanceTo(none.x));
    expect(distanceTo(squared.x)).toBeLessThan(0.9 * distanceTo(norm.x));
    expect(none.steps.some(({ guided }) => guided)).toBe(false);
    const x_T = new Float32Array(size);
    const noise = gaussian(3, 0);
    noise.fill(x_T);
    const plain = await sample(samplers.ddpm, idealDenoiser(schedule, size), x_T, { K: 1000, noise });
    expect(none.x).toEqual(plain.x);
  });

  it('from the photo starts at y_K', async () => {
    const noise = gaussian(3, 0);
    const y_K = project(y0, 300, noise, schedule);
    const denoiser = idealDenoiser(schedule, size);
    const plain = await sample(samplers.ddpm, denoiser, y_K, { K: 300, steps: 30, noise });
    const { x } = await walk({ start: 'photo', K: 300, steps: 30, scale: 0 });
    expect(x).toEqual(plain.x);
  });
});

it.each([
  { start: 'photo', K: 0 },
  { start: 'photo', K: 1001 },
  { start: 'photo', K: 50, steps: 51 },
  { start: 'noise', K: 200 },
  { steps: 0 },
  { steps: 1001 },
  { scale: -0.1 },
  { scale: NaN },
  { scale: Infinity },
] as const)('refuses %o', async (options) => {
  await expect(walk(options)).rejects.toMatchObject({ code: 'usage' });
});

it('stops between steps when cancelled', async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const run = skipGuidance(idealGuide(), y0, { start: 'noise', noise: gaussian(3, 0), signal });
  await run.next();
  controller.abort();
  await expect(run.next()).rejects.toMatchObject({ code: 'cancelled' });
});
