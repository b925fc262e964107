/** A photo searched tile by tile with a fake look that sees white squares. Subject: src/faces/pyramid.ts. */
import { describe, expect, test } from 'vitest';
import type { Pixels } from '../../src/faces/align.ts';
import type { Box, Face, PixelSource } from '../../src/faces/face.ts';
import { overlap } from '../../src/faces/overlap.ts';
import { pyramidDetector } from '../../src/faces/pyramid.ts';

/** A photo of squares: only where it is read is noted, and what a look would see there. */
class Squares implements PixelSource {
  readonly width: number;
  readonly height: number;
  readonly squares: readonly Box[];
  most = 0;
  reads = 0;
  #seen: Box[] = [];

  constructor(width: number, height: number, squares: readonly Box[]) {
    this.width = width;
    this.height = height;
    this.squares = squares;
  }

  async read(area: Box, width: number, height: number): Promise<Pixels> {
    this.reads++;
    this.most = Math.max(this.most, width * height);
    const [sx, sy] = [width / area.width, height / area.height];
    const within = (value: number, most: number): number => Math.max(0, Math.min(most, value));
    this.#seen = this.squares.map((box) => {
      const left = within((box.left - area.left) * sx, width);
      const top = within((box.top - area.top) * sy, height);
      const right = within((box.left + box.width - area.left) * sx, width);
      const bottom = within((box.top + box.height - area.top) * sy, height);
      return { left, top, width: right - left, height: bottom - top };
    });
    return { width, height, data: new Uint8Array(0) };
  }

  /** Finds what can be seen of squares in the area read last, from 20 to 200 pixels. */
  async look(): Promise<Face[]> {
    const whole = this.#seen.filter(
      ({ width: w, height: h }) => Math.min(w, h) >= 20 && Math.max(w, h) <= 200,
    );
    return whole.map((box): Face => {
      const at = (i: number, j: number) => ({ x: box.left + i * box.width, y: box.top + j * box.height });
      const landmarks = [at(0.3, 0.3), at(0.7, 0.3), at(0.5, 0.5), at(0.3, 0.8), at(0.7, 0.8)] as const;
      return { score: 0.5 + box.width / 500, box, landmarks };
    });
  }
}

const detect = (photo: Squares): Promise<Face[]> =>
  pyramidDetector('squares', () => photo.look()).detect(photo);

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
      expect(face?.landmarks[0].x).toBeCloseTo(wanted.left + 0.3 * wanted.width, -1);
    }
    const scores = found.map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((p, q) => q - p));
  });

  test('reads no more than one tile at a time of 100 megapixels', async () => {
    const photo = new Squares(12000, 8400, [square(6000, 4000, 300)]);
    expect(await detect(photo)).toHaveLength(1);
    expect(photo.most).toBeLessThanOrEqual(1280 * 1280);
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
    const counting = pyramidDetector('counting', async () => {
      if (photo.reads === 3) cancel.abort(reason);
      return [];
    });
    await expect(counting.detect(photo, { signal: cancel.signal })).rejects.toBe(reason);
    expect(photo.reads).toBe(3);
  });

  test('what is found beyond the edge is no face', async () => {
    const photo = new Squares(300, 300, [square(250, 0, 100)]);
    const beyond = pyramidDetector('beyond', async () => {
      const found = await photo.look();
      return found.map((face) => ({ ...face, box: { ...face.box, left: face.box.left + 60 } }));
    });
    expect(await beyond.detect(photo)).toEqual([]);
  });
});
