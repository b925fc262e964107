/**
 * What pasting a restored face promises: nothing changes that the prior did not change, real detail stays, noise goes,
 * grey stays grey. border.test.ts looks at its rim; scenes.ts makes the photos.
 */
import { describe, expect, test } from 'vitest';
import { blurImage } from '../../../src/imaging/resample.ts';
import { pasteFace } from '../../../src/imaging/paste/paste.ts';
import type { PasteOptions } from '../../../src/imaging/paste/paste.ts';
import type { Affine } from '../../../src/imaging/paste/geometry.ts';
import type { Region } from '../../../src/imaging/photograph.ts';
import { cropOf, photoOf, regionOf, roughness, squareAt, weightsOf } from './scenes.ts';
import type { Paint } from './scenes.ts';

const S = 64;
const shading = (x: number, y: number): number => 0.4 * Math.sin(x / 67) * Math.cos(y / 71);
const smooth: Paint = (c, x, y) => shading(x, y) + 0.06 * c;
const noisy: Paint = (c, x, y, draw) => smooth(c, x, y, draw) + 0.12 * draw.normal();
/** Thin lines, as of hair, on the left half of a smooth ground. */
const lines: Paint = (c, x, y, draw) =>
  smooth(c, x, y, draw) + (x < 150 ? 0.25 * Math.sin(2.2 * x + 0.6 * y) : 0);

interface Scene {
  readonly region: Region;
  readonly input: Float32Array;
  readonly map: Affine;
  readonly weights: Float32Array;
}

function scene(paint: Paint, size: number, degrees = 0): Scene {
  const photo = photoOf(300, 300, paint);
  const map = squareAt(150, 150, size, S, degrees);
  const region = regionOf(photo, map, S);
  return { region, input: cropOf(photo, map, S), map, weights: weightsOf(region.rect, map, S) };
}

function paste({ region, input, map }: Scene, restored: Float32Array, options: PasteOptions = {}): Region {
  return pasteFace(region, { input, restored, map }, options);
}

/** Places where the two regions differ. */
function changes(before: Region, after: Region): number[] {
  const pixels = before.rect.width * before.rect.height;
  const found = new Set<number>();
  for (const [i, value] of after.data.entries()) if (!Object.is(value, before.data[i])) found.add(i % pixels);
  return [...found];
}

describe('what the prior left alone', () => {
  test.each([
    ['large', 240, 12],
    ['of the size of the crop', 64, 0],
    ['small', 40, -30],
  ])('stays bit for bit: a face that is %s', (_, size, degrees) => {
    const it = scene(noisy, size, degrees);
    const after = paste(it, it.input.slice());
    expect(changes(it.region, after)).toEqual([]);
    expect(after.data).not.toBe(it.region.data);
  });

  test.each([240, 40])('stays where only a part was restored (square of %i pixels)', (size) => {
    const it = scene(noisy, size);
    const restored = it.input.map((value, i) => (i % S < S / 2 ? Math.min(1, value + 0.2) : value));
    const after = paste(it, restored);
    const changed = changes(it.region, after);
    // 2 crop pixels for the mean that says where, 3 for the kernel, 1 for the photo pixel.
    const furthest = Math.max(...changed.map((p) => (p % it.region.rect.width) + it.region.rect.left));
    expect(furthest).toBeLessThan(150 + 6 * Math.max(1, size / S));
    expect(changed.length).toBeGreaterThan(0.2 * size * size);
  });

  test('is everything outside the mask, and where the user said "not here"', () => {
    const it = scene(noisy, 200, 20);
    const { width } = it.region.rect;
    const keep = it.weights.map((_, p) => (p % width < 100 ? 1 : 0));
    const restored = it.input.map((value) => Math.min(1, value * 0.7 + 0.2));
    const changed = changes(it.region, paste(it, restored, { keep }));
    expect(changed.every((p) => it.weights[p]! > 0 && p % width >= 100)).toBe(true);
    const could = it.weights.filter((weight, p) => weight > 0.01 && p % width >= 100).length;
    expect(changed.length).toBeGreaterThan(0.99 * could);
  });

  test('leaves the regions it was given as they were', () => {
    const it = scene(noisy, 100);
    const [data, input] = [it.region.data.slice(), it.input.slice()];
    paste(
      it,
      it.input.map((value) => value / 2),
    );
    expect(it.region.data).toEqual(data);
    expect(it.input).toEqual(input);
  });

  test('a little change makes a little difference', () => {
    const it = scene(noisy, 240);
    const restored = it.input.map((value) => value + 1e-4);
    const after = paste(it, restored, { colour: 0 });
    const most = after.data.reduce((max, value, i) => Math.max(max, Math.abs(value - it.region.data[i]!)), 0);
    expect(most).toBeLessThan(0.02);
    expect(most).toBeGreaterThan(0);
  });
});

describe('detail', () => {
  const lined = (it: Scene) => (p: number) => {
    const x = it.region.rect.left + (p % it.region.rect.width);
    return it.weights[p] === 1 && x < 146;
  };

  test('of a sharp, large face stays within 2 %, though the prior is softer and brighter', () => {
    const it = scene(lines, 260);
    const restored = blurImage(it.input, 1).map((value) => Math.min(1, value + 0.1));
    const after = paste(it, restored);
    const ratio = roughness(after, lined(it)) / roughness(it.region, lined(it));
    expect(Math.abs(ratio - 1)).toBeLessThan(0.02);
  });

  test('goes where the user wants the restored crop alone, or where damage was mended', () => {
    const it = scene(lines, 260);
    const restored = blurImage(it.input, 1).map((value) => value + 0.05);
    const before = roughness(it.region, lined(it));
    expect(roughness(paste(it, restored, { detail: 0, grain: 0 }), lined(it))).toBeLessThan(0.1 * before);
    const mended = it.weights.map(() => 1);
    expect(roughness(paste(it, restored, { mended, grain: 0 }), lined(it))).toBeLessThan(0.1 * before);
    expect(roughness(paste(it, restored, { detail: 1, grain: 0 }), lined(it))).toBeGreaterThan(0.98 * before);
  });

  test('of a scratch that the prior mended goes where the mask says, and there alone', () => {
    const scratched: Paint = (c, x, y, draw) => (Math.abs(x - 200) < 1.5 ? 0.9 : lines(c, x, y, draw));
    const it = scene(scratched, 260);
    const restored = scene(lines, 260).input;
    const { width, left } = it.region.rect;
    const mended = it.weights.map((_, p) => (Math.abs(left + (p % width) - 200) < 8 ? 1 : 0));
    const truth = scene(lines, 260).region;
    const worst = (options: PasteOptions): number => {
      const { data } = paste(it, restored, options);
      let most = 0;
      for (let p = 0; p < it.weights.length; p++)
        if (it.weights[p] === 1) most = Math.max(most, Math.abs(data[p]! - truth.data[p]!));
      return most;
    };
    expect(worst({ mended })).toBeLessThan(0.05);
    expect(worst({})).toBeGreaterThan(0.3);
  });

  test('is nobody’s where it is noise that the prior removed', () => {
    for (const size of [64, 130, 240]) {
      const it = scene(noisy, size);
      const restored = scene(smooth, size).input;
      const after = paste(it, restored, { grain: 0 });
      const inside = (p: number): boolean => it.weights[p] === 1;
      expect(roughness(after, inside)).toBeLessThan(0.15 * roughness(it.region, inside));
    }
  });

  test('of a face no larger than the crop is the restored crop’s, resampled', () => {
    const it = scene(noisy, 48, 10);
    const restored = scene(smooth, 48, 10).input;
    const after = paste(it, restored, { grain: 0, colour: 0 });
    const { width, height } = after.rect;
    const truth = regionOf(photoOf(300, 300, smooth), it.map, S);
    let most = 0;
    for (let i = 0; i < 3 * width * height; i++)
      if (it.weights[i % (width * height)] === 1)
        most = Math.max(most, Math.abs(after.data[i]! - truth.data[i]!));
    expect(most).toBeLessThan(0.02);
  });
});

describe('colour', () => {
  const mean = ({ data }: Region, weights: Float32Array, c: number): number => {
    const of = data.subarray(c * weights.length, (c + 1) * weights.length);
    const inside = of.filter((_, p) => weights[p] === 1);
    return inside.reduce((sum, value) => sum + value, 0) / inside.length;
  };
  const colourful: Paint = (c, x, y) => 0.3 * Math.sin(x / (19 + 9 * c)) * Math.cos(y / (31 - 8 * c));

  test('a drift over the face is taken out, wholly, by half or not', () => {
    const it = scene(colourful, 200);
    const restored = it.input.map((value, i) => value + [0.12, -0.06, 0.03][Math.floor(i / S / S)]!);
    const shift = (options: PasteOptions, c: number): number =>
      mean(paste(it, restored, options), it.weights, c) - mean(it.region, it.weights, c);
    expect(shift({ colour: 0 }, 0)).toBeCloseTo(0.12, 2);
    expect(shift({ colour: 0.5 }, 0)).toBeCloseTo(0.06, 2);
    for (const c of [0, 1, 2]) expect(shift({}, c)).toBeCloseTo(0, 2);
  });

  test('a mended spot is no drift: it changes as the prior says', () => {
    const spot = (p: number): boolean => Math.hypot((p % S) - 32, Math.floor(p / S) - 32) < 6;
    const it = scene(colourful, 128);
    const restored = it.input.map((value, i) => (spot(i % (S * S)) ? value - 0.5 : value + 0.004));
    const after = paste(it, restored);
    const pixels = it.weights.length;
    const { width, left, top } = after.rect;
    const at = pixels + (150 - top) * width + 150 - left;
    expect(after.data[at]! - it.region.data[at]!).toBeCloseTo(-0.5, 1);
  });

  test('equal channels stay equal, whatever colours the prior brings', () => {
    const it = scene((_, x, y, draw) => shading(x, y) + 0 * draw.uniform(), 150);
    const restored = it.input.map(
      (value, i) => value + [0.2, 0, -0.2][Math.floor(i / S / S)]! * Math.sin(i / 40),
    );
    const { data } = paste(it, restored);
    const pixels = it.weights.length;
    expect(data.subarray(pixels, 2 * pixels)).toEqual(data.subarray(0, pixels));
    expect(data.subarray(2 * pixels)).toEqual(data.subarray(0, pixels));
    expect(data).not.toEqual(it.region.data);
  });

  test('a sepia photo stays sepia', () => {
    const sepia = (c: number, grey: number): number => (grey + 1) * [1.07, 0.97, 0.78][c]! - 1;
    const it = scene((c, x, y) => sepia(c, 0.6 * shading(x, y) - 0.1 + 0.1 * Math.sin(x / 9)), 150);
    const rosy = (c: number, i: number): number => [0.15, -0.05, 0][c]! * (0.5 + Math.sin((i % S) / 5));
    const restored = it.input.map((value, i) => value + rosy(Math.floor(i / S / S), i));
    const worst = (options: PasteOptions): number => {
      const { data } = paste(it, restored, options);
      const pixels = it.weights.length;
      let most = 0;
      for (let p = 0; p < pixels; p++) {
        const grey = (data[pixels + p]! + 1) / 0.97 - 1;
        most = Math.max(
          most,
          Math.abs(data[p]! - sepia(0, grey)),
          Math.abs(data[2 * pixels + p]! - sepia(2, grey)),
        );
      }
      return most;
    };
    expect(worst({ colour: 0 })).toBeGreaterThan(0.15);
    expect(worst({})).toBeLessThan(0.03);
  });
});
