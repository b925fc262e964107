/** Generative albums of a tiny model: likeness to the photo, images by number, going on, cancelling, bad requests. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { generateAlbum } from '../../src/engine/album.ts';
import type { AlbumImage, AlbumRequest, AlbumStep } from '../../src/engine/album.ts';
import { openCheckpoint } from '../../src/engine/checkpoint/open.ts';
import { openPrior } from '../../src/engine/prior.ts';
import type { Prior } from '../../src/engine/prior.ts';
import { openRuntime } from '../../src/engine/runtime/ort.ts';
import type { Executable, Runtime } from '../../src/engine/runtime/session.ts';
import { golden } from './fixtures.ts';
import { relativeError } from './random.ts';

let runtime: Runtime;
let prior: Prior;
let photo: Float32Array;
beforeAll(async () => {
  runtime = await openRuntime('cpu', { threads: 1 });
  prior = openPrior(golden('adm-like-gen2res.pt'));
  using figures = openCheckpoint(golden('adm-like-gen2res.golden.safetensors'));
  photo = figures.read('guide.ref').map((v) => Math.max(-1, Math.min(1, v)));
});
afterAll(async () => {
  prior[Symbol.dispose]();
  await runtime.release();
});

interface Album {
  readonly steps: AlbumStep[];
  readonly done: AlbumImage[];
  readonly images: Float32Array[];
}

async function make(change: Partial<AlbumRequest> = {}): Promise<Album> {
  const steps: AlbumStep[] = [];
  const done: AlbumImage[] = [];
  const run = generateAlbum(prior, runtime, { photo, size: 3, steps: 5, seed: 7, ...change });
  for (;;) {
    const next = await run.next();
    if (next.done) return { steps, done, images: next.value };
    if ('done' in next.value) done.push(next.value);
    else steps.push(next.value);
  }
}

const distance = (image: Float32Array): number => Math.hypot(...image.map((v, i) => v - photo[i]!));

describe.each(['published', 'paper'] as const)('%s', (form) => {
  test('guidance brings the images nearer to the photo, more so with a larger scale', async () => {
    const request = { form, size: 2, batch: 2, steps: 10, ...(form === 'paper' && { K: 600 }) };
    const scales = form === 'paper' ? [0, 0.03, 0.3] : [0, 0.3, 3];
    const albums: Album[] = [];
    for (const scale of scales) albums.push(await make({ ...request, scale }));
    for (const i of [0, 1]) {
      const [free, some, more] = albums.map(({ images }) => distance(images[i]!));
      expect(some).toBeLessThan(free!);
      expect(more).toBeLessThan(0.95 * free!);
      expect(more).toBeLessThan(some!);
    }
    const [one, other] = albums[2]!.images;
    expect(one).not.toEqual(other);
    expect([...one!, ...other!].every((v) => v >= -1 && v <= 1)).toBe(true);
  });

  test('image i is the same alone, in a batch and in a run that goes on', async () => {
    const [whole, single, later] = [
      await make({ form, batch: 2 }),
      await make({ form, batch: 1 }),
      await make({ form, batch: 2, from: 1 }),
    ];
    expect([whole, single, later].map(({ images }) => images.length)).toEqual([3, 3, 2]);
    for (const i of [0, 1, 2]) expect(relativeError(single.images[i]!, whole.images[i]!)).toBeLessThan(1e-3);
    for (const i of [1, 2]) expect(relativeError(later.images[i - 1]!, whole.images[i]!)).toBeLessThan(1e-3);
    expect(relativeError(whole.images[1]!, whole.images[0]!)).toBeGreaterThan(0.01);
  });
});

test('the seed decides the images', async () => {
  const [a, b, c] = [await make({ size: 1 }), await make({ size: 1 }), await make({ size: 1, seed: 8 })];
  expect(b.images).toEqual(a.images);
  expect(c.images).not.toEqual(a.images);
});

test('steps are counted in each batch, and each image is given as it is done', async () => {
  const { steps, done, images } = await make({ batch: 2, steps: 3 });
  expect(steps.map((s) => [s.first, s.step, s.of, s.previews.length])).toEqual([
    [0, 1, 3, 2],
    [0, 2, 3, 2],
    [0, 3, 3, 2],
    [2, 1, 3, 1],
    [2, 2, 3, 1],
    [2, 3, 3, 1],
  ]);
  expect(steps.map(({ guided }) => guided)).toEqual([true, true, false, true, true, false]);
  expect(steps[0]?.previews[0]).toHaveLength(photo.length);
  expect(done.map((image) => image.done)).toEqual([0, 1, 2]);
  expect(done.map(({ image }) => image)).toEqual(images);
});

test('an album that is complete is made of nothing more', async () => {
  expect(await make({ from: 3 })).toEqual({ steps: [], done: [], images: [] });
});

test('an aborted run stops between steps, and its sessions are released', async () => {
  const controller = new AbortController();
  const compile = vi.spyOn(runtime, 'compile');
  const { signal } = controller;
  const run = generateAlbum(prior, runtime, { photo, size: 2, steps: 5, seed: 1, signal });
  await run.next();
  controller.abort();
  await expect(run.next()).rejects.toMatchObject({ code: 'cancelled' });
  expect(compile.mock.calls.map(([graph]) => graph.name).sort()).toEqual(['guidance', 'unguided']);
  const sessions = await Promise.all(compile.mock.results.map(({ value }) => value as Promise<Executable>));
  for (const session of sessions)
    await expect(session.run({})).rejects.toThrow('internal: run after release');
  compile.mockRestore();
});

test.each([
  [{ size: 0 }, 'The size of the album must be a whole number from 1, not 0.'],
  [{ batch: 1.5 }, 'The number of images made at once must be a whole number from 1, not 1.5.'],
  [{ from: 4 }, 'The first image to make must be a whole number from 0 to 3, not 4.'],
  [{ seed: -1 }, 'A seed must be a whole number from 0, not -1.'],
  [{ K: 200 }, 'Sampling that starts from noise takes all 1000 noise steps, not 200.'],
  [{ scale: -1 }, 'The guidance scale is -1, but it must be a number from 0.'],
  [{ steps: 1001 }, 'The number of sampling steps is 1001, but it must be a whole number from 1 to 1000.'],
])('%o is refused in one sentence', async (change, message) => {
  await expect(make(change)).rejects.toMatchObject({ code: 'usage', message });
});

test('a scale that blows the images up is said', async () => {
  await expect(make({ size: 1, scale: 1e38 })).rejects.toMatchObject({ code: 'album.unsuitable' });
});
