/**
 * Grain measured and made: right in size and in spectrum, the same for the same seed.
 * Read next: border.test.ts.
 */
import { describe, expect, test } from 'vitest';
import { addGrain, blocksWhere, makeGrain, measureGrain, TILE } from '../../../src/imaging/paste/grain.ts';
import type { Grain, Planes } from '../../../src/imaging/paste/grain.ts';
import { gainsFor, likeGrain, octavesOf } from '../../../src/imaging/paste/octaves.ts';
import { random } from '../../../src/imaging/random.ts';

const WIDTH = 200;
const HEIGHT = 160;

/** Noise of standard deviation 0.05 on a ramp; `soft`: means of 2 x 2 of it, twice as large. */
function picture(channels: 1 | 3, soft: boolean, sigma = 0.05): Planes {
  const draw = random(3, 0);
  const data = new Float32Array(channels * WIDTH * HEIGHT);
  for (let i = 0; i < data.length; i++) data[i] = sigma * draw.normal();
  const noise = soft
    ? data.map((v, i) => 0.5 * (v + (data[i + 1] ?? 0) + (data[i + WIDTH] ?? 0) + (data[i + WIDTH + 1] ?? 0)))
    : data;
  return {
    left: 7,
    top: 3,
    width: WIDTH,
    height: HEIGHT,
    channels,
    data: noise.map((v, i) => v + 0.002 * (i % WIDTH) - 0.2),
  };
}

const everywhere = new Float32Array(WIDTH * HEIGHT).fill(1);

function measured(of: Planes): Grain {
  const grain = measureGrain(of, blocksWhere(of, everywhere, 1, 1));
  if (!grain) throw new Error('no grain was measured');
  return grain;
}

/** Brightness, red - blue and green - (red + blue), each orthonormal; or the one channel. */
function componentsOf(tile: Float32Array, channels: 1 | 3): Float32Array[] {
  if (channels === 1) return [tile];
  const pixels = TILE * TILE;
  const mix = (r: number, g: number, b: number): Float32Array =>
    tile
      .subarray(0, pixels)
      .map((red, p) => (r * red + g * tile[pixels + p]! + b * tile[2 * pixels + p]!) / Math.hypot(r, g, b));
  return [mix(1, 1, 1), mix(1, 0, -1), mix(-1, 2, -1)];
}

function meanSquare(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value * value, 0) / values.length;
}

describe('octaves', () => {
  test('add up to the plane', () => {
    const { data } = picture(1, false);
    const parts = octavesOf(data, WIDTH, HEIGHT);
    const sum = data.map((_, p) => parts.reduce((all, part) => all + part[p]!, 0));
    const off = sum.map((value, p) => Math.abs(value - data[p]!));
    expect(off.every((distance) => distance < 1e-6)).toBe(true);
  });

  test('of white noise have the variances that are known of it', () => {
    // 1 2 1 twice passes (6/16)^2 of the variance and 1/4 of the pixel itself: 1 - 2/4 + 9/64 for the first octave.
    const draw = random(4, 0);
    const white = Float32Array.from({ length: TILE * TILE }, () => 0.05 * draw.normal());
    const [first] = octavesOf(white, TILE, TILE);
    expect(Math.abs(meanSquare(first!) / 0.05 ** 2 / (1 - 0.5 + 9 / 64) - 1)).toBeLessThan(0.02);
    // Measured where the picture is flattest, which is on the low side, set right.
    const [found = 0] = measured(picture(1, false))[0]!;
    expect(Math.abs(found / 0.05 ** 2 / (1 - 0.5 + 9 / 64) - 1)).toBeLessThan(0.15);
  });

  test('gains that undo their overlap: all ones for white noise', () => {
    const { data } = picture(1, false, 1);
    const variances = octavesOf(data, WIDTH, HEIGHT).slice(0, 4).map(meanSquare);
    for (const gain of gainsFor(variances).slice(0, 2)) expect(Math.abs(gain - 1)).toBeLessThan(0.1);
  });

  test('coarse ones are believed only as far as fine ones bear them out', () => {
    const [first, second, third] = likeGrain([1, 0.11, 5, 5]);
    expect([first, second]).toEqual([1, 0.11]);
    expect(third).toBeLessThan(0.06);
    expect(likeGrain([1, 0.11, 0.001, 0])[2]).toBe(0.001);
  });
});

describe('grain', () => {
  test.each([
    [1, false],
    [1, true],
    [3, false],
    [3, true],
  ] as const)('made is like grain measured (%i channels, soft: %s)', (channels, soft) => {
    const grain = measured(picture(channels, soft));
    const tile = makeGrain(grain, 1);
    componentsOf(tile, channels).forEach((component, k) => {
      const bands = octavesOf(component, TILE, TILE);
      for (const octave of [0, 1])
        expect(Math.abs(meanSquare(bands[octave]!) / grain[k]![octave]! - 1)).toBeLessThan(0.1);
    });
    expect(makeGrain(grain, 1)).toEqual(tile);
    expect(makeGrain(grain, 2)).not.toEqual(tile);
  });

  test('is added where it was lost and nowhere else', () => {
    const photo = picture(1, false);
    const amount = Float32Array.from({ length: WIDTH * HEIGHT }, (_, p) => (p % WIDTH < 100 ? 1 : 0));
    const clean = picture(1, false, 0);
    const bare: Planes = { ...photo, data: photo.data.map((v, p) => (amount[p] === 1 ? clean.data[p]! : v)) };
    const after = { ...bare, data: bare.data.slice() };
    addGrain(photo, after, amount, {});
    const here = blocksWhere(photo, amount, 1, 1);
    const [before = 0] = measureGrain(photo, here)![0]!;
    expect(measureGrain(bare, here)![0]![0]! / before).toBeLessThan(1e-6);
    expect(Math.abs(measureGrain(after, here)![0]![0]! / before - 1)).toBeLessThan(0.15);
    const untouched = (data: Float32Array): Float32Array => data.filter((_, p) => amount[p] === 0);
    expect(untouched(after.data)).toEqual(untouched(photo.data));
  });

  test('is not added where it is still there, or was never', () => {
    for (const sigma of [0.05, 0]) {
      const photo = picture(3, true, sigma);
      const after = { ...photo, data: photo.data.slice() };
      const amount = Float32Array.from({ length: WIDTH * HEIGHT }, (_, p) => (p % WIDTH < 100 ? 1 : 0));
      addGrain(photo, after, amount, {});
      expect(after.data).toEqual(photo.data);
    }
  });

  test('is not taken from leaves around a smooth face', () => {
    const photo = picture(1, false);
    const face = Float32Array.from({ length: WIDTH * HEIGHT }, (_, p) => (p % WIDTH < 100 ? 1 : 0));
    const smooth: Planes = {
      ...photo,
      data: photo.data.map((v, p) => (face[p] === 1 ? 0.001 * (p % WIDTH) : v)),
    };
    const after = { ...smooth, data: smooth.data.map((v, p) => v + 0.1 * face[p]!) };
    const data = after.data.slice();
    addGrain(smooth, after, face, {});
    expect(after.data).toEqual(data);
  });
});
