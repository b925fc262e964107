/**
 * The border of a pasted face cannot be seen: across the mask's rim the picture is neither smoother nor rougher than
 * around it. paste.test.ts has the other promises; scenes.ts makes the photos.
 */
import { describe, expect, test } from 'vitest';
import { pasteFace } from '../../../src/imaging/paste/paste.ts';
import type { PasteOptions } from '../../../src/imaging/paste/paste.ts';
import { cropOf, meanGradient, photoOf, regionOf, squareAt, weightsOf } from './scenes.ts';
import type { Paint } from './scenes.ts';

const S = 64;

/** A plane and waves much shorter than the face: the same all over, so that the rim can be held against what is around. */
const shading: Paint = (c, x, y) =>
  0.0012 * (x + 0.7 * y) - 0.35 + 0.05 * c + 0.05 * Math.sin(x / 5) * Math.cos(y / 6);
const texture: Paint = (c, x, y, draw) =>
  shading(c, x, y, draw) +
  0.1 * Math.sin(x / 1.3 + c) * Math.sin(y / 1.7) +
  0.06 * Math.sin(x / 3.1 + y / 2.3);
const grain: Paint = (c, x, y, draw) => shading(c, x, y, draw) + 0.07 * draw.normal();

const places = [
  ['as large as the crop', 64, 0, 150, 150],
  ['large', 220, 0, 150, 150],
  ['turned', 170, 33, 150, 150],
  ['small', 44, -20, 150, 150],
  ['cut by the border of the photo', 170, 10, 50, 60],
] as const;

const scenes: Readonly<Record<string, { photo: Paint; restored: Paint }>> = {
  'smooth shading': { photo: shading, restored: shading },
  texture: { photo: texture, restored: texture },
  'grain that the prior removed': { photo: grain, restored: shading },
};

const cases = Object.keys(scenes).flatMap((name) => places.map((place) => [name, ...place] as const));

/** Mean gradients where the mask rises, against those around it and against the same place before. */
function rim(
  name: string,
  [size, degrees, x, y]: readonly [number, number, number, number],
  shift: readonly number[],
  options: PasteOptions = {},
): { around: number; before: number } {
  const { photo: paint, restored: clean } = scenes[name]!;
  const photo = photoOf(300, 300, paint);
  const map = squareAt(x, y, size, S, degrees);
  const region = regionOf(photo, map, S);
  const restored = cropOf(photoOf(300, 300, clean), map, S).map(
    (value, i) => value + shift[Math.floor(i / S / S)]!,
  );
  const after = pasteFace(region, { input: cropOf(photo, map, S), restored, map }, options);
  const weights = weightsOf(region.rect, map, S);
  const rising = (p: number): boolean => weights[p]! > 0 && weights[p]! < 1;
  const here = meanGradient(after, rising);
  return {
    around: here / meanGradient(after, (p) => weights[p] === 0),
    before: here / meanGradient(region, rising),
  };
}

describe('across the rim', () => {
  test.each(cases)('gradients are those around it: %s, %s', (name, _, ...place) => {
    const { around, before } = rim(name, place, [0.15, -0.08, 0.05]);
    expect(Math.abs(around - 1)).toBeLessThan(0.1);
    expect(Math.abs(before - 1)).toBeLessThan(0.1);
  });

  test('they would not be without matched colours and grain', () => {
    const place = [64, 0, 150, 150] as const;
    expect(rim('smooth shading', place, [0.6, -0.3, 0.4], { colour: 0 }).around).toBeGreaterThan(1.1);
    expect(rim('grain that the prior removed', place, [0, 0, 0], { grain: 0 }).around).toBeLessThan(0.7);
  });
});
