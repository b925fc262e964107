/**
 * Contact sheets, labels and heat: sizes, places and the documented scale.
 * The demo is what people see of them.
 */
import { expect, test } from 'vitest';
import { FULL_HEAT, heatOverlay } from '../../src/imaging/heat.ts';
import { drawLabel, labelWidth } from '../../src/imaging/label.ts';
import { contactSheet } from '../../src/imaging/sheet.ts';
import { imageOf } from './helpers.ts';

test('tiles lie in rows, enlarged by whole pixels, with labels under them', () => {
  const tile = (value: number) => ({ image: imageOf(16, () => value), label: 'x' });
  const { width, height, data } = contactSheet([tile(-1), tile(1), tile(-1)], { columns: 2, zoom: 2 });
  expect([width, height]).toEqual([2 * (32 + 8) + 8, 2 * (32 + 8 + 11) + 8]);
  const pixel = (x: number, y: number): number => data[3 * (y * width + x)]!;
  expect(pixel(8, 8)).toBe(0);
  expect(pixel(39, 39)).toBe(0);
  expect(pixel(48, 8)).toBe(255);
  expect(pixel(8, 8 + 51)).toBe(0);
  expect(pixel(48, 8 + 51)).toBe(pixel(0, 0)); // the empty place is paper
  const under = Array.from({ length: 32 }, (_, x) => pixel(8 + x, 8 + 32 + 4));
  expect(under).toContain(225);
});

test('a label is drawn letter by letter, and what does not fit is left out', () => {
  const raster = { width: 12, height: 7, data: new Uint8Array(3 * 12 * 7) };
  drawLabel(raster, 'It', { x: 0, y: 0, scale: 1, grey: 255 });
  const rows = Array.from({ length: 7 }, (_, y) =>
    Array.from({ length: 12 }, (_, x) => (raster.data[3 * (12 * y + x)] ? '#' : '.')).join(''),
  );
  expect(rows).toEqual([
    '.###..#####.',
    '..#.....#...',
    '..#.....#...',
    '..#.....#...',
    '..#.....#...',
    '..#.....#...',
    '.###....#...',
  ]);
  expect(labelWidth('It', 2)).toBe(22);
  const before = raster.data.slice();
  drawLabel(raster, 'far away', { x: 12, y: 0, scale: 1, grey: 9 });
  drawLabel(raster, 'é', { x: -40, y: 0, scale: 3, grey: 9 });
  expect(raster.data).toEqual(before);
});

test('heat is grey without variation, in proportion up to FULL_HEAT, and the same beyond', () => {
  const image = imageOf(8, (c) => [0.2, 0, -0.2][c]!);
  const heat = (v: number): number[] => {
    const out = heatOverlay(image, new Float32Array(64).fill(v));
    return [0, 64, 128].map((i) => out[i]!);
  };
  const [r, g, b] = heat(0);
  expect(r).toBeCloseTo(0.299 * 0.2 - 0.114 * 0.2, 6);
  expect([g, b]).toEqual([r, r]);
  expect(heat(FULL_HEAT)).toEqual(heat(3));
  expect(heat(FULL_HEAT)[0]).toBeGreaterThan(0.7);
  const brightness = [0.1, 0.3, 0.6, 1].map((part) => heat(part * FULL_HEAT)[1]!);
  expect([...brightness].sort((x, y) => x - y).at(-1)).toBe(brightness[3]);
  expect(new Set(brightness).size).toBe(4);
});
