/**
 * The parts of a finetune alone: recipes, draws, the held-out set, the pace.
 * Read next: finetune.test.ts.
 */
import { expect, test } from 'vitest';
import { permutation, uniforms } from '../../../src/engine/finetune/draws.ts';
import { Pace } from '../../../src/engine/finetune/eta.ts';
import { bestOf, heldOutBatches, splitAlbum, stopsEarly } from '../../../src/engine/finetune/held-out.ts';
import { learningRateAt, recipeFor } from '../../../src/engine/finetune/recipes.ts';
import { album, recipe } from './fake-trainer.ts';

test('the published recipe is as published', () => {
  const published = {
    batch: 4,
    learningRate: 1e-5,
    weights: 'full',
    timesteps: null,
    augment: false,
    heldOut: null,
  };
  expect(recipeFor('paper', { album: 'personal' })).toMatchObject({ ...published, steps: 5000 });
  expect(recipeFor('paper', { album: 'generative' })).toMatchObject({ ...published, steps: 3000 });
  expect(recipeFor('paper', { album: 'personal', weights: 'adapter' }).weights).toBe('adapter');
});

test('the fast recipe trains adapters on a little more than K steps', () => {
  const fast = recipeFor('fast', { album: 'personal' });
  expect(fast).toMatchObject({ weights: 'adapter', timesteps: 250, augment: true });
  expect(recipeFor('fast', { album: 'personal', K: 301 }).timesteps).toBe(377);
  expect(recipeFor('fast', { album: 'personal', weights: 'full' })).toMatchObject({ learningRate: 2e-4 });
});

test('the learning rate falls linearly to 0 behind the last step', () => {
  const ten = recipe({ steps: 10, learningRate: 1 });
  expect([1, 2, 10].map((step) => learningRateAt(ten, step))).toEqual([1, 0.9, expect.closeTo(0.1)]);
});

test('draws are uniform, and differ by seed, purpose and index', () => {
  const of = (...[seed, purpose, index]: Parameters<typeof uniforms>): number[] => {
    const next = uniforms(seed, purpose, index);
    return Array.from({ length: 1000 }, next);
  };
  const first = of(1, 'timestep', 0);
  expect(of(1, 'timestep', 0)).toEqual(first);
  expect(first.every((u) => u >= 0 && u < 1)).toBe(true);
  expect(first.reduce((a, b) => a + b) / 1000).toBeCloseTo(0.5, 1);
  expect(new Set(first).size).toBe(1000);
  const others = [
    of(2, 'timestep', 0),
    of(1, 'order', 0),
    of(1, 'timestep', 1),
    of(1 + 2 ** 32, 'timestep', 0),
  ];
  for (const other of others) expect(other[0]).not.toBe(first[0]);
});

test('a permutation has each number once, and each place may hold any', () => {
  const places = new Set<number | undefined>();
  for (let i = 0; i < 100; i++) {
    const order = permutation(3, 'order', i, 5);
    expect(order.toSorted()).toEqual([0, 1, 2, 3, 4]);
    places.add(order[0]);
  }
  expect(places.size).toBe(5);
});

test.each([
  [2, 0],
  [7, 0],
  [8, 1],
  [15, 1],
  [16, 2],
  [20, 2],
  [300, 4],
])('of %i photos %i are held out', (photos, count) => {
  const images = album(photos);
  const split = splitAlbum(images, recipe(), 1);
  expect(split.heldOut).toHaveLength(count);
  expect(new Set([...split.training, ...split.heldOut])).toEqual(new Set(images));
  expect(splitAlbum(images, recipe({ heldOut: null }), 1).heldOut).toEqual([]);
});

test('the held-out set fills its micro-batches and covers all t', () => {
  const batches = heldOutBatches(album(2), { seed: 1, size: 3, draws: 8, pairs: 16, timesteps: 90 });
  expect(batches).toHaveLength(6);
  const t = batches.flatMap((batch) => batch.t);
  expect(t.slice(0, 9).map((time) => Math.floor(time / 10))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(heldOutBatches(album(2), { seed: 1, size: 3, draws: 8, pairs: 16, timesteps: 90 })).toEqual(batches);
});

test.each([
  [1, 8],
  [2, 16],
  [4, 16],
  [20, 20],
])('of %i held-out photos %i pairs are judged', (photos, pairs) => {
  const batches = heldOutBatches(album(photos), { seed: 1, size: 4, draws: 8, pairs: 16, timesteps: 90 });
  // 20 photos, of which each must have one at least, make more than 16
  expect(batches.flatMap(({ t }) => t)).toHaveLength(pairs);
});

test('the best is the lowest, of equals the first; patience counts from there', () => {
  const curve = [4, 2, 3, 2, 5].map((loss, step) => ({ step, loss }));
  expect(bestOf(curve)).toEqual({ step: 1, loss: 2 });
  expect(bestOf([])).toBeUndefined();
  expect(stopsEarly(curve, 3)).toBe(true);
  expect(stopsEarly(curve, 4)).toBe(false);
  expect(stopsEarly([], 1)).toBe(false);
});

test('the pace is the median of the last fifteen of each kind', async () => {
  let now = 0;
  const pace = new Pace<'step' | 'checkpoint'>(() => now);
  expect(pace.median('step')).toBeUndefined();
  expect(pace.eta({ step: 5, checkpoint: 1 })).toBe(0);
  for (const seconds of [9, 1, 2]) {
    const done = await pace.time('step', async () => {
      now += seconds;
      return seconds;
    });
    expect(done).toBe(seconds);
  }
  expect(pace.median('step')).toBe(2);
  pace.add('step', 4);
  pace.add('checkpoint', 10);
  expect(pace.eta({ step: 5, checkpoint: 2 })).toBe(5 * 3 + 2 * 10);
  for (let i = 0; i < 15; i++) pace.add('step', 7);
  expect(pace.median('step')).toBe(7);
});
