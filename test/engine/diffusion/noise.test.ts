/**
 * Gaussian noise: the pinned values, its distribution, and that streams share nothing.
 * philox.test.ts pins the words underneath.
 */
import { describe, expect, it } from 'vitest';
import { gaussian } from '../../../src/engine/diffusion/noise.ts';
import { normalQuantile } from '../../../src/engine/diffusion/normal-quantile.ts';

function draw(seed: number, stream: number, count: number): Float32Array {
  const values = new Float32Array(count);
  gaussian(seed, stream).fill(values);
  return values;
}

const average = (values: Float32Array, f: (value: number, i: number) => number) =>
  values.reduce((sum, value, i) => sum + f(value, i), 0) / values.length;

describe('gaussian', () => {
  it('is pinned: these eight values never change, on any machine', () => {
    const source = gaussian(2024, 0);
    expect(Array.from({ length: 8 }, () => source.next())).toEqual([
      0.26290961213129344, -0.6171639762863339, 2.1596145493730177, -1.3812827157940888, -0.3953719408872379,
      -0.16138706335964043, 1.2696562416030797, -0.09054444456985895,
    ]);
  });

  it('draws one sequence, however it is asked', () => {
    const whole = draw(5, 2, 11);
    const source = gaussian(5, 2);
    const parts = [new Float32Array(3), new Float32Array(7)];
    parts.forEach((part) => source.fill(part));
    expect([...parts[0]!, ...parts[1]!, Math.fround(source.next())]).toEqual([...whole]);
  });

  it('has the moments and tails of a normal', () => {
    const n = 400_000;
    const values = draw(7, 0, n);
    expect(Math.abs(average(values, (v) => v))).toBeLessThan(4 / Math.sqrt(n));
    expect(Math.abs(average(values, (v) => v ** 2) - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
    expect(Math.abs(average(values, (v) => v ** 3))).toBeLessThan(4 * Math.sqrt(15 / n));
    expect(Math.abs(average(values, (v) => v ** 4) - 3)).toBeLessThan(4 * Math.sqrt(96 / n));
    for (const [edge, probability] of [
      [1, 0.31731],
      [2, 0.0455],
      [3, 0.0027],
      [4, 6.334e-5],
    ] as const) {
      const beyond = average(values, (v) => (Math.abs(v) > edge ? 1 : 0));
      expect(Math.abs(beyond - probability)).toBeLessThan(4.5 * Math.sqrt(probability / n));
    }
  });

  it.each([
    ['the next stream', 7, 1],
    ['the next seed', 8, 0],
    ['a seed that differs above 32 bits', 7 + 2 ** 32, 0],
    ['a stream that differs above 32 bits', 7, 2 ** 32],
    ['seed and stream swapped', 0, 7],
  ])('is independent of %s', (_, seed, stream) => {
    const n = 100_000;
    const one = draw(7, 0, n);
    const other = draw(seed, stream, n);
    for (const lag of [0, 1, 4]) {
      const correlation = average(one, (v, i) => v * other[(i + lag) % n]!);
      expect(Math.abs(correlation)).toBeLessThan(4 / Math.sqrt(n));
    }
  });

  it.each([-1, 0.5, NaN, 2 ** 53])('refuses the seed %d as a usage error', (seed) => {
    expect(() => gaussian(seed, 0)).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});

describe('normalQuantile', () => {
  // Python's statistics.NormalDist().inv_cdf((word + 0.5) / 2**32); 322122546 | 322122547 is the split at 0.075.
  it.each([
    [0, -6.337957754553789],
    [1, -6.166429517819749],
    [1000, -5.039851125968711],
    [100000000, -1.990225241389144],
    [322122546, -1.4395314720898171],
    [322122547, -1.4395314704450153],
    [2 ** 31, 2.9180993729166234e-10],
    [4187593113, 1.9599639841416792],
  ])('of word %d', (word, expected) => {
    expect(Math.abs(normalQuantile(word) / expected - 1)).toBeLessThan(1e-15);
  });

  it('is odd and increasing', () => {
    let previous = -Infinity;
    for (let word = 0; word < 2 ** 32; word += 2 ** 22 - 1) {
      expect(normalQuantile(word) > previous).toBe(true);
      expect(normalQuantile(2 ** 32 - 1 - word)).toBe(-normalQuantile(word));
      previous = normalQuantile(word);
    }
  });
});
