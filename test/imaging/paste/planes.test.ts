/**
 * Filters on planes: what they keep, what they take out.
 * Read next: paste.test.ts.
 */
import { describe, expect, test } from 'vitest';
import { boxMean, quantile, resamplePlane, softMean } from '../../../src/imaging/paste/planes.ts';

const plane = (side: number, at: (x: number, y: number) => number): Float32Array =>
  Float32Array.from({ length: side * side }, (_, i) => at((i % side) + 0.5, Math.floor(i / side) + 0.5));

/** The largest difference at least `margin` from the border. */
function furthest(one: Float32Array, other: Float32Array, side: number, margin: number): number {
  let most = 0;
  for (let y = margin; y < side - margin; y++)
    for (let x = margin; x < side - margin; x++)
      most = Math.max(most, Math.abs(one[y * side + x]! - other[y * side + x]!));
  return most;
}

describe('resampling', () => {
  test.each([
    ['lanczos', 64],
    ['lanczos', 150],
    ['tent', 64],
    ['tent', 150],
  ] as const)('%s to %i keeps one value and, but for the border, a slope', (kernel, n) => {
    const to = { n, spread: 1, kernel };
    expect(
      furthest(
        resamplePlane(
          plane(48, () => 0.3),
          48,
          to,
        ),
        plane(n, () => 0.3),
        n,
        0,
      ),
    ).toBeLessThan(1e-6);
    const slope = resamplePlane(
      plane(48, (x, y) => x + 2 * y),
      48,
      to,
    );
    const wanted = plane(n, (x, y) => ((x + 2 * y) * 48) / n);
    expect(furthest(slope, wanted, n, Math.ceil((4 * n) / 48))).toBeLessThan(kernel === 'tent' ? 1e-4 : 0.08);
  });

  test('enlarges waves that the plane can hold', () => {
    const wave = (period: number) => (x: number, y: number) =>
      Math.sin((2 * Math.PI * (x + 0.5 * y)) / period);
    const large = resamplePlane(plane(48, wave(6)), 48, { n: 192, spread: 1, kernel: 'lanczos' });
    expect(furthest(large, plane(192, wave(24)), 192, 16)).toBeLessThan(0.03);
  });

  test('takes out, before it shrinks, what the smaller plane cannot hold', () => {
    const wave = (period: number) => (x: number) => Math.sin((2 * Math.PI * x) / period);
    const shrink = (period: number, spread: number): Float32Array =>
      resamplePlane(plane(120, wave(period)), 120, { n: 30, spread, kernel: 'lanczos' });
    const zero = plane(30, () => 0);
    expect(furthest(shrink(5, 4), zero, 30, 4)).toBeLessThan(0.05);
    expect(furthest(shrink(5, 1), zero, 30, 4)).toBeGreaterThan(0.5);
    expect(furthest(shrink(40, 4), plane(30, wave(10)), 30, 4)).toBeLessThan(0.03);
  });

  test('tents never leave the values they join', () => {
    const step = resamplePlane(
      plane(20, (x) => (x < 10 ? 0 : 1)),
      20,
      { n: 77, spread: 1, kernel: 'tent' },
    );
    expect(step.every((value) => value >= 0 && value <= 1)).toBe(true);
    expect(step.filter((value) => value > 0 && value < 1).length).toBeGreaterThan(77);
  });
});

describe('means', () => {
  test('are of the square around, fewer at the border', () => {
    const mean = boxMean(
      plane(9, (x, y) => x * y),
      9,
      2,
    );
    expect(mean[4 * 9 + 4]).toBeCloseTo(4.5 * 4.5, 5);
    expect(mean[0]).toBeCloseTo(1.5 * 1.5, 5);
  });

  test('of nothing but zeros are exactly 0, whatever is further off', () => {
    const one = plane(40, (x) => (x < 5 ? 0.1 + x / 7 : 0));
    const mean = softMean(one, 40, 2);
    for (let y = 0; y < 40; y++) {
      expect(mean[y * 40 + 10]).toBeGreaterThan(0);
      expect(mean[y * 40 + 11]).toBe(0);
    }
  });

  test('quantiles', () => {
    expect(quantile(Float64Array.from([5, 1, 4, 2, 3]), 0.5)).toBe(3);
    expect(quantile(Float64Array.from([5, 1]), 1)).toBe(5);
    expect(quantile(new Float64Array(0), 0.5)).toBe(0);
  });
});
