/**
 * Parts of photographs as sRGB numbers and back: what is not changed stays bit for bit, in every depth and colour space.
 * read.test.ts is about whole files.
 */
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { Photograph, Region } from '../../../src/imaging/photograph.ts';
import { becomeColour, readRegion, writeRegion } from '../../../src/imaging/photograph/region.ts';
import { readScaled } from '../../../src/imaging/photograph/scaled.ts';
import { readAlignedCrop } from '../../../src/imaging/read.ts';
import { temporaryFolder } from '../helpers.ts';
import { deepLevels, greyProfile, levels, photographOf, picture, wideProfile } from './pictures.ts';

const [W, H] = [40, 30];
const rect = { left: 5, top: 3, width: 20, height: 10 };
const wide = await wideProfile();

const kinds: readonly (readonly [name: string, make: () => Photograph])[] = [
  ['8-bit RGB', () => photographOf(levels(W, H, 3), W, H)],
  ['16-bit RGB', () => photographOf(deepLevels(W, H, 3), W, H)],
  ['8-bit P3', () => photographOf(levels(W, H, 3), W, H, { profile: wide })],
  ['16-bit P3', () => photographOf(deepLevels(W, H, 3), W, H, { profile: wide })],
  ['8-bit grey', () => photographOf(levels(W, H, 1), W, H)],
  ['16-bit grey', () => photographOf(deepLevels(W, H, 1), W, H)],
  ['8-bit grey of gamma 1.8', () => photographOf(levels(W, H, 1), W, H, { profile: greyProfile(1.8) })],
  ['16-bit grey of gamma 1.8', () => photographOf(deepLevels(W, H, 1), W, H, { profile: greyProfile(1.8) })],
];

describe.each(kinds)('%s', (_, make) => {
  test('what is written as it was read changes nothing', async () => {
    const photo = make();
    const before = [...photo.data];
    const region = await readRegion(photo, rect);
    expect(region.data.every((v) => v >= -1 && v <= 1)).toBe(true);
    await writeRegion(photo, region, { rect, data: region.data.slice() });
    expect([...photo.data]).toEqual(before);
  });

  test('what is changed is changed, and nothing around it', async () => {
    const photo = make();
    const before = [...photo.data];
    const region = await readRegion(photo, rect);
    const pixels = rect.width * rect.height;
    // the second half of the rows, towards a light grey
    const changed = region.data.map((v, i) => (i % pixels >= pixels / 2 ? 0.3 * v + 0.2 : v));
    await writeRegion(photo, region, { rect, data: changed });
    const again = await readRegion(photo, rect);
    const grey = photo.channels === 1;
    for (let i = 0; i < changed.length; i++) {
      const error = Math.abs(again.data[i]! - changed[i]!) * 127.5;
      expect(error).toBeLessThan(photo.depth === 16 ? 0.1 : 1);
    }
    const { channels } = photo;
    let touched = 0;
    photo.data.forEach((value, i) => {
      const [x, y] = [Math.floor(i / channels) % W, Math.floor(i / channels / W)];
      const inside = x >= 5 && x < 25 && y >= 8 && y < 13;
      if (!inside) expect(value).toBe(before[i]);
      else if (value !== before[i]) touched++;
    });
    expect(touched).toBeGreaterThan((grey ? 1 : 3) * 90);
  });
});

test('numbers without a profile are sRGB’s own', async () => {
  const photo = photographOf(Uint8Array.of(0, 255, 51, 10, 20, 30), 2, 1);
  const { data } = await readRegion(photo, { left: 0, top: 0, width: 2, height: 1 });
  [0, 10, 255, 20, 51, 30].forEach((v, i) => expect(data[i]).toBeCloseTo(v / 127.5 - 1, 6));
});

test('numbers of a P3 photo are what a colour engine makes of them', async () => {
  const srgb = levels(W, H, 3);
  const photo = photographOf(srgb, W, H, { profile: wide });
  const all = { left: 0, top: 0, width: W, height: H };
  const { data } = await readRegion(photo, all);
  const tagged = await picture(srgb, W, H, 3).withIccProfile('p3').png().toBuffer();
  const device = await sharp(tagged, { ignoreIcc: true }).raw().toBuffer();
  const read = await readRegion({ ...photo, data: new Uint8Array(device) }, all);
  let worst = 0;
  for (let p = 0; p < W * H; p++)
    for (let c = 0; c < 3; c++)
      worst = Math.max(worst, Math.abs((read.data[c * W * H + p]! + 1) * 127.5 - srgb[3 * p + c]!));
  expect(worst).toBeLessThan(2);
  // and they differ from the device's own
  let most = 0;
  for (let p = 0; p < W * H; p++) most = Math.max(most, Math.abs((data[p]! + 1) * 127.5 - srgb[3 * p]!));
  expect(most).toBeGreaterThan(5);
});

test('a colour that sRGB cannot hold keeps its strength where little changes', async () => {
  const photo = photographOf(Uint8Array.of(255, 0, 0, 255, 0, 0), 2, 1, { profile: wide });
  const all = { left: 0, top: 0, width: 2, height: 1 };
  const region = await readRegion(photo, all);
  const after = region.data.slice();
  after[2] = after[2]! + 0.02;
  after[1] = 0;
  await writeRegion(photo, region, { rect: all, data: after });
  expect([...photo.data.subarray(0, 3)].map((v, i) => Math.abs(v - [255, 0, 0][i]!) < 6)).toEqual([
    true,
    true,
    true,
  ]);
  expect(photo.data[3]).toBeLessThan(200);
});

test('a greyscale photo takes the luma of a colour, and all of it once it has three channels', async () => {
  const photo = photographOf(new Uint8Array(16).fill(100), 4, 4);
  const all = { left: 0, top: 0, width: 4, height: 4 };
  const tint = (region: Region): Region => ({
    rect: all,
    data: region.data.map((_, i) => [0.6, 0, -0.41][Math.floor(i / 16)]!),
  });
  const colour = becomeColour(photo);
  expect(becomeColour(colour)).toBe(colour);
  expect(colour).toMatchObject({ channels: 3, depth: 8 });
  expect([...colour.data.subarray(0, 6)]).toEqual([100, 100, 100, 100, 100, 100]);
  const grey = await readRegion(photo, all);
  await writeRegion(photo, grey, tint(grey));
  expect(photo.data[5]).toBe(Math.round((0.299 * 0.6 - 0.114 * 0.41 + 1) * 127.5));
  await writeRegion(colour, await readRegion(colour, all), tint(grey));
  expect([...colour.data.subarray(0, 3)]).toEqual([204, 128, 75]);
});

test('a grey of another curve becomes sRGB’s grey in colour', async () => {
  const photo = photographOf(new Uint8Array(16).fill(128), 4, 4, { profile: greyProfile(1) });
  const all = { left: 0, top: 0, width: 4, height: 4 };
  // linear 128/255 is 188 in sRGB
  expect((await readRegion(photo, all)).data[0]).toBeCloseTo(188 / 127.5 - 1, 2);
  const colour = becomeColour(photo);
  expect(colour.profile).toBeUndefined();
  expect(colour.data[7]).toBe(188);
});

test('a region outside is our own error', async () => {
  const photo = photographOf(levels(W, H, 3), W, H);
  await expect(readRegion(photo, { left: 30, top: 0, width: 11, height: 5 })).rejects.toThrow(/^internal: /);
  await expect(readRegion(photo, { left: 0, top: 0, width: 0, height: 5 })).rejects.toThrow(/^internal: /);
});

describe('overviews', () => {
  test.each(kinds)('of %s: the mean of the area, in sRGB', async (_, make) => {
    const photo = make();
    const area = { left: 4, top: 2, width: 32, height: 24 };
    const { width, height, data } = await readScaled(photo, area, 8, 6);
    expect([width, height, data.length]).toEqual([8, 6, 144]);
    const region = await readRegion(photo, area);
    for (let c = 0; c < 3; c++) {
      const part = region.data.subarray(c * 768, (c + 1) * 768);
      const mean = part.reduce((sum, v) => sum + v, 0) / 768;
      const small = data.filter((_v, i) => i % 3 === c).reduce((sum, v) => sum + v, 0) / 48;
      expect(Math.abs(small - (mean + 1) * 127.5)).toBeLessThan(3);
    }
  });

  test('nothing aliases: a fine pattern becomes grey', async () => {
    const data = Uint8Array.from({ length: 3 * 128 * 128 }, (_, i) => (Math.floor(i / 3) % 2 ? 255 : 0));
    const photo = photographOf(data, 128, 128);
    const { data: small } = await readScaled(photo, { left: 0, top: 0, width: 128, height: 128 }, 16, 16);
    const inner = [...small].filter((_, i) => Math.floor(i / 3) % 16 > 1 && Math.floor(i / 3) % 16 < 14);
    for (const value of inner) expect(Math.abs(value - 127.5)).toBeLessThan(3);
  });
});

test('a 16-bit crop with a profile is read in sRGB', async () => {
  const path = join(temporaryFolder(), 'deep.png');
  const red = Uint16Array.from({ length: 3 * 256 }, (_, i) => [50000, 12000, 9000][i % 3]!);
  await picture(red, 16, 16, 3).withIccProfile('srgb').png().toFile(path);
  const stored = await sharp(path, { ignoreIcc: true })
    .toColourspace('rgb16')
    .raw({ depth: 'ushort' })
    .toBuffer();
  const { data } = await readAlignedCrop(path, 16);
  for (let c = 0; c < 3; c++)
    expect(Math.abs((data[256 * c]! + 1) * 127.5 - stored.readUInt16LE(2 * c) / 257)).toBeLessThan(1.5);
});
