/**
 * Whole photographs made in code, restored with a tiny prior: what changes and what must not, faces alone and together,
 * candidates, cancelling. test/cli/restore-whole.test.ts goes from files to files.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Rect } from '../../src/imaging/photograph.ts';
import { emptyMask, paint } from '../../src/imaging/repair/mask.ts';
import type { OpenNetworks } from '../../src/restoration/networks.ts';
import { faceAt, photographOf, recipeFace, recipeFor, restored, smallNetworks } from './helpers.ts';

let networks: OpenNetworks;
beforeAll(async () => {
  networks = await smallNetworks();
});

/** How many values of an area differ. */
function changes(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  width: number,
  channels: number,
  area: Rect,
): number {
  let count = 0;
  for (let y = area.top; y < area.top + area.height; y++)
    for (let x = area.left; x < area.left + area.width; x++)
      for (let c = 0; c < channels; c++) {
        const i = (y * width + x) * channels + c;
        if (a[i] !== b[i]) count++;
      }
  return count;
}

describe.each([
  ['8 bits', 3, 8],
  ['16 bits', 3, 16],
  ['grey', 1, 8],
] as const)('%s', (_what, channels, depth) => {
  test('strength 0, faces off and no faces leave every value as it is', async () => {
    const photo = photographOf(120, 100, channels, depth);
    const before = photo.data.slice();
    const where = faceAt(60, 45, 16);
    const recipe = recipeFor(photo, [
      recipeFace(where, { strength: 0, steps: 0 }),
      recipeFace(where, { on: false }),
    ]);
    const { result, steps } = await restored(photo, recipe, { networks });
    expect(result.photo.data).toEqual(before);
    expect(result.faces).toEqual([]);
    expect(steps).toEqual([]);
    await restored(photo, recipeFor(photo, []), { networks });
    expect(photo.data).toEqual(before);
  });

  test('a face changes, and nothing outside its square does', async () => {
    const photo = photographOf(160, 120, channels, depth);
    const before = photo.data.slice();
    const { result } = await restored(photo, recipeFor(photo, [recipeFace(faceAt(50, 50, 16))]), {
      networks,
    });
    const inside = { left: 34, top: 40, width: 32, height: 30 };
    expect(changes(before, photo.data, 160, channels, inside)).toBeGreaterThan(300);
    expect(changes(before, photo.data, 160, channels, { left: 100, top: 0, width: 60, height: 120 })).toBe(0);
    expect(changes(before, photo.data, 160, channels, { left: 0, top: 100, width: 160, height: 20 })).toBe(0);
    expect(result.faces).toHaveLength(1);
    expect(result.faces[0]?.candidates[0]).toHaveLength(3 * 16 * 16);
  });
});

test('a face is the same alone and beside others, whatever their strengths and seeds', async () => {
  const places = [
    faceAt(40, 50, 14),
    faceAt(130, 50, 14),
    faceAt(220, 50, 14),
    faceAt(310, 50, 14),
    faceAt(400, 50, 14),
  ];
  const faces = places.map((where, i) => recipeFace(where, { seed: i, ...(i === 3 && { strength: 30 }) }));
  const together = photographOf(450, 110);
  const { result, steps } = await restored(together, recipeFor(together, faces), { networks });
  expect(result.faces.map(({ face }) => face)).toEqual([0, 1, 2, 3, 4]);
  // four of one walk in one batch, the weaker one in another: 4 x 3 + 1 x 3 evaluations
  expect(steps.map(({ step, of }) => [step, of])).toEqual([4, 8, 12, 13, 14, 15].map((step) => [step, 15]));
  expect(steps[0]?.previews.map(({ face }) => face)).toEqual([0, 1, 2, 4]);
  for (const i of [0, 3, 4]) {
    const alone = photographOf(450, 110);
    const own = faces.map((face, k) => ({ ...face, on: k === i }));
    await restored(alone, recipeFor(alone, own), { networks });
    const rect = { left: 90 * i, top: 0, width: 80, height: 110 };
    expect(changes(alone.data, photographOf(450, 110).data, 450, 3, rect)).toBeGreaterThan(100);
    let most = 0;
    for (let y = 0; y < 110; y++)
      for (let x = rect.left; x < rect.left + 80; x++)
        for (let c = 0; c < 3; c++) {
          const at = 3 * (450 * y + x) + c;
          most = Math.max(most, Math.abs(alone.data[at]! - together.data[at]!));
        }
    expect(most).toBeLessThanOrEqual(1);
  }
});

test('the same recipe gives the same photograph bit for bit; another seed another', async () => {
  const make = async (seed: number): Promise<ArrayLike<number>> => {
    const photo = photographOf(120, 110);
    const faces = [recipeFace(faceAt(60, 50, 16), { seed })];
    await restored(photo, recipeFor(photo, faces, { sampler: 'dpmpp-sde' }), { networks });
    return photo.data;
  };
  const [a, b, c] = [await make(1), await make(1), await make(2)];
  expect(a).toEqual(b);
  expect(a).not.toEqual(c);
});

test('candidates take each other’s place, and a chosen one is what its recipe makes', async () => {
  const photo = photographOf(120, 110);
  const before = photo.data.slice();
  const face = recipeFace(faceAt(60, 50, 16));
  const recipe = recipeFor(photo, [face], { candidates: 3 });
  const { result } = await restored(photo, recipe, { networks });
  const first = photo.data.slice();
  await result.choose(2);
  const third = photo.data.slice();
  await result.choose(0);
  expect(photo.data).toEqual(first);
  expect(third).not.toEqual(first);
  expect(first).not.toEqual(before);
  expect(result.faces[0]?.candidates).toHaveLength(3);
  expect(result.faces[0]?.variation).toHaveLength(256);
  const again = photographOf(120, 110);
  await restored(again, { ...recipe, faces: [{ ...face, candidate: 2 }] }, { networks });
  expect(again.data).toEqual(third);
});

test('faces that overlap, and faces half outside, are no trouble', async () => {
  const photo = photographOf(100, 90);
  const faces = [faceAt(40, 40, 14), faceAt(55, 42, 14), faceAt(2, 2, 14), faceAt(99, 89, 30)];
  const { result } = await restored(
    photo,
    recipeFor(
      photo,
      faces.map((where) => recipeFace(where)),
    ),
    { networks },
  );
  expect(result.faces).toHaveLength(4);
});

test('a square that is no face', async () => {
  const photo = photographOf(120, 110);
  const before = photo.data.slice();
  const where = { kind: 'square', centre: { x: 60, y: 50 }, side: 60, rotation: 20 } as const;
  await restored(photo, recipeFor(photo, [recipeFace(where)]), { networks });
  expect(changes(before, photo.data, 120, 3, { left: 50, top: 40, width: 20, height: 20 })).toBeGreaterThan(
    300,
  );
  expect(changes(before, photo.data, 120, 3, { left: 0, top: 100, width: 120, height: 10 })).toBe(0);
});

test('a scratch across a face is made anew by the prior, the print’s by its surroundings', async () => {
  const scratched = (): ReturnType<typeof photographOf> => {
    const photo = photographOf(200, 120);
    for (let y = 0; y < 120; y++)
      for (const x of [62, 63, 64, 170, 171]) photo.data.fill(255, 3 * (200 * y + x), 3 * (200 * y + x) + 3);
    return photo;
  };
  const photo = scratched();
  const mask = [63, 170.5].reduce(
    (sum, x) =>
      paint(
        sum,
        [
          { x: x + 0.5, y: 0 },
          { x: x + 0.5, y: 120 },
        ],
        1.6,
      ),
    emptyMask(photo),
  );
  const recipe = recipeFor(photo, [recipeFace(faceAt(63, 50, 16))], {
    repair: { tone: 0, scratches: 1, denoise: 0 },
  });
  const { result, steps } = await restored(photo, recipe, { networks, mask });
  expect(result.mask).toEqual(mask);
  expect(steps.some(({ stage, doing }) => stage === 'print' && doing === 'scratches')).toBe(true);
  // from further out, in more steps than without a hole
  expect(steps.filter(({ stage }) => stage === 'faces').at(-1)).toMatchObject({ step: 6, of: 6 });
  const white = (x: number): number =>
    Array.from({ length: 120 }, (_, y) => photo.data[3 * (200 * y + x)]!).filter((value) => value > 235)
      .length;
  expect(white(171)).toBeLessThan(5);
  expect(white(63)).toBeLessThan(30);
});

test('cancelling stops between steps', async () => {
  const photo = photographOf(120, 110);
  const controller = new AbortController();
  const recipe = recipeFor(photo, [recipeFace(faceAt(60, 50, 16))]);
  const { restorePhotograph } = await import('../../src/restoration/restore-photograph.ts');
  const run = restorePhotograph(photo, recipe, { networks, signal: controller.signal });
  expect((await run.next()).done).toBe(false);
  controller.abort();
  await expect(run.next()).rejects.toMatchObject({ code: 'cancelled' });
});
