/** Several photos in one batch: each as it would be alone, whatever is beside it. restore.test.ts has one photo. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../src/engine/checkpoint/open.ts';
import { samplers } from '../../src/engine/diffusion/samplers/index.ts';
import type { SamplerName } from '../../src/engine/diffusion/samplers/index.ts';
import { compileDenoiser, openPrior } from '../../src/engine/prior.ts';
import type { Prior } from '../../src/engine/prior.ts';
import { restoreBatch } from '../../src/engine/restore-batch.ts';
import type { BatchPhoto, Walk } from '../../src/engine/restore-batch.ts';
import { openRuntime } from '../../src/engine/runtime/ort.ts';
import type { Runtime } from '../../src/engine/runtime/session.ts';
import { golden } from './fixtures.ts';
import { relativeError } from './random.ts';

let runtime: Runtime;
let prior: Prior;
let photos: BatchPhoto[];
beforeAll(async () => {
  runtime = await openRuntime('cpu', { threads: 1 });
  prior = openPrior(golden('adm-like-gen2res.pt'));
  using figures = openCheckpoint(golden('adm-like-gen2res.golden.safetensors'));
  const photo = figures.read('restore.y0').map((v) => Math.max(-1, Math.min(1, v)));
  photos = [
    { photo, seed: 7, index: 0 },
    { photo: photo.map((v) => -v), seed: 7, index: 0 },
    { photo, seed: 9, index: 3 },
  ];
});
afterAll(async () => {
  prior[Symbol.dispose]();
  await runtime.release();
});

async function run(of: readonly BatchPhoto[], walk: Walk): Promise<Float32Array[]> {
  const denoiser = await compileDenoiser(prior, runtime, of.length);
  const restoration = restoreBatch(denoiser, of, walk);
  let next = await restoration.next();
  while (!next.done) next = await restoration.next();
  return next.value;
}

describe.each(Object.keys(samplers) as SamplerName[])('%s', (sampler) => {
  const eta = sampler === 'ddim' || sampler === 'dpmpp-sde' ? { eta: 1 } : {};
  test('a photo is the same alone and beside others', async () => {
    const walk: Walk = { K: 50, sampler, steps: 5, ...eta };
    const together = await run(photos, walk);
    for (const [i, photo] of photos.entries()) {
      const [alone] = await run([photo], walk);
      expect(relativeError(alone!, together[i]!)).toBeLessThan(1e-4);
    }
    expect(relativeError(together[0]!, together[2]!)).toBeGreaterThan(0.01);
  });
});

test('with a hole, too', async () => {
  const pixels = photos[0]!.photo.length / 3;
  const unknown = Float32Array.from({ length: pixels }, (_, p) => (p < pixels / 4 ? 1 : 0));
  const walk: Walk = { K: 50, sampler: 'dpmpp-sde', steps: 5, unknown, release: 20, harmonise: 2 };
  const together = await run(photos, walk);
  const [alone] = await run(photos.slice(1, 2), walk);
  expect(relativeError(alone!, together[1]!)).toBeLessThan(1e-4);
});

test('strength 0 gives each photo back', async () => {
  const back = await run(photos, { K: 0, sampler: 'ddim' });
  expect(back).toEqual(photos.map(({ photo }) => photo));
});
