/**
 * Faces and squares placed by hand, on made-up points. What comes of them is align.test.ts's business.
 */
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/domain/errors.ts';
import { apply, ffhqMap } from '../../src/faces/align.ts';
import type { Landmarks, Point } from '../../src/faces/align.ts';
import { placeFace, placeSquare } from '../../src/faces/place.ts';

const photo = { width: 400, height: 300 };
const eyes = [
  { x: 180, y: 100 },
  { x: 220, y: 100 },
] as const;
const mouth = { x: 200, y: 145 };

/** Turned about the middle of the photo. */
function turned({ x, y }: Point, degrees: number): Point {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  return { x: 200 + cos * (x - 200) - sin * (y - 150), y: 150 + sin * (x - 200) + cos * (y - 150) };
}

function expectNear(found: readonly Point[], wanted: readonly Point[]): void {
  expect(found).toHaveLength(wanted.length);
  for (const [i, { x, y }] of wanted.entries()) {
    expect(found[i]?.x).toBeCloseTo(x, 6);
    expect(found[i]?.y).toBeCloseTo(y, 6);
  }
}

describe('a face by its eyes and mouth', () => {
  test('has its nose between and its mouth along the eyes', () => {
    expectNear(placeFace({ eyes, mouth }, photo), [
      eyes[0],
      eyes[1],
      { x: 200, y: 100 + 0.495 * 45 },
      { x: 200 - 0.414 * 40, y: 145 },
      { x: 200 + 0.414 * 40, y: 145 },
    ]);
  });

  test.each([0, 35, 90, 180, -120])('turned by %i degrees, the eyes in either order', (degrees) => {
    const upright = placeFace({ eyes, mouth }, photo);
    const wanted = upright.map((point) => turned(point, degrees));
    const [left, right, down] = [turned(eyes[0], degrees), turned(eyes[1], degrees), turned(mouth, degrees)];
    expectNear(placeFace({ eyes: [left, right], mouth: down }, photo), wanted);
    expectNear(placeFace({ eyes: [right, left], mouth: down }, photo), wanted);
  });

  test('is cut out upright', () => {
    const landmarks: Landmarks = placeFace({ eyes: [eyes[1], eyes[0]], mouth }, photo);
    const { a, b, c, d } = ffhqMap(landmarks, 128);
    expect([b, c].map(Math.abs)).toEqual([expect.closeTo(0, 8), expect.closeTo(0, 8)]);
    expect(a).toBeCloseTo(d, 8);
    expect(a).toBeGreaterThan(0);
  });

  test.each([
    ['eyes in one place', [eyes[0], eyes[0]], mouth, 'The two eyes are too close together.'],
    [
      'eyes far from the mouth and close together',
      [eyes[0], { x: 181, y: 100 }],
      mouth,
      'The two eyes are too close together.',
    ],
    ['the mouth between the eyes', eyes, { x: 205, y: 103 }, 'The mouth is too close to the eyes.'],
    ['the mouth beside the eyes', eyes, { x: 300, y: 101 }, 'The mouth is too close to the eyes.'],
    [
      'a point outside',
      eyes,
      { x: 200, y: 301 },
      'The mouth at (200, 301) is outside the photo of 400 x 300 pixels.',
    ],
    [
      'no number',
      [{ x: NaN, y: 3 }, eyes[1]],
      mouth,
      'The first eye at (NaN, 3) is outside the photo of 400 x 300 pixels.',
    ],
  ] as const)('is refused in a sentence: %s', (_, two, below, sentence) => {
    expect(refusal(() => placeFace({ eyes: two, mouth: below }, photo))).toEqual(['usage', sentence]);
  });
});

describe('a square', () => {
  test('has its centre, side and turn', () => {
    const centre = { x: 150, y: 120 };
    const map = placeSquare({ centre, side: 80, rotation: Math.PI / 6 }, photo, 64);
    expectNear([apply(map, { x: 32, y: 32 })], [centre]);
    const [corner, next] = [apply(map, { x: 0, y: 0 }), apply(map, { x: 64, y: 0 })];
    expect(Math.hypot(next.x - corner.x, next.y - corner.y)).toBeCloseTo(80);
    expect(Math.atan2(next.y - corner.y, next.x - corner.x)).toBeCloseTo(Math.PI / 6);
    expectNear([apply(placeSquare({ centre, side: 80 }, photo, 64), { x: 0, y: 64 })], [{ x: 110, y: 160 }]);
  });

  test.each([
    [
      { centre: { x: -1, y: 5 }, side: 50 },
      'The centre of the square at (-1, 5) is outside the photo of 400 x 300 pixels.',
    ],
    [{ centre: mouth, side: 0 }, 'A square with sides of 0 pixels does not fit a photo of 400 x 300 pixels.'],
    [
      { centre: mouth, side: NaN },
      'A square with sides of NaN pixels does not fit a photo of 400 x 300 pixels.',
    ],
    [
      { centre: mouth, side: 801 },
      'A square with sides of 801 pixels does not fit a photo of 400 x 300 pixels.',
    ],
    [{ centre: mouth, side: 50, rotation: Infinity }, 'The square is turned by Infinity, which is no angle.'],
  ])('is refused in a sentence: %j', (square, sentence) => {
    expect(refusal(() => placeSquare(square, photo, 64))).toEqual(['usage', sentence]);
  });
});

function refusal(work: () => unknown): [string, string] | undefined {
  try {
    work();
  } catch (error) {
    if (error instanceof UserError) return [error.code, error.message];
    throw error;
  }
  return undefined;
}
