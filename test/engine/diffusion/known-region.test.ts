/**
 * Known-region sampling in the closed-form world of ideal.ts and on a tiny model: known pixels follow the photo at every
 * step, unknown ones are invented, and without a mask nothing is different.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fillUnknown, holdingKnown } from '../../../src/engine/diffusion/known-region.ts';
import type { KnownRegion } from '../../../src/engine/diffusion/known-region.ts';
import type { Denoiser } from '../../../src/engine/diffusion/denoiser.ts';
import { gaussian } from '../../../src/engine/diffusion/noise.ts';
import { project } from '../../../src/engine/diffusion/project.ts';
import { samplers } from '../../../src/engine/diffusion/samplers/index.ts';
import type { SamplerName } from '../../../src/engine/diffusion/samplers/index.ts';
import { linearSchedule, spacedTimesteps } from '../../../src/engine/diffusion/schedule.ts';
import { compileDenoiser, openPrior } from '../../../src/engine/prior.ts';
import type { Prior } from '../../../src/engine/prior.ts';
import { restore } from '../../../src/engine/restore.ts';
import type { RestoreRequest } from '../../../src/engine/restore.ts';
import { openRuntime } from '../../../src/engine/runtime/ort.ts';
import type { Runtime } from '../../../src/engine/runtime/session.ts';
import { golden } from '../fixtures.ts';
import { idealDenoiser, largestDifference, mean, moments, sample } from './ideal.ts';

const schedule = linearSchedule();
const names = Object.keys(samplers) as SamplerName[];
const SIZE = 4000;
const photo = new Float32Array(SIZE).fill(-0.8);
/** The first half is known. */
const unknown = Float32Array.from({ length: SIZE }, (_, p) => (p < SIZE / 2 ? 0 : 1));

/** Ideal denoiser, and what it was asked. */
function watched(): { denoiser: Denoiser; asked: { x_t: Float32Array; t: number }[] } {
  const ideal = idealDenoiser(schedule, SIZE);
  const asked: { x_t: Float32Array; t: number }[] = [];
  const predict = (x_t: Float32Array, t: number): ReturnType<Denoiser['predict']> => {
    asked.push({ x_t: x_t.slice(), t });
    return ideal.predict(x_t, t);
  };
  return { denoiser: { ...ideal, predict }, asked };
}

async function walk(name: SamplerName, change: Partial<KnownRegion> & { K?: number; steps?: number } = {}) {
  const { K = 1000, steps = 50, ...region } = change;
  const { denoiser, asked } = watched();
  const noise = gaussian(2, 0);
  const x_K = project(region.photo ?? photo, K, noise, schedule);
  const held = holdingKnown(denoiser, {
    photo,
    unknown,
    timesteps: spacedTimesteps(K, steps),
    harmonise: 1,
    release: 0,
    noise,
    ...region,
  });
  const { x } = await sample(samplers[name], held, x_K, { K, steps, noise });
  return { x, asked };
}

describe.each(names)('%s', (name) => {
  test('known pixels end as the photo, the others as the data', async () => {
    const { x } = await walk(name);
    expect(largestDifference(x.subarray(0, SIZE / 2), photo.subarray(0, SIZE / 2))).toBeLessThan(1e-5);
    const noise = gaussian(2, 0);
    const x_K = project(photo, 1000, noise, schedule);
    const free = await sample(samplers[name], idealDenoiser(schedule, SIZE), x_K, {
      K: 1000,
      steps: 50,
      noise,
    });
    const [invented, unbound] = [moments(x.subarray(SIZE / 2)), moments(free.x)];
    expect(Math.abs(unbound.mean - mean)).toBeLessThan(0.1);
    expect(Math.abs(invented.mean - unbound.mean)).toBeLessThan(0.04);
    expect(Math.abs(invented.deviation / unbound.deviation - 1)).toBeLessThan(0.05);
  });

  test.each([1, 3])(
    'at every step the known are the noised photo, harmonised %d times',
    async (harmonise) => {
      const { asked } = await walk(name, { harmonise });
      expect(asked).toHaveLength(1 + 49 * harmonise);
      for (const { x_t, t } of asked) {
        const known = moments(x_t.subarray(0, SIZE / 2));
        const sigma = schedule.sqrtOneMinusAbar[t]!;
        expect(Math.abs(known.mean + 0.8 * schedule.sqrtAbar[t]!)).toBeLessThan(0.1 * sigma + 1e-6);
        expect(Math.abs(known.deviation / sigma - 1)).toBeLessThan(0.1);
      }
    },
  );

  test('a feathered pixel is invented and mixed at the end, in the part the mask says', async () => {
    const soft = unknown.map((m) => m / 4);
    const [whole, mixed] = [await walk(name), await walk(name, { unknown: soft })];
    const expected = whole.x.map((value, p) => photo[p]! + (p < SIZE / 2 ? 0 : 0.25) * (value - photo[p]!));
    expect(largestDifference(mixed.x, expected)).toBeLessThan(1e-5);
  });

  test('below release the known pixels are let go', async () => {
    const { x } = await walk(name, { release: 600 });
    const known = moments(x.subarray(0, SIZE / 2));
    expect(known.mean).toBeGreaterThan(-0.6);
    expect(known.deviation).toBeGreaterThan(0.1);
  });
});

test('each image of a batch may have a mask of its own', async () => {
  const ideal = idealDenoiser(schedule, 4);
  const two: Denoiser = { ...ideal, shape: [2, 1, 1, 2] };
  const held = holdingKnown(two, {
    photo: Float32Array.of(0.5, 0.5, -0.5, -0.5),
    unknown: Float32Array.of(0, 1, 1, 0),
    timesteps: [0, 500],
    harmonise: 1,
    release: 0,
    noise: gaussian(1, 0),
  });
  const { x0hat } = await held.predict(new Float32Array(4), 500);
  const { x0hat: free } = await ideal.predict(new Float32Array(4), 500);
  expect(x0hat).toEqual(Float32Array.of(0.5, free[1]!, free[2]!, -0.5));
});

describe('the fill that a walk starts from', () => {
  const side = 32;
  const slope = Float32Array.from({ length: side * side }, (_, p) => (p % side) / side - 0.5);
  const hole = Float32Array.from({ length: side * side }, (_, p) =>
    Math.hypot((p % side) - 15, Math.floor(p / side) - 15) < 5 ? 1 : 0,
  );

  test('is near what a smooth picture had, whatever the hole holds', () => {
    const junk = slope.map((value, p) => (hole[p] ? 1 : value));
    const filled = fillUnknown(junk, hole);
    expect(largestDifference(filled, slope)).toBeLessThan(0.15);
    filled.forEach((value, p) => {
      if (!hole[p]) expect(value).toBe(slope[p]);
    });
  });

  test('is 0 where nothing is known, and the photo where all is', () => {
    expect(fillUnknown(slope, new Float32Array(side * side).fill(1))).toEqual(new Float32Array(side * side));
    expect(fillUnknown(slope, new Float32Array(side * side))).toEqual(slope);
  });
});

describe('in a restoration on a tiny model', () => {
  let runtime: Runtime;
  let prior: Prior;
  let denoiser: Denoiser;
  beforeAll(async () => {
    runtime = await openRuntime('cpu', { threads: 1 });
    prior = openPrior(golden('adm-like-gen2res.pt'));
    denoiser = await compileDenoiser(prior, runtime, 1);
  });
  afterAll(async () => {
    prior[Symbol.dispose]();
    await runtime.release();
  });

  async function run(change: Partial<RestoreRequest>): Promise<Float32Array> {
    const [, c, h, w] = denoiser.shape;
    const y0 = Float32Array.from({ length: c * h * w }, (_, i) => 0.8 * Math.sin(i / 5));
    const request = { photo: y0, K: 300, sampler: 'ddpm', steps: 8, seed: 3, ...change } as const;
    const walk = restore(denoiser, request);
    for (;;) {
      const next = await walk.next();
      if (next.done) return next.value.candidates[0]!;
    }
  }
  const maskOf = (marked: (x: number, y: number) => boolean): Float32Array => {
    const [, , h, w] = denoiser.shape;
    return Float32Array.from({ length: h * w }, (_, p) => (marked(p % w, Math.floor(p / w)) ? 1 : 0));
  };

  test.each(names)(
    '%s keeps the known, invents the rest, and does not look under the mask',
    async (sampler) => {
      const [, c, h, w] = denoiser.shape;
      const mask = maskOf((x) => x >= 3 && x < 7);
      const y0 = Float32Array.from({ length: c * h * w }, (_, i) => 0.8 * Math.sin(i / 5));
      const junk = y0.map((value, i) => (mask[i % (h * w)] ? 1 : value));
      const clean = await run({ sampler, photo: y0, unknown: mask });
      const dirty = await run({ sampler, photo: junk, unknown: mask });
      expect(dirty).toEqual(clean);
      let changed = 0;
      clean.forEach((value, i) => {
        if (mask[i % (h * w)] === 0) expect(Math.abs(value - y0[i]!)).toBeLessThan(1e-5);
        else if (Math.abs(value - y0[i]!) > 0.05) changed++;
      });
      expect(changed).toBeGreaterThan(0.3 * 4 * h * c);
    },
  );

  test('a mask of ones, or released at once, is restoration without one', async () => {
    const plain = await run({});
    const released = await run({ unknown: maskOf(() => false), release: 300 });
    expect(released).toEqual(plain);
    expect(await run({ unknown: maskOf(() => false) })).not.toEqual(plain);
  });

  test('the same seed gives the same picture, also harmonised; K = 0 gives the photo', async () => {
    const unknown = maskOf((x, y) => x > y);
    const [a, b] = [await run({ unknown, harmonise: 3 }), await run({ unknown, harmonise: 3 })];
    expect(b).toEqual(a);
    expect(await run({ unknown, harmonise: 2 })).not.toEqual(a);
    const [, c, h, w] = denoiser.shape;
    expect(await run({ unknown, K: 0 })).toEqual(
      Float32Array.from({ length: c * h * w }, (_, i) => 0.8 * Math.sin(i / 5)),
    );
  });

  test.each([{ harmonise: 0 }, { harmonise: 1.5 }, { harmonise: 101 }, { release: -1 }, { release: 0.5 }])(
    '%o is refused',
    async (change) => {
      const refused = run({ unknown: maskOf((x) => x === 0), ...change });
      await expect(refused).rejects.toMatchObject({ code: 'usage' });
    },
  );
});
