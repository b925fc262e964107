/**
 * Where a face lies and which part of its square it may fill.
 * Read next: paste.test.ts.
 */
import { describe, expect, test } from 'vitest';
import {
  faceRegion,
  inverted,
  magnification,
  maskOf,
  weightAt,
} from '../../../src/imaging/paste/geometry.ts';
import { squareAt } from './scenes.ts';

describe('the region of a face', () => {
  const photo = { width: 400, height: 300 };

  test('is its square and a margin', () => {
    expect(faceRegion(squareAt(200, 150, 100, 64), 64, photo)).toEqual({
      left: 134,
      top: 84,
      width: 132,
      height: 132,
    });
    expect(magnification(squareAt(200, 150, 100, 64, 40))).toBeCloseTo(100 / 64);
  });

  test('is cut at the border of the photo, and empty outside it', () => {
    expect(faceRegion(squareAt(10, 290, 100, 64), 64, photo)).toEqual({
      left: 0,
      top: 224,
      width: 76,
      height: 76,
    });
    for (const [x, y] of [
      [-200, 150],
      [700, 150],
      [200, 900],
    ] as const) {
      const { width, height } = faceRegion(squareAt(x, y, 100, 64), 64, photo);
      expect(Math.min(width, height)).toBe(0);
    }
  });

  test('holds the corners of a turned square', () => {
    const { left, width } = faceRegion(squareAt(200, 150, 100, 64, 45), 64, photo);
    expect(left).toBe(Math.floor(200 - 50 * Math.SQRT2 - 16));
    expect(left + width).toBe(Math.ceil(200 + 50 * Math.SQRT2 + 16));
  });

  test('is there and back', () => {
    const map = squareAt(37, 81, 90, 64, 30);
    const there = inverted(map);
    expect(there.a * map.tx + there.b * map.ty + there.tx).toBeCloseTo(0, 9);
    expect(there.c * map.tx + there.d * map.ty + there.ty).toBeCloseTo(0, 9);
    expect(() => inverted({ a: 1, b: 2, c: 2, d: 4, tx: 0, ty: 0 })).toThrow('internal');
  });
});

describe.each(['oval', 'rounded'] as const)('the %s mask', (shape) => {
  const side = 128;

  test('is 1 at its heart, 0 at its rim and at the border of the square, and never falls twice', () => {
    for (const widen of [-0.4, 0, 0.5]) {
      const mask = maskOf(side, shape, widen);
      expect(weightAt(mask, mask.x, mask.y)).toBe(1);
      for (let i = 0; i <= side; i++)
        for (const [u, v] of [
          [0, i],
          [side, i],
          [i, 0],
          [i, side],
        ] as const)
          expect(weightAt(mask, u, v)).toBe(0);
      const along = Array.from({ length: 64 }, (_, i) => weightAt(mask, mask.x + i, mask.y + i / 3));
      expect(along).toEqual(along.toSorted((a, b) => b - a));
    }
  });

  test('leaves its rim and reaches its heart without an edge', () => {
    const mask = maskOf(side, shape);
    const slope = (r: number): number =>
      (weightAt(mask, mask.x + (r + 1e-4) * mask.rx, mask.y) - weightAt(mask, mask.x + r * mask.rx, mask.y)) /
      1e-4;
    expect(Math.abs(slope(1 - 2e-4))).toBeLessThan(1e-3);
    expect(Math.abs(slope(1 - mask.feather))).toBeLessThan(1e-3);
    expect(slope(1 - mask.feather / 2)).toBeLessThan(-3);
  });

  test('widens and shrinks', () => {
    const area = (widen: number): number => {
      const mask = maskOf(side, shape, widen);
      let sum = 0;
      for (let v = 0; v < side; v++) for (let u = 0; u < side; u++) sum += weightAt(mask, u + 0.5, v + 0.5);
      return sum / side ** 2;
    };
    expect(area(-0.3)).toBeLessThan(0.6 * area(0));
    expect(area(0.2)).toBeGreaterThan(area(0));
  });
});

test('a rounded mask reaches further into the corners than an oval', () => {
  expect(weightAt(maskOf(128, 'rounded'), 20, 20)).toBeGreaterThan(0.4);
  expect(weightAt(maskOf(128, 'oval'), 20, 20)).toBe(0);
});
