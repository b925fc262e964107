/** Where a photo is looked at: every place at every level, nothing twice as large as needed. Subject: src/faces/tiles.ts. */
import { describe, expect, test } from 'vitest';
import { OVERLAP, TILE, isCut, tilesOf } from '../../src/faces/tiles.ts';
import type { Tile } from '../../src/faces/tiles.ts';

const scaleOf = ({ area, width }: Tile): number => width / area.width;

describe('tilesOf', () => {
  test('a small photo is seen whole, at its own size and coarser', () => {
    expect(tilesOf({ width: 640, height: 480 }).map(({ width, height }) => [width, height])).toEqual([
      [160, 120],
      [320, 240],
      [640, 480],
    ]);
  });

  test('nothing is enlarged, and there is always the photo itself', () => {
    expect(tilesOf({ width: 90, height: 120 })).toEqual([
      { area: { left: 0, top: 0, width: 90, height: 120 }, width: 90, height: 120 },
    ]);
  });

  test('pictures without room for a face have no tiles', () => {
    for (const [width, height] of [
      [1, 1],
      [1, 20000],
      [20000, 1],
      [11, 11],
      [30000, 40],
    ] as const)
      expect(tilesOf({ width, height })).toEqual([]);
  });

  test('tiles are inside the photo and no larger than TILE, up to 100 megapixels', () => {
    for (const photo of [
      { width: 5472, height: 3648 },
      { width: 12000, height: 8400 },
      { width: 3001, height: 9999 },
      { width: 20000, height: 400 },
    ]) {
      const tiles = tilesOf(photo);
      expect(tiles.length).toBeLessThan(60);
      for (const { area, width, height } of tiles) {
        expect(Math.max(width, height)).toBeLessThanOrEqual(TILE);
        expect(Math.min(width, height, area.width, area.height)).toBeGreaterThan(0);
        for (const value of Object.values(area)) expect(Number.isInteger(value)).toBe(true);
        expect(area.left).toBeGreaterThanOrEqual(0);
        expect(area.top).toBeGreaterThanOrEqual(0);
        expect(area.left + area.width).toBeLessThanOrEqual(photo.width);
        expect(area.top + area.height).toBeLessThanOrEqual(photo.height);
      }
    }
  });

  test('on the finest level every face up to the overlap is whole in some tile', () => {
    const photo = { width: 5472, height: 3648 };
    const tiles = tilesOf(photo);
    const finest = Math.max(...tiles.map(scaleOf));
    const level = tiles.filter((tile) => scaleOf(tile) > 0.99 * finest);
    expect(level.length).toBeGreaterThan(4);
    const side = Math.floor(OVERLAP / finest) - 4;
    for (let top = 0; top + side <= photo.height; top += 97)
      for (let left = 0; left + side <= photo.width; left += 97) {
        const face = { left, top, width: side, height: side };
        const whole = level.some((tile) => {
          const { area } = tile;
          const touches =
            left < area.left + area.width &&
            top < area.top + area.height &&
            left + side > area.left &&
            top + side > area.top;
          return touches && !isCut(face, tile, photo);
        });
        expect(whole, `${left}, ${top}`).toBe(true);
      }
  });
});

test('a box is cut by an edge inside the photo, not by the edge of the photo', () => {
  const tile: Tile = { area: { left: 0, top: 100, width: 100, height: 100 }, width: 100, height: 100 };
  const photo = { width: 100, height: 300 };
  expect(isCut({ left: -10, top: 120, width: 50, height: 50 }, tile, photo)).toBe(false);
  expect(isCut({ left: 10, top: 90, width: 50, height: 50 }, tile, photo)).toBe(true);
  expect(isCut({ left: 10, top: 170, width: 50, height: 50 }, tile, photo)).toBe(true);
});
