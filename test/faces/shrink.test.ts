/** Pictures made smaller keep what they show, each pixel the mean of its area. Subject: src/faces/shrink.ts. */
import { describe, expect, test } from 'vitest';
import type { Pixels } from '../../src/faces/align.ts';
import { shrunk } from '../../src/faces/shrink.ts';

function pictureOf(width: number, height: number, at: (x: number, y: number, c: number) => number): Pixels {
  const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const p = Math.floor(i / 3);
    return at(p % width, Math.floor(p / width), i % 3);
  });
  return { width, height, data };
}

/** The mean over the area, summed the slow way. */
function meanOver(
  { width, height, data }: Pixels,
  wide: number,
  high: number,
  x: number,
  y: number,
  c: number,
) {
  const [sx, sy] = [width / wide, height / high];
  let sum = 0;
  for (let v = 0; v < height; v++)
    for (let u = 0; u < width; u++) {
      const across = Math.max(0, Math.min(u + 1, (x + 1) * sx) - Math.max(u, x * sx));
      const down = Math.max(0, Math.min(v + 1, (y + 1) * sy) - Math.max(v, y * sy));
      sum += across * down * data[3 * (v * width + u) + c]!;
    }
  return sum / (sx * sy);
}

describe('shrunk', () => {
  const picture = pictureOf(14, 10, (x, y, c) => (37 * x + 91 * y + 53 * c + 11 * x * y) % 256);

  test('each pixel is the mean of the area it covers', () => {
    for (const [width, height] of [
      [7, 5],
      [9, 7],
      [13, 3],
      [1, 1],
      [5, 10],
    ] as const) {
      const small = shrunk(picture, width, height);
      expect([small.width, small.height, small.data.length]).toEqual([width, height, 3 * width * height]);
      for (let i = 0; i < small.data.length; i++) {
        const p = Math.floor(i / 3);
        const mean = meanOver(picture, width, height, p % width, Math.floor(p / width), i % 3);
        expect(Math.abs(small.data[i]! - mean), `${width} x ${height}, ${i}`).toBeLessThanOrEqual(0.51);
      }
    }
  });

  test('at its own size it is what it was', () => {
    expect(shrunk(picture, 14, 10)).toEqual(picture);
  });

  test('it makes nothing larger', () => {
    expect(() => shrunk(picture, 15, 10)).toThrow('internal:');
    expect(() => shrunk(picture, 14, 0)).toThrow('internal:');
  });
});
