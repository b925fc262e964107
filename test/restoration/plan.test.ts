/** Recipes made of photographs: faces numbered, choices kept to their bounds. Detectors here are functions. */
import { describe, expect, test } from 'vitest';
import type { FaceDetector } from '../../src/faces/face.ts';
import { parseRecipe, recipeText } from '../../src/domain/recipe.ts';
import { planPhoto } from '../../src/restoration/plan.ts';
import type { PlanRequest } from '../../src/restoration/plan.ts';
import { faceAt, photographOf } from './helpers.ts';

const sha256 = 'ab'.repeat(32);

function detectorOf(...places: readonly (readonly [x: number, y: number, eyes: number])[]): FaceDetector {
  return {
    name: 'made',
    detect: () =>
      Promise.resolve(
        places.map(([x, y, eyes], i) => {
          const { landmarks, box } = faceAt(x, y, eyes);
          const [a, b, c, d, e] = landmarks;
          return { score: 1 - i / 10, box, landmarks: [a, b, c, d, e] as const };
        }),
      ),
  };
}

function request(more: Partial<PlanRequest> = {}): PlanRequest {
  return {
    app: '1.0.0',
    photo: { name: 'gran.jpg', sha256, bytes: 10 },
    model: { id: 'small', sha256 },
    device: { provider: 'cpu', threads: 1, batch: 4 },
    ...{ sampler: 'dpmpp-sde', strength: 100, seed: 5, candidates: 2 },
    repair: { tone: 0, scratches: 0, denoise: 0 },
    output: { format: 'jpeg', depth: 8 },
    ...more,
  };
}

const photo = photographOf(300, 200);

test('faces are numbered from left to right, and the recipe is one that can be read back', async () => {
  const detector = { detector: detectorOf([200, 80, 20], [60, 90, 20]), sha256 };
  const recipe = await planPhoto(photo, request({ detector }));
  expect(recipe.faces.map(({ where }) => (where.kind === 'face' ? where.landmarks[2].x : 0))).toEqual([
    60, 200,
  ]);
  expect(recipe.faces[0]).toMatchObject({ on: true, strength: 100, steps: 20, seed: 5, candidate: 0 });
  expect(recipe.detection).toEqual({ kind: 'network', name: 'made', sha256 });
  expect(parseRecipe(recipeText(recipe), 'r')).toEqual(recipe);
});

test('each face has its own choices; what is too small is off unless it is asked for', async () => {
  const detector = { detector: detectorOf([60, 90, 20], [150, 90, 5], [200, 90, 5]) };
  const person = { kind: 'person', name: 'anna', adapter: sha256 } as const;
  const faces = new Map([
    [1, { strength: 10, seed: 9, person: null }],
    [3, { on: true, candidate: 1 }],
  ]);
  const recipe = await planPhoto(photo, request({ detector, faces, person }));
  expect(
    recipe.faces.map(({ on, strength, steps, seed, candidate }) => [on, strength, steps, seed, candidate]),
  ).toEqual([
    [true, 10, 10, 9, 0],
    [false, 100, 20, 5, 0],
    [true, 100, 20, 5, 1],
  ]);
  expect(recipe.faces.map((face) => face.person)).toEqual([undefined, person, person]);
});

test('what the detector is not sure of is listed, and off', async () => {
  const detector = { detector: detectorOf([60, 90, 20], [150, 90, 20], [220, 90, 20]), sure: 0.85 };
  const recipe = await planPhoto(photo, request({ detector, faces: new Map([[3, { on: true }]]) }));
  expect(recipe.faces.map(({ on, where }) => [on, where.kind === 'face' && where.score])).toEqual([
    [true, 1],
    [true, 0.9],
    [true, 0.8],
  ]);
  const left = await planPhoto(photo, request({ detector }));
  expect(left.faces.map(({ on }) => on)).toEqual([true, true, false]);
});

test('faces placed by hand are taken instead of looking for others', async () => {
  const eyes = [
    { x: 90, y: 60 },
    { x: 120, y: 60 },
  ] as const;
  const placed = [
    { kind: 'face', eyes, mouth: { x: 105, y: 95 } },
    { kind: 'square', centre: { x: 200, y: 100 }, side: 50 },
  ] as const;
  const detector = {
    detector: {
      name: 'never',
      detect: () => {
        throw new Error('asked');
      },
    },
  };
  const recipe = await planPhoto(photo, request({ placed, detector }));
  expect(recipe.detection).toEqual({ kind: 'hand' });
  expect(recipe.faces.map(({ where }) => where.kind)).toEqual(['face', 'square']);
  expect(parseRecipe(recipeText(recipe), 'r')).toEqual(recipe);
});

describe('refused', () => {
  test.each([
    [
      'a face that is not there',
      { faces: new Map([[2, { on: false }]]) },
      /There is no face 2: 1 face was found/,
    ],
    [
      'a square outside',
      { placed: [{ kind: 'square', centre: { x: 500, y: 10 }, side: 20 } as const] },
      /outside the photo/,
    ],
  ])('%s', async (_what, more, sentence) => {
    const detector = { detector: detectorOf([60, 90, 20]) };
    await expect(planPhoto(photo, request({ detector, ...more }))).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(sentence) as string,
    });
  });

  test('a cancelled search', async () => {
    const controller = new AbortController();
    const detector = {
      detector: {
        name: 'slow',
        detect: () => {
          controller.abort();
          return Promise.reject(new Error('aborted'));
        },
      },
    };
    await expect(planPhoto(photo, request({ detector, signal: controller.signal }))).rejects.toMatchObject({
      code: 'cancelled',
    });
  });
});

test('a photo of one pixel, or of one row, has no faces', async () => {
  const detector = { detector: detectorOf([60, 90, 20]) };
  for (const tiny of [photographOf(1, 1), photographOf(1, 2000), photographOf(2000, 1)])
    expect((await planPhoto(tiny, request({ detector }))).faces).toEqual([]);
});
