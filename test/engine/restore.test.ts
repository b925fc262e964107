/** Restoration end to end on a tiny model: the reference's figures, candidates, variation, strength 0, cancellation. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../src/engine/checkpoint/open.ts';
import type { Denoiser } from '../../src/engine/diffusion/denoiser.ts';
import { samplers } from '../../src/engine/diffusion/samplers/index.ts';
import type { SamplerName } from '../../src/engine/diffusion/samplers/index.ts';
import { compileDenoiser, openPrior } from '../../src/engine/prior.ts';
import type { Prior } from '../../src/engine/prior.ts';
import { restore, variationOf } from '../../src/engine/restore.ts';
import type { RestoreStep } from '../../src/engine/restore-batch.ts';
import type { Restoration, RestoreRequest } from '../../src/engine/restore.ts';
import { openRuntime } from '../../src/engine/runtime/ort.ts';
import type { Runtime } from '../../src/engine/runtime/session.ts';
import { golden } from './fixtures.ts';
import { relativeError } from './random.ts';

let runtime: Runtime;
let prior: Prior;
let photo: Float32Array;
beforeAll(async () => {
  runtime = await openRuntime('cpu', { threads: 1 });
  prior = openPrior(golden('adm-like-gen2res.pt'));
  using figures = openCheckpoint(golden('adm-like-gen2res.golden.safetensors'));
  photo = figures.read('restore.y0').map((v) => Math.max(-1, Math.min(1, v)));
});
afterAll(async () => {
  prior[Symbol.dispose]();
  await runtime.release();
});

async function run(
  denoiser: Denoiser,
  change: Partial<RestoreRequest> = {},
): Promise<{ steps: RestoreStep[]; result: Restoration }> {
  const steps: RestoreStep[] = [];
  const request = { photo, K: 50, sampler: 'ddim', steps: 5, seed: 7, ...change } as const;
  const restoration = restore(denoiser, request);
  for (;;) {
    const next = await restoration.next();
    if (next.done) return { steps, result: next.value };
    steps.push(next.value);
  }
}

test.each(['adm-plain.pt', 'adm-like-gen2res.pt', 'adm-like-ffhq10m.pt'])(
  '%s: restore.out of K = 12 within 1e-3',
  async (file) => {
    using model = openPrior(golden(file));
    using figures = openCheckpoint(golden(file.replace('.pt', '.golden.safetensors')));
    const denoiser = await compileDenoiser(model, runtime, 1);
    const noises = figures.read('restore.noises');
    let at = 0;
    const noise = {
      fill: (x: Float32Array): void => {
        x.set(noises.subarray(at, (at += x.length)));
      },
    };
    const walk = samplers.ddpm(denoiser, figures.read('restore.y_K'), { K: 12, noise });
    let next = await walk.next();
    while (!next.done) next = await walk.next();
    expect(at).toBe(noises.length);
    expect(relativeError(next.value, figures.read('restore.out'))).toBeLessThan(1e-3);
  },
);

describe('candidates', () => {
  test.each(Object.keys(samplers) as SamplerName[])(
    '%s: candidate i is the same alone and in a batch',
    async (sampler) => {
      const two = await run(await compileDenoiser(prior, runtime, 2), { sampler, eta: 1 });
      const one = await run(await compileDenoiser(prior, runtime, 1), { sampler, eta: 1 });
      const [first, second] = two.result.candidates;
      expect(relativeError(one.result.candidates[0]!, first!)).toBeLessThan(1e-4);
      expect(relativeError(second!, first!)).toBeGreaterThan(0.01);
    },
  );

  test('the same seed gives the same picture, another seed another', async () => {
    const denoiser = await compileDenoiser(prior, runtime, 1);
    const [a, b, c] = [await run(denoiser), await run(denoiser), await run(denoiser, { seed: 8 })];
    expect(b.result.candidates[0]).toEqual(a.result.candidates[0]);
    expect(c.result.candidates[0]).not.toEqual(a.result.candidates[0]);
  });

  test('steps are counted, and each shows every candidate', async () => {
    const { steps } = await run(await compileDenoiser(prior, runtime, 2));
    expect(steps.map((s) => [s.step, s.of, s.previews.length])).toEqual(
      [1, 2, 3, 4, 5].map((i) => [i, 5, 2]),
    );
    expect(steps[0]?.previews[1]).toHaveLength(photo.length);
  });
});

describe('variation', () => {
  test('is the deviation over candidates, by hand', () => {
    // one pixel, three channels: (0, 2), (1, 1), (-1, 1) -> unbiased variances 2, 0, 2
    const map = variationOf([Float32Array.of(0, 1, -1), Float32Array.of(2, 1, 1)], 1);
    expect(map[0]).toBeCloseTo(Math.sqrt(4 / 3), 6);
  });

  test('grows with strength, and is absent with one candidate', async () => {
    const denoiser = await compileDenoiser(prior, runtime, 3);
    const mean = (map: Float32Array | undefined): number => map!.reduce((s, v) => s + v, 0) / map!.length;
    const weak = mean((await run(denoiser, { K: 20 })).result.variation);
    const strong = mean((await run(denoiser, { K: 400 })).result.variation);
    expect(weak).toBeGreaterThan(0);
    expect(strong).toBeGreaterThan(2 * weak);
    const single = await run(await compileDenoiser(prior, runtime, 1));
    expect(single.result.variation).toBeUndefined();
  });
});

test('strength 0 gives the photo back, number for number', async () => {
  const { steps, result } = await run(await compileDenoiser(prior, runtime, 1), { K: 0 });
  expect(steps).toEqual([]);
  expect(result.candidates[0]).toEqual(photo);
});

test('what is out of range is said, before anything runs', async () => {
  const denoiser = await compileDenoiser(prior, runtime, 1);
  for (const change of [
    { K: -1 },
    { K: 1001 },
    { K: 1.5 },
    { steps: 0 },
    { steps: 51 },
    { eta: 2 },
    { seed: -1 },
    { seed: 0.5 },
  ])
    await expect(run(denoiser, change)).rejects.toMatchObject({ code: 'usage' });
});

test('an aborted run stops between steps', async () => {
  const denoiser = await compileDenoiser(prior, runtime, 1);
  const controller = new AbortController();
  const restoration = restore(denoiser, {
    photo,
    K: 50,
    sampler: 'ddpm',
    seed: 1,
    signal: controller.signal,
  });
  await restoration.next();
  controller.abort();
  await expect(restoration.next()).rejects.toMatchObject({ code: 'cancelled' });
});
