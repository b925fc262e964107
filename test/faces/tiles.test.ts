/** Where a photo is looked at: every place at every level, nothing twice as large as needed. Subject: src/faces/tiles.ts. */
import { describe, expect, test } from 'vitest';
import { OVERLAP, TILE, isCut, levelsOf } from '../../src/faces/tiles.ts';

const sizesOf = (photo: { width: number; height: number }): number[][] =>
  levelsOf(photo).map(({ width, height }) => [width, height]);

describe('levelsOf', () => {
  test('a small photo is seen whole, at its own size and coarser', () => {
    expect(sizesOf({ width: 640, height: 480 })).toEqual([
      [640, 480],
      [320, 240],
      [160, 120],
    ]);
  });

  test('nothing is enlarged, and there is always the photo itself', () => {
    expect(levelsOf({ width: 90, height: 120 })).toEqual([
      { width: 90, height: 120, tiles: [{ left: 0, top: 0, width: 90, height: 120 }] },
    ]);
  });

  test('a large photo is seen at 2560 pixels at most', () => {
    expect(sizesOf({ width: 4000, height: 3000 })[0]).toEqual([2560, 1920]);
  });

  test('pictures without room for a face have no levels', () => {
    for (const [width, height] of [
      [1, 1],
      [1, 20000],
      [20000, 1],
      [11, 11],
      [30000, 40],
    ] as const)
      expect(levelsOf({ width, height })).toEqual([]);
  });

  test('tiles are inside their level and no larger than TILE, and together not much more than it', () => {
    for (const photo of [
      { width: 5472, height: 3648 },
      { width: 12000, height: 8400 },
      { width: 3001, height: 9999 },
      { width: 20000, height: 400 },
      { width: 2001, height: 1999 },
    ])
      for (const { width, height, tiles } of levelsOf(photo)) {
        let seen = 0;
        for (const tile of tiles) {
          for (const value of Object.values(tile)) expect(Number.isInteger(value)).toBe(true);
          expect(Math.min(tile.left, tile.top)).toBeGreaterThanOrEqual(0);
          expect(Math.max(tile.width, tile.height)).toBeLessThanOrEqual(TILE);
          expect(Math.min(tile.width, tile.height)).toBeGreaterThan(0);
          expect(tile.left + tile.width).toBeLessThanOrEqual(width);
          expect(tile.top + tile.height).toBeLessThanOrEqual(height);
          seen += tile.width * tile.height;
        }
        expect(seen).toBeLessThan(1.2 * width * height);
      }
  });

  test('on the finest level every face up to the overlap is whole in some tile', () => {
    const [finest] = levelsOf({ width: 5472, height: 3648 });
    expect(finest?.tiles.length).toBeGreaterThan(3);
    const { width, height, tiles } = finest ?? { width: 0, height: 0, tiles: [] };
    const side = OVERLAP - 2;
    for (let top = 0; top + side <= height; top += 53)
      for (let left = 0; left + side <= width; left += 53) {
        const whole = tiles.some((tile) => {
          const face = { left: left - tile.left, top: top - tile.top, width: side, height: side };
          const touches =
            face.left < tile.width && face.top < tile.height && face.left > -side && face.top > -side;
          return touches && !isCut(face, tile, { width, height });
        });
        expect(whole, `${left}, ${top}`).toBe(true);
      }
  });
});

test('a box is cut by an edge inside the level, not by the edge of the photo', () => {
  const tile = { left: 0, top: 100, width: 100, height: 100 };
  const level = { width: 100, height: 300 };
  expect(isCut({ left: -10, top: 20, width: 50, height: 50 }, tile, level)).toBe(false);
  expect(isCut({ left: 10, top: -10, width: 50, height: 50 }, tile, level)).toBe(true);
  expect(isCut({ left: 10, top: 70, width: 50, height: 50 }, tile, level)).toBe(true);
});
