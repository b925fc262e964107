/**
 * A photograph made smaller keeps what it is: its depth, its transparency, its colour space.
 * Read next: save.test.ts.
 */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readPhotograph } from '../../../src/imaging/photograph/read.ts';
import { savePhotograph } from '../../../src/imaging/photograph/save.ts';
import { smallerPhotograph } from '../../../src/imaging/photograph/smaller.ts';
import { temporaryFolder } from '../helpers.ts';
import { deepLevels, levels, photographOf, wideProfile } from './pictures.ts';

const folder = temporaryFolder();
const [W, H] = [90, 60];

/** 16 bits whose values no 8-bit picture has: a slow ramp across. */
function ramp(channels: 1 | 3): Uint16Array {
  return Uint16Array.from(
    { length: W * H * channels },
    (_, i) => 20_000 + 10 * (Math.floor(i / channels) % W),
  );
}

test.each([1, 3] as const)('16 bits stay 16, also in a file, with %i channels', async (channels) => {
  const photo = await smallerPhotograph(photographOf(ramp(channels), W, H), 45);
  expect(photo).toMatchObject({ width: 45, height: 30, depth: 16, channels });
  const middle = photo.data[channels * (15 * 45 + 22)]!;
  expect(Math.abs(middle - (20_000 + 10 * 44.5))).toBeLessThan(3);
  for (const format of ['png', 'tiff'] as const) {
    const path = join(folder, `${channels}.${format}`);
    await savePhotograph(photo, path, { format, depth: 16, metadata: { software: 'Albumen' } });
    const again = await readPhotograph(path);
    expect(again).toMatchObject({ width: 45, height: 30, depth: 16, channels });
    expect(again.data).toEqual(photo.data);
  }
});

test('what is small enough is returned as it is, and nothing is ever less than a pixel', async () => {
  const small = photographOf(levels(W, H, 3), W, H);
  expect(await smallerPhotograph(small, 90)).toBe(small);
  const film = photographOf(levels(300, 2, 3), 300, 2);
  expect(await smallerPhotograph(film, 20)).toMatchObject({ width: 20, height: 1 });
});

test('a wide colour space stays, with the numbers in it', async () => {
  const profile = await wideProfile();
  const source = { ...photographOf(levels(W, H, 3), W, H).source, icc: profile };
  const photo = photographOf(new Uint8Array(3 * W * H).fill(200), W, H, { profile, source });
  const made = await smallerPhotograph(photo, 30);
  expect(made.profile).toBe(profile);
  expect(new Set(made.data)).toEqual(new Set([200]));
});

test.each([8, 16] as const)(
  'of %i bits, transparency is made smaller too, and what it hides does not show',
  async (depth) => {
    const white = 2 ** depth - 1;
    const [colours, alpha] =
      depth === 8
        ? [new Uint8Array(3 * W * H), new Uint8Array(W * H)]
        : [new Uint16Array(3 * W * H), new Uint16Array(W * H)];
    // left half opaque and light, right half hidden and black
    for (let p = 0; p < W * H; p++) {
      if (p % W >= W / 2) continue;
      alpha[p] = white;
      colours.fill(white - 9, 3 * p, 3 * p + 3);
    }
    const { data, alpha: small } = await smallerPhotograph(photographOf(colours, W, H, { alpha }), 30);
    expect(small).toHaveLength(30 * 20);
    expect((small?.[2] ?? 0) / white).toBeCloseTo(1, 3);
    expect(small?.[27]).toBe(0);
    for (let p = 0; p < 600; p++)
      if ((small?.[p] ?? 0) > white / 10)
        expect(Math.abs(data[3 * p]! - (white - 9))).toBeLessThan(white / 50);
    const grey = photographOf(deepLevels(W, H, 1), W, H, { alpha: new Uint16Array(W * H).fill(3000) });
    for (const value of (await smallerPhotograph(grey, 30)).alpha ?? [])
      expect(Math.abs(value - 3000)).toBeLessThan(5);
  },
);
