/** Maps read as faces, and pictures made ready for the network. Subjects: src/faces/decode.ts, network.ts. */
import { describe, expect, test } from 'vitest';
import { decodeFaces } from '../../src/faces/decode.ts';
import { filled, lookWith } from '../../src/faces/network.ts';

const CELLS = 12;

/** A map of 4 x 3 cells with a face in cell (2, 1). */
function oneFace(logit: number): Float32Array {
  const data = new Float32Array(15 * CELLS).fill(-9, 0, CELLS);
  const values = [
    logit,
    Math.log(2),
    Math.log(3),
    Math.log(1),
    Math.log(4),
    -1,
    -0.5,
    1,
    -0.5,
    0,
    0,
    -0.8,
    1,
    0.8,
    1,
  ];
  values.forEach((value, c) => {
    data[c * CELLS + 6] = value;
  });
  return data;
}

describe('decodeFaces', () => {
  test('distances and points are counted in strides from the middle of the cell', () => {
    const [face, ...more] = decodeFaces({ stride: 16, columns: 4, rows: 3, data: oneFace(0) }, 0.4);
    expect(more).toEqual([]);
    expect(face?.score).toBe(0.5);
    // the middle is at (2.5, 1.5) strides
    expect(face?.box.left).toBeCloseTo(16 * 0.5, 4);
    expect(face?.box.top).toBeCloseTo(16 * -1.5, 4);
    expect(face?.box.width).toBeCloseTo(16 * 3, 4);
    expect(face?.box.height).toBeCloseTo(16 * 7, 4);
    expect(face?.landmarks[0]).toEqual({ x: 16 * 1.5, y: 16 });
    expect(face?.landmarks[2]).toEqual({ x: 16 * 2.5, y: 16 * 1.5 });
  });

  test('the score decides', () => {
    const map = { stride: 16, columns: 4, rows: 3, data: oneFace(Math.log(0.3 / 0.7)) };
    expect(decodeFaces(map, 0.31)).toEqual([]);
    expect(decodeFaces(map, 0.29)).toHaveLength(1);
  });

  test('numbers that are none make no face, and wild ones a finite box', () => {
    const wild = oneFace(2);
    wild[1 * CELLS + 6] = 1e30;
    const [face] = decodeFaces({ stride: 8, columns: 4, rows: 3, data: wild }, 0.5);
    expect(face?.box.width).toBeLessThan(1e4);
    const broken = oneFace(2);
    broken[7 * CELLS + 6] = NaN;
    expect(decodeFaces({ stride: 8, columns: 4, rows: 3, data: broken }, 0.5)).toEqual([]);
    const unsure = oneFace(NaN);
    expect(decodeFaces({ stride: 8, columns: 4, rows: 3, data: unsure }, 0.5)).toEqual([]);
  });

  test('a map of another size is a mistake of ours', () => {
    expect(() => decodeFaces({ stride: 8, columns: 4, rows: 4, data: oneFace(0) }, 0.5)).toThrow('internal:');
  });
});

test('pictures are filled up to a few sizes, all multiples of 32', () => {
  const sides = Array.from({ length: 1408 }, (_, i) => filled(i + 1));
  expect(sides.every((side, i) => side > i && side % 32 === 0)).toBe(true);
  expect(new Set(sides).size).toBeLessThan(28);
  expect([filled(1), filled(256), filled(257), filled(960), filled(1281)]).toEqual([32, 256, 320, 960, 1344]);
});

test('lookWith asks the network for the filled picture and decodes what it says', async () => {
  const asked: number[][] = [];
  const found = await lookWith(
    async (picture, width, height) => {
      asked.push([picture.length, width, height]);
      return [{ stride: 16, columns: 4, rows: 3, data: oneFace(3) }];
    },
    { width: 60, height: 40, data: new Uint8Array(3 * 60 * 40) },
  );
  expect(asked).toEqual([[64 * 64, 64, 64]]);
  expect(found).toHaveLength(1);
});
