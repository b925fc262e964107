/**
 * Writing whole photographs: what no step changed comes out as it went in, in any format; whole or not at all.
 * saved-words.test.ts has what the file says about itself.
 */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { PhotoFormat, Photograph } from '../../../src/imaging/photograph.ts';
import { readPhotograph } from '../../../src/imaging/photograph/read.ts';
import { savePhotograph } from '../../../src/imaging/photograph/save.ts';
import { fileOf, temporaryFolder } from '../helpers.ts';
import { deepLevels, greyProfile, levels, photographOf, picture, turned, wideProfile } from './pictures.ts';

const folder = temporaryFolder();
const metadata = { software: 'Albumen 1.2.3' };
const FORMATS: readonly PhotoFormat[] = ['jpeg', 'png', 'tiff', 'webp', 'avif'];
const [W, H] = [40, 30];
const rgb = levels(W, H, 3);
const wide = await wideProfile();

describe('pixels that nothing changed are the same', () => {
  const kinds: readonly (readonly [name: string, photo: Photograph])[] = [
    ['8-bit RGB', photographOf(rgb, W, H)],
    ['16-bit RGB', photographOf(deepLevels(W, H, 3), W, H)],
    ['8-bit grey', photographOf(levels(W, H, 1), W, H)],
    ['16-bit grey', photographOf(deepLevels(W, H, 1), W, H)],
    ['8-bit RGB with alpha', photographOf(rgb, W, H, { alpha: levels(W, H, 1) })],
    ['16-bit RGB with alpha', photographOf(deepLevels(W, H, 3), W, H, { alpha: deepLevels(W, H, 1) })],
    ['8-bit grey with alpha', photographOf(levels(W, H, 1), W, H, { alpha: levels(W, H, 1) })],
    ['16-bit grey with alpha', photographOf(deepLevels(W, H, 1), W, H, { alpha: deepLevels(W, H, 1) })],
    ['one pixel', photographOf(levels(1, 1, 3), 1, 1)],
    ['1 x 20000', photographOf(levels(1, 20000, 3), 1, 20000)],
    ['8-bit P3', withIcc(photographOf(rgb, W, H, { profile: wide }), wide)],
    ['16-bit P3', withIcc(photographOf(deepLevels(W, H, 3), W, H, { profile: wide }), wide)],
    [
      'grey of gamma 1.8',
      withIcc(photographOf(levels(W, H, 1), W, H, { profile: greyProfile(1.8) }), greyProfile(1.8)),
    ],
  ];
  test.each(kinds)('%s, in PNG and TIFF, twice', async (name, photo) => {
    for (const format of ['png', 'tiff'] as const) {
      const path = join(folder, `${name}.${format}`);
      const { lost, bytes } = await savePhotograph(photo, path, { format, metadata });
      expect(lost).toEqual([]);
      expect(readFileSync(path).length).toBe(bytes);
      const once = await readPhotograph(path);
      await savePhotograph(once, path, { metadata });
      const twice = await readPhotograph(path);
      for (const again of [once, twice]) {
        const { width, height, channels, depth } = photo;
        expect(again).toMatchObject({ width, height, channels, depth, source: { format, orientation: 1 } });
        expect(Buffer.from(again.data.buffer, again.data.byteOffset, again.data.byteLength)).toEqual(
          Buffer.from(photo.data.buffer),
        );
        expect(again.alpha && [...again.alpha]).toEqual(photo.alpha && [...photo.alpha]);
        expect(again.profile && [...again.profile]).toEqual(photo.profile && [...photo.profile]);
      }
    }
  });

  test('a turned file comes out upright', async () => {
    const path = join(folder, 'turned.tif');
    await picture(rgb, W, H, 3).withMetadata({ orientation: 8 }).tiff({ compression: 'lzw' }).toFile(path);
    const out = join(folder, 'upright.tif');
    await savePhotograph(await readPhotograph(path), out, { metadata });
    const photo = await readPhotograph(out);
    expect(photo).toMatchObject({ width: H, height: W, source: { orientation: 1 } });
    expect([...photo.data]).toEqual(turned(rgb, W, H, 3, 8).data);
    expect((await sharp(out).metadata()).orientation).toBe(1);
  });
});

/** As if the profile had been read from a file. */
function withIcc(photo: Photograph, icc: Uint8Array): Photograph {
  return { ...photo, source: { ...photo.source, icc } };
}

describe('formats', () => {
  test('by default the input’s, GIF as PNG, CMYK as RGB', async () => {
    const gif = fileOf(folder, 'a.gif', await picture(rgb, W, H, 3).gif().toBuffer());
    const cmyk = join(folder, 'cmyk.jpg');
    await picture(rgb, W, H, 3).toColourspace('cmyk').withIccProfile('cmyk').jpeg().toFile(cmyk);
    for (const [path, format] of [
      [gif, 'png'],
      [cmyk, 'jpeg'],
    ] as const) {
      const out = join(folder, 'default');
      expect((await savePhotograph(await readPhotograph(path), out, { metadata })).format).toBe(format);
      expect(await sharp(out).metadata()).toMatchObject({ format, space: 'srgb', hasProfile: false });
    }
  });

  test('depth is 16 or 8 as asked', async () => {
    const path = join(folder, 'depth.png');
    await savePhotograph(photographOf(rgb, W, H), path, { depth: 16, metadata });
    const deep = await readPhotograph(path);
    expect(deep.depth).toBe(16);
    expect([...deep.data]).toEqual([...rgb].map((v) => 257 * v));
    await savePhotograph(deep, path, { depth: 8, format: 'tiff', metadata });
    expect([...(await readPhotograph(path)).data]).toEqual([...rgb]);
  });

  test.each(FORMATS)('%s of a grey, a 16-bit and a transparent photo', async (format) => {
    const clear = photographOf(new Uint8Array(3 * W * H), W, H, { alpha: new Uint8Array(W * H).fill(51) });
    for (const [name, photo, expected] of [
      ['grey', photographOf(levels(W, H, 1), W, H), levels(W, H, 1)],
      ['deep', photographOf(deepLevels(W, H, 3), W, H), rgb],
      ['clear', clear, new Uint8Array(3 * W * H).fill(format === 'jpeg' ? 204 : 0)],
    ] as const) {
      const path = join(folder, `kind-${name}.${format}`);
      const { lost } = await savePhotograph(photo, path, { format, quality: 100, metadata });
      const read = await readPhotograph(path);
      const exact = format === 'png' || format === 'tiff';
      expect(read.depth).toBe(exact ? photo.depth : 8);
      if (format !== 'webp' && format !== 'avif') expect(read.channels).toBe(photo.channels);
      const unit = read.depth === 16 ? 257 : 1;
      const per = read.data.length / expected.length;
      let worst = 0;
      read.data.forEach(
        (v, i) => (worst = Math.max(worst, Math.abs(v / unit - expected[Math.floor(i / per)]!))),
      );
      expect(worst).toBeLessThan(exact ? 1 : 10);
      expect(lost).toEqual(name === 'clear' && format === 'jpeg' ? ['transparency'] : []);
      if (name === 'clear' && format !== 'jpeg') expect(read.alpha?.[5]).toBe(51);
    }
  });

  test('quality is used', async () => {
    const noise = Uint8Array.from({ length: 3 * 4096 }, (_, i) => (i * 7919) % 251);
    for (const format of ['jpeg', 'webp', 'avif'] as const) {
      const size = async (quality: number): Promise<number> =>
        (await savePhotograph(photographOf(noise, 64, 64), join(folder, 'q'), { format, quality, metadata }))
          .bytes;
      expect(await size(20)).toBeLessThan(await size(90));
    }
  });

  test('a size that a format does not take is one sentence', async () => {
    const photo = photographOf(levels(1, 20000, 3), 1, 20000);
    const own = temporaryFolder();
    for (const format of ['webp', 'avif'] as const)
      await expect(savePhotograph(photo, join(own, 'tall'), { format, metadata })).rejects.toMatchObject({
        code: 'output.unwritable',
        message: expect.stringMatching(/^"tall" cannot be written: 1 x 20000 pixels are more than/) as string,
      });
    expect(readdirSync(own)).toEqual([]);
  });
});

test('nothing is left where writing fails or stops, and what was there stays', async () => {
  const own = temporaryFolder();
  const path = join(own, 'x.png');
  writeFileSync(path, 'mine');
  const photo = photographOf(rgb, W, H);
  await expect(savePhotograph(photo, path, { metadata, signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'cancelled',
  });
  const broken = { ...photo, data: rgb.subarray(1) };
  await expect(savePhotograph(broken, path, { metadata })).rejects.toMatchObject({
    code: 'output.unwritable',
  });
  mkdirSync(join(own, 'folder'));
  writeFileSync(join(own, 'folder/inside'), '');
  await expect(savePhotograph(photo, join(own, 'folder'), { metadata })).rejects.toMatchObject({
    code: 'output.unwritable',
  });
  expect(readdirSync(own).sort()).toEqual(['folder', 'x.png']);
  expect(readFileSync(path, 'utf8')).toBe('mine');
});
