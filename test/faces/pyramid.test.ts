/** A photo searched tile by tile with a fake look that sees bright squares. Subject: src/faces/pyramid.ts. */
import { describe, expect, test } from 'vitest';
import type { Pixels } from '../../src/faces/align.ts';
import type { Box, Face, PixelSource } from '../../src/faces/face.ts';
import { overlap } from '../../src/faces/overlap.ts';
import { pyramidDetector } from '../../src/faces/pyramid.ts';

/** A dark photo of red squares, each with its own green, by which it is known wherever it is seen. */
class Squares implements PixelSource {
  readonly width: number;
  readonly height: number;
  readonly squares: readonly Box[];
  most = 0;
  reads = 0;

  constructor(width: number, height: number, squares: readonly Box[]) {
    this.width = width;
    this.height = height;
    this.squares = squares;
  }

  async read(area: Box, width: number, height: number): Promise<Pixels> {
    this.reads++;
    this.most = Math.max(this.most, width * height);
    const [sx, sy] = [width / area.width, height / area.height];
    const data = new Uint8Array(3 * width * height);
    this.squares.forEach((box, i) => {
      const [left, right] = [(box.left - area.left) * sx, (box.left + box.width - area.left) * sx];
      const [top, bottom] = [(box.top - area.top) * sy, (box.top + box.height - area.top) * sy];
      for (let y = Math.max(0, Math.round(top)); y < Math.min(height, bottom); y++) {
        for (let x = Math.max(0, Math.round(left)); x < Math.min(width, Math.round(right)); x++)
          data.set([RED, greenOf(i)], 3 * (y * width + x));
      }
    });
    return { width, height, data };
  }

  /** Finds the squares in a picture that are seen whole, from 20 to 200 pixels. */
  look({ width, data }: Pixels): Face[] {
    return this.squares.flatMap((_, i) => {
      let [left, top, right, bottom] = [Infinity, Infinity, -1, -1];
      for (let p = 0; 3 * p < data.length; p++) {
        // a pixel at an edge is less red
        if (data[3 * p]! < 0.9 * RED || Math.abs(data[3 * p + 1]! - greenOf(i)) > 4) continue;
        const [x, y] = [p % width, Math.floor(p / width)];
        [left, top] = [Math.min(left, x), Math.min(top, y)];
        [right, bottom] = [Math.max(right, x + 1), Math.max(bottom, y + 1)];
      }
      const box = { left, top, width: right - left, height: bottom - top };
      const [least, most] = [Math.min(box.width, box.height), Math.max(box.width, box.height)];
      if (!(least >= 20 && most <= 200 && most < 1.1 * least)) return [];
      const at = (u: number, v: number) => ({ x: left + u * box.width, y: top + v * box.height });
      const landmarks = [at(0.3, 0.3), at(0.7, 0.3), at(0.5, 0.5), at(0.3, 0.8), at(0.7, 0.8)] as const;
      return [{ score: 0.5 + box.width / 500, box, landmarks }];
    });
  }
}

const RED = 200;
const greenOf = (i: number): number => 12 * i;

const detect = (photo: Squares): Promise<Face[]> =>
  pyramidDetector('squares', async (picture) => photo.look(picture)).detect(photo);

const square = (left: number, top: number, size: number): Box => ({ left, top, width: size, height: size });

describe('pyramidDetector', () => {
  test('finds small and large faces of a group photo once each, wherever they lie', async () => {
    const squares = [
      ...Array.from({ length: 12 }, (_, i) => square(150 + 400 * i, 300 + (i % 3) * 613, 60 + 9 * i)),
      square(1200, 2100, 1400),
      square(1005, 1000, 50),
    ];
    const photo = new Squares(5472, 3648, squares);
    const found = await detect(photo);
    expect(found).toHaveLength(squares.length);
    for (const wanted of squares) {
      const face = found.find(({ box }) => overlap(box, wanted) > 0.8);
      expect(face, `${wanted.left}, ${wanted.top}`).toBeDefined();
      // as exactly as the level shows it in which it is 20 pixels or more
      const off = Math.abs((face?.landmarks[0].x ?? 0) - wanted.left - 0.3 * wanted.width);
      expect(off).toBeLessThan(6 + 0.02 * wanted.width);
    }
    const scores = found.map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((p, q) => q - p));
  });

  test('reads 100 megapixels once, at no more than 2560 pixels along a side', async () => {
    const photo = new Squares(12000, 8400, [square(6000, 4000, 300)]);
    expect(await detect(photo)).toHaveLength(1);
    expect(photo.reads).toBe(1);
    expect(photo.most).toBeLessThanOrEqual(2560 * 2560);
  });

  test('tiny and narrow pictures have no faces and are not read', async () => {
    for (const [width, height] of [
      [1, 1],
      [1, 20000],
      [20000, 1],
    ] as const) {
      const photo = new Squares(width, height, []);
      expect(await detect(photo)).toEqual([]);
      expect(photo.reads).toBe(0);
    }
  });

  test('stops between tiles when it is cancelled', async () => {
    const photo = new Squares(5472, 3648, []);
    const cancel = new AbortController();
    const reason = new Error('enough');
    let looks = 0;
    const counting = pyramidDetector('counting', async () => {
      if (++looks === 3) cancel.abort(reason);
      return [];
    });
    await expect(counting.detect(photo, { signal: cancel.signal })).rejects.toBe(reason);
    expect(looks).toBe(3);
  });

  test('what is found beyond the edge is no face', async () => {
    const photo = new Squares(300, 300, [square(240, 0, 60)]);
    const beyond = pyramidDetector('beyond', async (picture) =>
      photo.look(picture).map((face) => ({ ...face, box: { ...face.box, left: face.box.left + 60 } })),
    );
    expect(await beyond.detect(photo)).toEqual([]);
  });
});
