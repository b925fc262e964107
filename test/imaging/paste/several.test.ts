/**
 * Several faces into one photograph: in any order, sharing what they overlap.
 * Read next: paste.test.ts.
 */
import { describe, expect, test } from 'vitest';
import type { Photograph } from '../../../src/imaging/photograph.ts';
import { readRegion } from '../../../src/imaging/photograph/region.ts';
import { pasteFace } from '../../../src/imaging/paste/paste.ts';
import { pasteFaces } from '../../../src/imaging/paste/several.ts';
import type { PastedFace } from '../../../src/imaging/paste/several.ts';
import { cropOf, regionOf, squareAt } from './scenes.ts';

const S = 64;
const [WIDTH, HEIGHT] = [260, 160];

function photograph(): Photograph {
  const data = Uint8Array.from({ length: 3 * WIDTH * HEIGHT }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % WIDTH, Math.floor(i / 3 / WIDTH)];
    return 120 + 60 * Math.sin(x / 23 + (i % 3)) * Math.cos(y / 19);
  });
  const source = {
    path: 'x.png',
    format: 'png',
    width: WIDTH,
    height: HEIGHT,
    orientation: 1,
    pages: 1,
    cmyk: false,
  } as const;
  return { width: WIDTH, height: HEIGHT, channels: 3, depth: 8, data, source };
}

/** A face of 100 pixels at `x`, restored with stripes of its own. */
async function faceAt(photo: Photograph, x: number, stripe: number): Promise<PastedFace> {
  const whole = await readRegion(photo, { left: 0, top: 0, width: WIDTH, height: HEIGHT });
  const map = squareAt(x, 80, 100, S, stripe);
  const input = cropOf(whole, map, S);
  const restored = input.map((value, i) => value + 0.15 * Math.sin(i / stripe));
  return { input, restored, map };
}

function most(values: Iterable<number>): number {
  let found = -Infinity;
  for (const value of values) found = Math.max(found, value);
  return found;
}

describe('several faces', () => {
  test('apart from one another are each as if alone', async () => {
    const photo = photograph();
    const faces = [await faceAt(photo, 60, 2), await faceAt(photo, 200, 3)];
    const before = await readRegion(photo, { left: 0, top: 0, width: WIDTH, height: HEIGHT });
    await pasteFaces(photo, faces);
    for (const face of faces) {
      const alone = pasteFace(regionOf(before, face.map, S), face);
      const { data } = await readRegion(photo, alone.rect);
      const off = data.map((value, i) => Math.abs(value - alone.data[i]!));
      expect(most(off)).toBeLessThan(0.5001 / 127.5);
    }
  });

  test('that overlap give the same in any order, each its own in its heart', async () => {
    const results = await Promise.all(
      [(faces: PastedFace[]) => faces, (faces: PastedFace[]) => faces.toReversed()].map(async (order) => {
        const photo = photograph();
        await pasteFaces(
          photo,
          order([await faceAt(photo, 80, 2), await faceAt(photo, 130, 3), await faceAt(photo, 150, 5)]),
        );
        return photo.data;
      }),
    );
    const [one, other] = results;
    expect(most(one!.map((value, i) => Math.abs(value - other![i]!)))).toBeLessThanOrEqual(2);
    expect(one).not.toEqual(photograph().data);

    const photo = photograph();
    const face = await faceAt(photo, 80, 2);
    const heart = { left: 66, top: 60, width: 16, height: 40 };
    const alone = pasteFace(
      regionOf(await readRegion(photo, { left: 0, top: 0, width: WIDTH, height: HEIGHT }), face.map, S),
      face,
    );
    const off: number[] = [];
    for (let y = heart.top; y < heart.top + heart.height; y++)
      for (let x = heart.left; x < heart.left + heart.width; x++)
        off.push(
          Math.abs(
            one![3 * (y * WIDTH + x)]! / 127.5 -
              1 -
              alone.data[(y - alone.rect.top) * alone.rect.width + x - alone.rect.left]!,
          ),
        );
    expect(most(off)).toBeLessThan(0.03);
  });

  test('that were not restored, or lie outside, leave the photograph as it is', async () => {
    const photo = photograph();
    const one = await faceAt(photo, 80, 2);
    const outside = { ...one, map: { ...one.map, tx: 5000 } };
    await pasteFaces(photo, [
      { ...one, restored: one.input },
      outside,
      { ...one, restored: one.input.slice() },
    ]);
    expect(photo.data).toEqual(photograph().data);
  });
});
