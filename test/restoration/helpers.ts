/**
 * A photograph made in code, a prior of 16 x 16 pixels, and recipes for the tests of src/restoration.
 * Read next: restore-photograph.test.ts.
 */
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Geometry, Recipe, RecipeFace } from '../../src/domain/recipe.ts';
import { openPrior } from '../../src/engine/prior.ts';
import { openRuntime } from '../../src/engine/runtime/ort.ts';
import type { Landmarks } from '../../src/faces/align.ts';
import type { Photograph } from '../../src/imaging/photograph.ts';
import { OpenNetworks } from '../../src/restoration/networks.ts';
import { restorePhotograph } from '../../src/restoration/restore-photograph.ts';
import type {
  Equipment,
  RestorationProgress,
  RestoredPhotograph,
} from '../../src/restoration/restore-photograph.ts';

const MODEL = join(import.meta.dirname, '../fixtures/golden/adm-plain.pt');

/** The small prior, closed at the end of the test file. */
export async function smallNetworks(): Promise<OpenNetworks> {
  const prior = openPrior(MODEL);
  const runtime = await openRuntime('cpu', { threads: 1 });
  const base = { id: 'small', sha256: 'ab'.repeat(32) };
  const networks = new OpenNetworks({
    ...{ prior, base, runtime },
    adapterFile: () => {
      throw new Error('no adapter here');
    },
  });
  afterAll(async () => {
    await networks[Symbol.asyncDispose]();
    await runtime.release();
    prior[Symbol.dispose]();
  });
  return networks;
}

/** Soft colours with some texture, so that whatever changes shows. */
export function photographOf(
  width: number,
  height: number,
  channels: 1 | 3 = 3,
  depth: 8 | 16 = 8,
): Photograph {
  const data =
    depth === 8 ? new Uint8Array(width * height * channels) : new Uint16Array(width * height * channels);
  const top = depth === 8 ? 1 : 257;
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < channels; c++, i++)
        data[i] =
          top * Math.round(120 + 60 * Math.sin(x / 9 + c) * Math.cos(y / 7) + ((x * 7 + y * 13) % 11));
  const source = { path: 'made.png', format: 'png', width, height, orientation: 1, pages: 1 } as const;
  return { width, height, channels, depth, data, source };
}

/** An upright face: eyes `eyes` pixels apart, their middle at (x, y). Its square has a side of about 4 `eyes`. */
export function faceAt(x: number, y: number, eyes: number): Extract<Geometry, { kind: 'face' }> {
  const landmarks: Landmarks = [
    { x: x - eyes / 2, y },
    { x: x + eyes / 2, y },
    { x, y: y + 0.55 * eyes },
    { x: x - 0.4 * eyes, y: y + 1.1 * eyes },
    { x: x + 0.4 * eyes, y: y + 1.1 * eyes },
  ];
  const box = { left: x - eyes, top: y - eyes, width: 2 * eyes, height: 2.6 * eyes };
  return { kind: 'face', landmarks: [...landmarks], box, score: 0.9 };
}

export function recipeFace(where: Geometry, more: Partial<RecipeFace> = {}): RecipeFace {
  return { where, on: true, strength: 60, steps: 3, seed: 1, candidate: 0, ...more };
}

export function recipeFor(
  photo: Photograph,
  faces: readonly RecipeFace[],
  more: Partial<Recipe> = {},
): Recipe {
  return {
    ...{ kind: 'albumen-recipe', version: 1, app: '1.0.0' },
    photo: {
      name: 'made.png',
      sha256: 'cd'.repeat(32),
      bytes: 100,
      width: photo.width,
      height: photo.height,
    },
    model: { id: 'small', sha256: 'ab'.repeat(32) },
    device: { provider: 'cpu', threads: 1, batch: 4 },
    ...{ sampler: 'ddim', detection: { kind: 'hand' }, faces: [...faces], candidates: 1 },
    repair: { tone: 0, scratches: 0, denoise: 0 },
    paste: {},
    output: { format: 'png', depth: 8 },
    ...more,
  };
}

export async function restored(
  photo: Photograph,
  recipe: Recipe,
  equipment: Equipment,
): Promise<{ result: RestoredPhotograph; steps: RestorationProgress[] }> {
  const steps: RestorationProgress[] = [];
  const run = restorePhotograph(photo, recipe, equipment);
  for (;;) {
    const next = await run.next();
    if (next.done) return { result: next.value, steps };
    steps.push(next.value);
  }
}
