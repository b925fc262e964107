/**
 * Masks as pictures and under a brush.
 * Read next: damage.test.ts.
 */
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import {
  decodeMask,
  emptyMask,
  encodeMask,
  markedShare,
  paint,
  unionOf,
  without,
} from '../../../src/imaging/repair/mask.ts';
import { overviewSize } from '../../../src/imaging/repair/overview.ts';

test('an overview is a whole number of times smaller than the photo, and covers it', () => {
  for (const [width, height] of [
    [1, 1],
    [2400, 10],
    [2401, 10],
    [10, 30_000],
    [10_000, 10_000],
  ] as const) {
    const size = overviewSize({ width, height });
    expect(Number.isInteger(size.scale)).toBe(true);
    expect(Math.max(size.width, size.height)).toBeLessThanOrEqual(2400);
    expect(size.width * size.scale).toBeGreaterThanOrEqual(width);
    expect((size.width - 1) * size.scale).toBeLessThan(width);
  }
});

describe('as a PNG', () => {
  const photo = { width: 5001, height: 300 };
  const mask = paint(
    emptyMask(photo),
    [
      { x: 100, y: 100 },
      { x: 3000, y: 250 },
    ],
    12,
  );

  test('it comes back as it was', async () => {
    const bytes = await encodeMask(mask);
    expect((await sharp(bytes).metadata()).channels).toBe(1);
    expect(await decodeMask(bytes, photo.width, photo.height)).toEqual(mask);
  });

  test('an editor may have made it the photo’s size, coloured and transparent', async () => {
    const edited = await sharp({
      create: { ...photo, channels: 4, background: { r: 255, g: 255, b: 255, alpha: 0 } },
    })
      .composite([
        { input: { create: { width: 600, height: 300, channels: 3, background: 'white' } }, left: 0, top: 0 },
      ])
      .png()
      .toBuffer();
    const found = await decodeMask(edited, photo.width, photo.height);
    expect(found.data[0]).toBe(255);
    expect(markedShare(found)).toBeCloseTo(600 / 5001, 2);
  });

  test('of a photo as long as a film it comes back too: its short side is rounded by much', async () => {
    for (const [width, height] of [
      [20_000, 1],
      [1, 20_000],
      [30_000, 40],
      [2401, 1201],
      [9999, 7],
    ] as const) {
      const own = emptyMask({ width, height });
      expect(await decodeMask(await encodeMask(own), width, height)).toEqual(own);
    }
    // upright instead of across it is another photo's
    const upright = await encodeMask(emptyMask({ width: 40, height: 30_000 }));
    await expect(decodeMask(upright, 30_000, 40)).rejects.toMatchObject({ code: 'photo.unsuitable' });
  });

  test('what is no mask of this photo is said', async () => {
    const other = await encodeMask(emptyMask({ width: 50, height: 300 }));
    await expect(decodeMask(other, photo.width, photo.height)).rejects.toMatchObject({
      code: 'photo.unsuitable',
    });
    const whole = await encodeMask(mask);
    for (const bytes of [Buffer.from('not a picture'), Buffer.alloc(0), whole.subarray(0, whole.length / 2)])
      await expect(decodeMask(bytes, photo.width, photo.height)).rejects.toMatchObject({
        code: 'photo.unreadable',
      });
  });
});

describe('under a brush', () => {
  const blank = emptyMask({ width: 100, height: 80 });
  const dot = paint(blank, [{ x: 50, y: 40 }], 10);
  const stroke = paint(
    blank,
    [
      { x: 50, y: 40 },
      { x: 90, y: 40 },
    ],
    2,
  );
  const marked = (mask: typeof blank): number => markedShare(mask) * 8000;

  test('a dot is round, a stroke as wide as it says', () => {
    expect(marked(dot)).toBeGreaterThan(0.95 * Math.PI * 100);
    expect(marked(dot)).toBeLessThan(1.05 * Math.PI * 100);
    expect(marked(stroke)).toBeGreaterThan(4 * 40);
    expect(marked(stroke)).toBeLessThan(4 * 40 + 20);
    expect(marked(blank)).toBe(0);
  });

  test('adding and taking away', () => {
    const both = unionOf(dot, stroke);
    expect(marked(both)).toBeLessThan(marked(dot) + marked(stroke));
    expect(marked(without(both, dot))).toBe(marked(both) - marked(dot));
    expect(marked(paint(both, [{ x: 50, y: 40 }], 200, true))).toBe(0);
  });

  test('the finest brush leaves a mark, also where a mask pixel is many of the photo', () => {
    expect(marked(paint(blank, [{ x: 30, y: 30 }], 0))).toBeGreaterThan(0);
    const large = emptyMask({ width: 9000, height: 9000 });
    expect(markedShare(paint(large, [{ x: 4444, y: 1111 }], 0.5))).toBeGreaterThan(0);
  });
});
