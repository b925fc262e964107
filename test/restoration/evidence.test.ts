/** Likeness before and after, with a recogniser that is a function of the crop. */
import { beforeAll, expect, test } from 'vitest';
import { recogniserOf } from '../../src/faces/recogniser.ts';
import { embedAlbum } from '../../src/restoration/album.ts';
import { compareFaces } from '../../src/restoration/evidence.ts';
import type { OpenNetworks } from '../../src/restoration/networks.ts';
import { faceAt, photographOf, recipeFace, recipeFor, restored, smallNetworks } from './helpers.ts';

let networks: OpenNetworks;
beforeAll(async () => {
  networks = await smallNetworks();
});

/** An embedding of two numbers: the mean of the left half of the face, and of the right half. */
const halves = recogniserOf('halves', (face) => {
  const sums = [0, 0];
  face.forEach((value, i) => (sums[i % 112 < 56 ? 0 : 1]! += value));
  return Promise.resolve(Float32Array.from(sums));
});

const adapter = 'ef'.repeat(32);
const anna = { kind: 'person', name: 'anna', adapter } as const;

test('a restored face is compared with what it was; squares and faces that are off are not', async () => {
  const photo = photographOf(260, 110);
  const square = { kind: 'square', centre: { x: 220, y: 60 }, side: 50, rotation: 0 } as const;
  const faces = [
    recipeFace(faceAt(50, 50, 16)),
    recipeFace(faceAt(140, 50, 16), { on: false }),
    recipeFace(square),
  ];
  const { result } = await restored(photo, recipeFor(photo, faces), { networks, recogniser: halves });
  const evidence = await result.evidence();
  expect([...evidence.keys()]).toEqual([0]);
  expect(evidence.get(0)?.toInput).toBeGreaterThan(0.9);
  expect(evidence.get(0)?.toInput).toBeLessThan(1);
  expect(evidence.get(0)?.person).toBeUndefined();
});

test('without a recogniser there is none', async () => {
  const photo = photographOf(120, 110);
  const { result } = await restored(photo, recipeFor(photo, [recipeFace(faceAt(60, 50, 16))]), { networks });
  expect((await result.evidence()).size).toBe(0);
});

test('a face that went away from its person is warned of, one that came nearer is not', async () => {
  const faces = [faceAt(50, 50, 16), faceAt(90, 50, 16)].map((where) => recipeFace(where, { person: anna }));
  const recipe = recipeFor(photographOf(200, 110), faces);
  const before = new Map([
    [0, Float32Array.of(0.8, 0.6)],
    [1, Float32Array.of(0.6, 0.8)],
  ]);
  const after = new Map([
    [0, Float32Array.of(0.6, 0.8)],
    [1, Float32Array.of(0.8, 0.6)],
  ]);
  const evidence = await compareFaces(recipe, before, after, () => Promise.resolve(Float32Array.of(1, 0)));
  expect(evidence.get(0)?.person).toMatchObject({ name: 'anna' });
  expect(evidence.get(0)?.person?.before).toBeCloseTo(0.8, 6);
  expect(evidence.get(0)?.person?.after).toBeCloseTo(0.6, 6);
  expect(evidence.get(0)?.warning).toBe(
    'Face 1 is now less like anna (0.60) than in the photo (0.80): try a lower strength, or another seed.',
  );
  expect(evidence.get(1)?.warning).toBeUndefined();
  const kept = await compareFaces(recipe, before, after, () => Promise.resolve(undefined));
  expect(kept.get(0)).toEqual({ toInput: expect.closeTo(0.96, 6) as number });
});

test('an album is the mean of its photos, with a detector’s landmarks or without', async () => {
  const image = (left: number): Float32Array =>
    Float32Array.from({ length: 3 * 64 * 64 }, (_, i) => (i % 64 < 32 ? left : -left));
  const album = await embedAlbum([image(0.5), image(-0.5)], halves, undefined);
  expect(album[0]).toBeCloseTo(Math.SQRT1_2, 2);
  const found = { left: 0, top: 0, width: 64, height: 64 };
  const [a, b, c, d, e] = faceAt(20, 30, 10).landmarks;
  const detector = {
    name: 'made',
    detect: () => Promise.resolve([{ score: 1, box: found, landmarks: [a, b, c, d, e] as const }]),
  };
  const [first] = await embedAlbum([image(0.5)], halves, detector);
  const [usual] = await embedAlbum([image(0.5)], halves, undefined);
  // the landmarks found lie in the bright half
  expect(first).toBeLessThan(usual! - 0.1);
});
