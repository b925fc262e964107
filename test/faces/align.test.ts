/**
 * The geometry of alignment, on made-up landmarks and pictures. The faces themselves are tools/eval's business.
 */
import { describe, expect, test } from 'vitest';
import { apply, arcfaceMap, cutOut, ffhqMap, ffhqQuad, inverse, similarity } from '../../src/faces/align.ts';
import type { Affine, Landmarks, Pixels, Point } from '../../src/faces/align.ts';

/** Upright: eyes 40 apart at y = 100, the mouth 40 below. |e| = 40, |m| = 40, so that half a side is 80. */
const upright: Landmarks = [
  { x: 80, y: 100 },
  { x: 120, y: 100 },
  { x: 100, y: 120 },
  { x: 85, y: 140 },
  { x: 115, y: 140 },
];

const turned: Affine = { a: 1.2, b: -0.5, c: 0.5, d: 1.2, tx: 30, ty: -12 };

function moved(landmarks: Landmarks, map: Affine): Landmarks {
  const [a, b, c, d, e] = landmarks;
  return [apply(map, a), apply(map, b), apply(map, c), apply(map, d), apply(map, e)];
}

function expectNear(found: readonly Point[], expected: readonly Point[]): void {
  expect(found).toHaveLength(expected.length);
  for (const [i, { x, y }] of expected.entries()) {
    expect(found[i]?.x).toBeCloseTo(x, 8);
    expect(found[i]?.y).toBeCloseTo(y, 8);
  }
}

/** A picture by a function of pixel middles. */
function picture(width: number, height: number, at: (x: number, y: number) => number): Pixels {
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      data.fill(at(x + 0.5, y + 0.5), 3 * (y * width + x), 3 * (y * width + x) + 3);
  return { width, height, data };
}

describe('the FFHQ square', () => {
  test('of an upright face, by hand', () => {
    // centre (100, 104), half a side 80
    expectNear(ffhqQuad(upright), [
      { x: 20, y: 24 },
      { x: 20, y: 184 },
      { x: 180, y: 184 },
      { x: 180, y: 24 },
    ]);
  });

  test('is as tall as 3.6 |m| where the face is long', () => {
    const [left, right, nose] = upright;
    const [topLeft, bottomLeft] = ffhqQuad([left, right, nose, { x: 85, y: 160 }, { x: 115, y: 160 }]);
    expect(bottomLeft.y - topLeft.y).toBeCloseTo(3.6 * 60);
  });

  test('turns, grows and moves with the face', () => {
    const quad = ffhqQuad(upright).map((corner) => apply(turned, corner));
    expectNear(ffhqQuad(moved(upright, turned)), quad);
  });

  test('is what the crop maps to, corner by corner', () => {
    const map = ffhqMap(moved(upright, turned), 128);
    const corners = [
      { x: 0, y: 0 },
      { x: 0, y: 128 },
      { x: 128, y: 128 },
      { x: 128, y: 0 },
    ].map((corner) => apply(map, corner));
    expectNear(corners, ffhqQuad(moved(upright, turned)));
  });

  test('refuses points that span nothing', () => {
    const [point] = upright;
    expect(() => ffhqQuad([point, point, point, point, point])).toThrow('internal:');
  });
});

describe('similarity', () => {
  test('finds the one that was used', () => {
    const found = similarity(upright, moved(upright, turned));
    for (const key of ['a', 'b', 'c', 'd', 'tx', 'ty'] as const)
      expect(found[key]).toBeCloseTo(turned[key], 8);
  });

  test('never mirrors', () => {
    const mirrored = upright.map(({ x, y }) => ({ x: -x, y }));
    const { a, b, c, d } = similarity(upright, mirrored);
    expect(a * d - b * c).toBeGreaterThan(0);
  });

  test('and its inverse cancel', () => {
    expectNear([apply(inverse(turned), apply(turned, { x: 3, y: -4 }))], [{ x: 3, y: -4 }]);
  });

  test("puts ArcFace's eyes on the face's", () => {
    const eye = apply(arcfaceMap(upright), { x: 38.2946, y: 51.6963 });
    expect(Math.hypot(eye.x - upright[0].x, eye.y - upright[0].y)).toBeLessThan(3);
  });
});

describe('cutting out', () => {
  const identity: Affine = { a: 1, b: 0, c: 0, d: 1, tx: 0, ty: 0 };

  test('without change of size gives the picture back', () => {
    const photo = picture(8, 8, (x, y) => 20 * x + 5 * y);
    const crop = cutOut(photo, identity, 8);
    crop.slice(0, 64).forEach((value, i) => {
      expect((value + 1) * 127.5).toBeCloseTo(photo.data[3 * i]!, 3);
    });
  });

  test('keeps a slope where it is, whatever the size', () => {
    const photo = picture(64, 64, (x) => 3 * x);
    for (const side of [16, 40, 100]) {
      const scale = 40 / side;
      const crop = cutOut(photo, { ...identity, a: scale, d: scale, tx: 12, ty: 12 }, side);
      const middle = crop[Math.floor(side / 2) * side + Math.floor(side / 2)]!;
      // values of the picture are whole numbers, so half a level is lost
      expect(Math.abs((middle + 1) * 127.5 - 3 * (12 + (Math.floor(side / 2) + 0.5) * scale))).toBeLessThan(
        2,
      );
    }
  });

  test('shrinks fine stripes to grey instead of aliasing', () => {
    const photo = picture(120, 120, (x) => (Math.floor(x) % 2 === 0 ? 0 : 255));
    const crop = cutOut(photo, { ...identity, a: 3, d: 3, tx: 0, ty: 0 }, 40);
    expect(Math.max(...crop.subarray(0, 1600).map(Math.abs))).toBeLessThan(0.2);
  });

  test('mirrors beyond the border', () => {
    const photo = picture(10, 10, (x) => 20 * x);
    const crop = cutOut(photo, { ...identity, tx: -4 }, 8);
    const at = (column: number): number => crop[column]!;
    expect((at(3) + 1) * 127.5).toBeCloseTo(photo.data[3]!, 3);
    expect((at(0) + 1) * 127.5).toBeCloseTo(photo.data[3 * 4]!, 3);
  });
});
