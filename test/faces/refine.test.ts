/** A closer look at a face, with networks made up here. Subject: src/faces/refine.ts. */
import { describe, expect, test } from 'vitest';
import type { Landmarks } from '../../src/faces/align.ts';
import type { Box, Face, PixelSource } from '../../src/faces/face.ts';
import { networkDetector } from '../../src/faces/network.ts';
import { CROP, refined, standardise } from '../../src/faces/refine.ts';
import { CROP as NETWORKS_CROP } from '../../src/engine/nn/face-refiner.ts';

/** A photo whose brightness at a place says where it is: red by the column, green by the row. */
function chart(width: number, height: number): PixelSource & { readonly areas: Box[] } {
  const areas: Box[] = [];
  const read: PixelSource['read'] = async (area, w, h) => {
    areas.push(area);
    const data = new Uint8Array(3 * w * h);
    for (let y = 0; y < h; y++)
      for (let x = 0; x < w; x++) {
        data[3 * (y * w + x)] = (255 * (area.left + ((x + 0.5) * area.width) / w)) / width;
        data[3 * (y * w + x) + 1] = (255 * (area.top + ((y + 0.5) * area.height) / h)) / height;
      }
    return { width: w, height: h, data };
  };
  return { width, height, areas, read };
}

function faceAt(x: number, y: number, size: number, degrees = 0): Face {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const at = (u: number, v: number) => ({
    x: x + size * (cos * u - sin * v),
    y: y + size * (sin * u + cos * v),
  });
  const landmarks: Landmarks = [
    at(-0.19, -0.13),
    at(0.19, -0.13),
    at(0, 0.09),
    at(-0.15, 0.28),
    at(0.15, 0.28),
  ];
  return {
    score: 0.64,
    box: { left: x - size / 2, top: y - size / 2, width: size, height: size },
    landmarks,
  };
}

/** Says yes, with points at these places of the crop. */
const answer = (logit: number, points: readonly number[]) => async () => Float32Array.of(logit, ...points);
const mean = [-0.24, -0.17, 0.24, -0.17, 0, 0.11, -0.19, 0.35, 0.19, 0.35];

describe('refined', () => {
  test('places of the crop are places of the photo again, however the face is turned', async () => {
    for (const degrees of [0, 25, -30]) {
      const photo = chart(800, 600);
      const face = await refined(answer(4, mean), photo, faceAt(400, 300, 90, degrees), 0.5);
      // the face is of the mean shape: every look sees it where it is
      const wanted = faceAt(400, 300, 90, degrees).landmarks;
      expect(face).toBeDefined();
      face?.landmarks.forEach(({ x, y }, i) => {
        expect(Math.hypot(x - wanted[i]!.x, y - wanted[i]!.y)).toBeLessThan(6);
      });
    }
  });

  test('the crop it is shown is upright, the later ones too', async () => {
    const crops: Float32Array[] = [];
    const look = async (crop: Float32Array) => {
      crops.push(crop);
      return Float32Array.of(3, ...mean);
    };
    await refined(look, chart(800, 800), faceAt(400, 400, 100, 45), 0.5);
    // each look also in a mirror
    expect(crops).toHaveLength(8);
    for (const crop of [crops[0]!, crops[2]!]) {
      // luma is 0.3 x + 0.59 y; turned by 45 degrees, right is (1, 1) and down is (-1, 1)
      const [right, down] = [
        crop[32 * CROP + 60]! - crop[32 * CROP + 4]!,
        crop[60 * CROP + 32]! - crop[4 * CROP + 32]!,
      ];
      expect(right / down).toBeCloseTo((0.299 + 0.587) / (0.587 - 0.299), 0);
    }
  });

  test('what it says of the mirror is turned back and counted as much', async () => {
    let asked = 0;
    const off = mean.map((value, i) => (i % 2 === 0 ? value + 0.1 : value));
    // in the mirror everything seems to lie to the right as well: the two cancel out
    const look = async () => Float32Array.of(asked++ % 2 === 0 ? 1 : 3, ...off);
    const photo = chart(800, 600);
    const face = await refined(look, photo, faceAt(400, 300, 90), 0.5);
    const plain = await refined(answer(2, mean), photo, faceAt(400, 300, 90), 0.5);
    expect(face?.score).toBeCloseTo(plain?.score ?? 0, 6);
    face?.landmarks.forEach(({ x }, i) => expect(x).toBeCloseTo(plain?.landmarks[i]?.x ?? 0, 3));
  });

  test('the last looks are averaged, and what the search found counts for three tenths', async () => {
    const photo = chart(800, 600);
    const search = faceAt(400, 300, 90);
    let asked = 0;
    // the second of the last looks, in the mirror too, sees all points further down
    const low = mean.map((value, i) => (i % 2 === 0 ? value : value + 0.2));
    const look = async () => {
      const number = Math.floor(asked++ / 2);
      return Float32Array.of(3, ...(number === 2 ? low : mean));
    };
    const face = await refined(look, photo, search, 0.5);
    const plain = await refined(answer(3, mean), photo, search, 0.5);
    // a fifth of half a crop, which is 1.07 times 1.6 times 90 pixels long, turned a little
    const down = (0.7 * 0.2 * (1.07 * 1.6 * 90)) / 2 / 3;
    face?.landmarks.forEach(({ y }, i) => expect(y - (plain?.landmarks[i]?.y ?? 0)).toBeCloseTo(down, 0));
  });

  test('a network that puts all points into one place breaks nothing', async () => {
    const face = await refined(
      answer(3, new Array(10).fill(0.1)),
      chart(300, 300),
      faceAt(150, 150, 80),
      0.5,
    );
    expect(face?.landmarks.every(({ x, y }) => Number.isFinite(x + y))).toBe(true);
  });

  test('what a closer look does not confirm is no face, nor what it has no numbers for', async () => {
    const photo = chart(400, 400);
    expect(await refined(answer(-0.1, mean), photo, faceAt(200, 200, 80), 0.5)).toBeUndefined();
    expect(await refined(answer(NaN, mean), photo, faceAt(200, 200, 80), 0.5)).toBeUndefined();
    expect(
      await refined(answer(3, mean.with(4, Infinity)), photo, faceAt(200, 200, 80), 0.5),
    ).toBeUndefined();
  });

  test('at the edge only what is in the photo is read, and little of a large one', async () => {
    const photo = chart(300, 200);
    for (const [x, y, size] of [
      [5, 5, 60],
      [295, 190, 60],
      [150, 100, 400],
    ] as const)
      await refined(answer(2, mean), photo, faceAt(x, y, size), 0.5);
    for (const { left, top, width, height } of photo.areas) {
      expect(Math.min(left, top)).toBeGreaterThanOrEqual(0);
      expect(left + width).toBeLessThanOrEqual(300);
      expect(top + height).toBeLessThanOrEqual(200);
      expect(Math.min(width, height)).toBeGreaterThan(0);
    }
  });
});

test('standardise gives mean 0 and deviation 1/2, and leaves emptiness empty', () => {
  const crop = standardise(Float32Array.from({ length: 400 }, (_, i) => 0.1 + 0.02 * Math.sin(i)));
  expect(crop.reduce((s, v) => s + v, 0) / 400).toBeCloseTo(0, 5);
  const faint = standardise(Float32Array.from({ length: 400 }, (_, i) => 0.0001 * Math.sin(i)));
  expect(Math.max(...faint)).toBeLessThan(0.01);
});

test('the network and the one who cuts agree on the crop', () => {
  expect(NETWORKS_CROP).toBe(CROP);
});

test('networkDetector puts the faces that a closer look confirms, best first', async () => {
  const map = new Float32Array(15 * 100).fill(-9, 0, 100);
  for (const [cell, logit] of [
    [22, 1],
    [27, 3],
    [72, 2],
  ] as const) {
    map[cell] = logit;
    for (let c = 1; c < 5; c++) map[c * 100 + cell] = Math.log(1.5);
    mean.forEach((value, c) => (map[(5 + c) * 100 + cell] = 2 * value));
  }
  let asked = 0;
  const detector = networkDetector('two', {
    search: async (_, width, height) => [{ stride: 16, columns: width / 16, rows: height / 16, data: map }],
    refine: async () => Float32Array.of(asked++ < 2 ? -3 : 4, ...mean),
  });
  const found = await detector.detect(chart(150, 150));
  expect(found).toHaveLength(2);
  const [first, second] = found;
  expect(first && second && first.score > second.score).toBe(true);
});
