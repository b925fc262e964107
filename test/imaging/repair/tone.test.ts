/**
 * Fading and casts: made, estimated and mended; a good photo stays.
 * Read next: denoise.test.ts.
 */
import { describe, expect, test } from 'vitest';
import { applyTone, estimateTone } from '../../../src/imaging/repair/tone.ts';
import type { Photograph } from '../../../src/imaging/photograph.ts';
import type { Kind } from './pictures.ts';
import { copyOf, photoOf } from './pictures.ts';

const [W, H] = [300, 240];

/** Full range, many colours that cancel out. */
const good = (x: number, y: number, c: number): number => {
  const light = x / W;
  return light + 0.25 * light * (1 - light) * 4 * Math.sin(y / 9 + (c * 2 * Math.PI) / 3);
};
const grey = (x: number, y: number): number => 0.5 + 0.5 * Math.sin((7 * x) / W) * Math.cos((5 * y) / H);

/** Root mean square difference, in parts of the full scale. */
function distance(a: Photograph, b: Photograph): number {
  let sum = 0;
  a.data.forEach((value, i) => (sum += (value - b.data[i]!) ** 2));
  return Math.sqrt(sum / a.data.length) / (a.depth === 16 ? 65535 : 255);
}

function mended(photo: Photograph, strength = 1, neutral = false): Photograph {
  const copy = copyOf(photo);
  applyTone(copy, estimateTone(photo, { neutral }), strength);
  return copy;
}

describe('a good photo', () => {
  test.each<Kind>([{}, { channels: 1 }, { depth: 16 }])('hardly changes: %o', (kind) => {
    const photo = photoOf(W, H, kind.channels === 1 ? grey : good, kind);
    expect(distance(mended(photo), photo)).toBeLessThan(0.01);
  });

  test('neither does a dark one with true blacks gain its whites', () => {
    const night = photoOf(W, H, (x, y) => 0.4 * grey(x, y) ** 2, { channels: 1 });
    const [tone] = estimateTone(night).curves;
    expect(1 / (tone!.white - tone!.black)).toBeLessThan(1.3);
  });

  test('nor does a meadow turn grey', () => {
    const meadow = photoOf(W, H, (x, y, c) => (y < 30 ? x / W : good(x, y, c) * [0.6, 1, 0.4][c]!));
    expect(distance(mended(meadow), meadow)).toBeLessThan(0.05);
  });
});

describe('a faded photo', () => {
  const fade = (v: number): number => 0.3 + 0.45 * v;

  test.each<Kind>([{}, { channels: 1 }, { depth: 16 }, { channels: 1, depth: 16 }])(
    'comes back: %o',
    (kind) => {
      const make = kind.channels === 1 ? grey : good;
      const truth = photoOf(W, H, make, kind);
      const faded = photoOf(W, H, (x, y, c) => fade(make(x, y, c)), kind);
      const before = distance(faded, truth);
      expect(distance(mended(faded), truth)).toBeLessThan(0.45 * before);
      expect(distance(mended(faded, 0.5), truth)).toBeLessThan(0.8 * before);
      expect(mended(faded, 0).data).toEqual(faded.data);
    },
  );

  test('and is not mended a second time by as much', () => {
    const faded = photoOf(W, H, (x, y, c) => fade(good(x, y, c)));
    const once = mended(faded);
    expect(distance(mended(once), once)).toBeLessThan(0.25 * distance(once, faded));
  });

  test('contrast is not raised beyond sense', () => {
    const flat = photoOf(W, H, (x, y) => 0.5 + 0.02 * grey(x, y), { channels: 1 });
    const [tone] = estimateTone(flat).curves;
    expect(1 / (tone!.white - tone!.black)).toBeLessThan(2.51);
  });
});

test('a cast is mended towards grey', () => {
  const truth = photoOf(W, H, good);
  const cast = photoOf(W, H, (x, y, c) => [1, 0.85, 0.7][c]! * (0.15 + 0.8 * good(x, y, c)));
  const castOf = ({ data }: Photograph): number => {
    const sums = [0, 0, 0];
    data.forEach((value, i) => (sums[i % 3]! += value));
    return (sums[0]! - sums[2]!) / (sums[0]! + sums[2]!);
  };
  expect(castOf(truth)).toBeLessThan(0.02);
  expect(castOf(mended(cast))).toBeLessThan(0.55 * castOf(cast));
});

describe('a sepia print', () => {
  const sepia = photoOf(W, H, (x, y, c) => 0.2 + 0.6 * grey(x, y) ** [0.8, 1, 1.3][c]! * [1, 0.92, 0.75][c]!);
  const colour = (photo: Photograph): number => {
    let sum = 0;
    for (let i = 0; i < photo.data.length; i += 3) sum += Math.abs(photo.data[i]! - photo.data[i + 2]!);
    return sum / (photo.data.length / 3);
  };

  test('is known as one, and keeps its tone', () => {
    expect(estimateTone(sepia).toned).toBe(true);
    expect(estimateTone(photoOf(W, H, good)).toned).toBe(false);
    expect(estimateTone(photoOf(W, H, grey)).toned).toBe(false);
    expect(colour(mended(sepia))).toBeGreaterThan(0.9 * colour(sepia));
  });

  test('unless it is asked to be grey', () => {
    expect(colour(mended(sepia, 1, true))).toBeLessThan(0.25 * colour(sepia));
  });
});

test('tiny and blank photos are left as they are', () => {
  for (const photo of [photoOf(1, 1, () => 0.4), photoOf(3, 2, () => 0.4, { channels: 1 })])
    expect(mended(photo).data).toEqual(photo.data);
  const blank = photoOf(50, 50, () => 0.5);
  expect(mended(blank).data.every(Number.isFinite)).toBe(true);
});

test('a strength out of range is refused', () => {
  const photo = photoOf(20, 20, good);
  expect(() => applyTone(photo, estimateTone(photo), 1.5)).toThrow('from 0 to 1');
});
