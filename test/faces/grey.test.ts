/** Luma of coloured pictures, and crops turned out of it. Subject: src/faces/grey.ts. */
import { expect, test } from 'vitest';
import { cutGrey, greyPlane } from '../../src/faces/grey.ts';

test('grey is luma in [-1,1], middle grey where the picture ends', () => {
  const data = Uint8Array.of(255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255, 0);
  const grey = greyPlane({ width: 2, height: 2, data }, 3, 3);
  expect([grey.width, grey.height]).toEqual([3, 3]);
  const shown = [...grey.data].map((value) => Math.round(1000 * value) / 1000);
  expect(shown).toEqual([1, -1, 0, -0.402, 0.174, 0, 0, 0, 0]);
});

test('a crop shows what lies where its map says, turned, and ends as the picture ends', () => {
  // brightness is the place: x + 100 y
  const [width, height] = [40, 30];
  const data = Float32Array.from(
    { length: width * height },
    (_, i) => (i % width) + 100 * Math.floor(i / width),
  );
  // the crop's right is the picture's down, its down the picture's left
  const map = { a: 0, b: -1.5, c: 1.5, d: 0, tx: 20, ty: 5 };
  const crop = cutGrey({ width, height, data }, map, 8);
  for (let row = 0; row < 8; row++)
    for (let column = 0; column < 8; column++) {
      const [x, y] = [20 - 1.5 * (row + 0.5) - 0.5, 5 + 1.5 * (column + 0.5) - 0.5];
      expect(crop[8 * row + column]).toBeCloseTo(x + 100 * y, 2);
    }
  const beyond = cutGrey({ width, height, data }, { a: 1, b: 0, c: 0, d: 1, tx: -20, ty: -20 }, 8);
  expect([...beyond].every((value) => value === 0)).toBe(true);
});
