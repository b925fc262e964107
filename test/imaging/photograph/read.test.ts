/**
 * Reading whole photographs: pixels as the file has them, turned as they are meant to be seen; one clear sentence for
 * what cannot be read. save.test.ts is the way back, region.test.ts about colours.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/domain/errors.ts';
import { directoryBytes, numberTag } from '../../../src/imaging/photograph/ifd.ts';
import { profiledTiff } from '../../../src/imaging/photograph/container/tiff.ts';
import { readPhotograph } from '../../../src/imaging/photograph/read.ts';
import { fileOf, temporaryFolder } from '../helpers.ts';
import { deepLevels, levels, oneWayProfile, picture, turned, wideProfile } from './pictures.ts';

const folder = temporaryFolder();
const rgb = levels(24, 16, 3);

describe('pixels come as the file has them', () => {
  test.each([
    ['grey.png', levels(24, 16, 1), 1],
    ['rgb.png', rgb, 3],
    ['deep.png', deepLevels(24, 16, 3), 3],
    ['deep-grey.tif', deepLevels(24, 16, 1), 1],
    ['rgb.tif', rgb, 3],
  ] as const)('%s', async (name, data, channels) => {
    const path = join(folder, name);
    const made = picture(data, 24, 16, channels);
    await (name.endsWith('tif') ? made.tiff({ compression: 'lzw' }) : made).toFile(path);
    const photo = await readPhotograph(path);
    expect(photo).toMatchObject({
      width: 24,
      height: 16,
      channels,
      depth: data instanceof Uint8Array ? 8 : 16,
    });
    expect([...photo.data]).toEqual([...data]);
    expect(photo.alpha).toBeUndefined();
    expect(photo.profile).toBeUndefined();
  });

  test.each([
    ['clear.png', levels(24, 16, 4), 4],
    ['clear-grey.png', levels(24, 16, 2), 2],
    ['clear-deep.png', deepLevels(24, 16, 4), 4],
    ['clear-deep-grey.png', deepLevels(24, 16, 2), 2],
  ] as const)('%s, with its opacity apart', async (name, data, channels) => {
    const path = join(folder, name);
    await picture(data, 24, 16, channels).png().toFile(path);
    const photo = await readPhotograph(path);
    expect(photo.channels).toBe(channels - 1);
    expect([...photo.data]).toEqual([...data].filter((_, i) => i % channels !== channels - 1));
    expect([...(photo.alpha ?? [])]).toEqual([...data].filter((_, i) => i % channels === channels - 1));
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('orientation %i is applied', async (orientation) => {
    const path = join(folder, `turned-${orientation}.png`);
    await picture(rgb, 24, 16, 3).withMetadata({ orientation }).withExifMerge({}).png().toFile(path);
    const photo = await readPhotograph(path);
    const expected = turned(rgb, 24, 16, 3, orientation);
    expect([photo.width, photo.height]).toEqual([expected.width, expected.height]);
    expect([...photo.data]).toEqual(expected.data);
    expect(photo.source).toMatchObject({ width: 24, height: 16, orientation });
  });

  test('JPEG, WebP, AVIF and GIF, nearly', async () => {
    const smooth = picture(rgb, 24, 16, 3);
    for (const [name, bytes, format] of [
      ['a.jpg', await smooth.clone().jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer(), 'jpeg'],
      ['a.webp', await smooth.clone().webp({ lossless: true }).toBuffer(), 'webp'],
      ['a.avif', await smooth.clone().avif({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer(), 'avif'],
      ['a.gif', await smooth.clone().gif().toBuffer(), 'gif'],
    ] as const) {
      const photo = await readPhotograph(fileOf(folder, name, bytes));
      expect(photo.source.format).toBe(format);
      let worst = 0;
      photo.data.forEach((v, k) => (worst = Math.max(worst, Math.abs(v - rgb[k]!))));
      expect(worst).toBeLessThan(format === 'gif' ? 40 : 12);
    }
  });

  test('the first page of several', async () => {
    const frames = await Promise.all(
      [30, 200].map((level) =>
        picture(new Uint8Array(3 * 64).fill(level), 8, 8, 3)
          .png()
          .toBuffer(),
      ),
    );
    const path = join(folder, 'pages.tif');
    await sharp(frames, { join: { animated: true } })
      .tiff({ compression: 'lzw' })
      .toFile(path);
    const photo = await readPhotograph(path);
    expect(photo).toMatchObject({ width: 8, height: 8, source: { pages: 2 } });
    expect(photo.data.every((v) => v === 30)).toBe(true);
  });

  test('one pixel, and 1 x 20000', async () => {
    for (const [width, height] of [
      [1, 1],
      [1, 20000],
      [20000, 1],
    ] as const) {
      const data = levels(width, height, 3);
      const path = join(folder, `thin-${width}-${height}.png`);
      await picture(data, width, height, 3).png().toFile(path);
      const photo = await readPhotograph(path);
      expect(photo).toMatchObject({ width, height });
      expect(Buffer.from(photo.data).equals(Buffer.from(data))).toBe(true);
    }
  });

  test('a file that has changed is read anew', async () => {
    for (const format of ['png', 'jpeg', 'webp', 'tiff', 'avif', 'gif'] as const)
      for (const level of [10, 200]) {
        const bytes = await picture(new Uint8Array(3 * 64).fill(level), 8, 8, 3)
          .toFormat(format)
          .toBuffer();
        const { data } = await readPhotograph(fileOf(folder, `again.${format}`, bytes));
        expect(Math.abs(data[30]! - level)).toBeLessThan(4);
      }
  });

  test('a name that libvips would read options from', async () => {
    const png = await picture(rgb, 24, 16, 3).png().toBuffer();
    expect((await readPhotograph(fileOf(folder, 'a.png[page=3]', png))).width).toBe(24);
  });
});

describe('colour spaces', () => {
  test('a wide profile stays with the untouched pixels', async () => {
    const path = join(folder, 'wide.png');
    await picture(deepLevels(24, 16, 3), 24, 16, 3)
      .withIccProfile('p3')
      .png()
      .toFile(path);
    const photo = await readPhotograph(path);
    expect(photo.profile).toEqual(photo.source.icc);
    expect([...photo.data]).toEqual([...deepLevels(24, 16, 3)]);
  });

  test('sRGB needs none, but is kept for the way out; a profile of another kind is not', async () => {
    const path = join(folder, 'plain.png');
    await picture(rgb, 24, 16, 3).withIccProfile('srgb').png().toFile(path);
    const photo = await readPhotograph(path);
    expect(photo.profile).toBeUndefined();
    expect(photo.source.icc?.length).toBeGreaterThan(100);
    const grey = await picture(levels(24, 16, 1), 24, 16, 1)
      .jpeg()
      .toBuffer();
    const odd = Buffer.concat([grey.subarray(0, 2), segmentOf(await wideProfile()), grey.subarray(2)]);
    const read = await readPhotograph(fileOf(folder, 'odd.jpg', odd));
    expect(read.channels).toBe(1);
    expect(read.profile ?? read.source.icc).toBeUndefined();
  });

  test.each(['cmyk.jpg', 'cmyk.tif'])('%s becomes sRGB, and says so', async (name) => {
    const path = join(folder, name);
    const red = new Uint8Array(3 * 256).map((_, i) => [210, 40, 50][i % 3]!);
    const made = picture(red, 16, 16, 3).toColourspace('cmyk').withIccProfile('cmyk');
    await (name.endsWith('jpg') ? made.jpeg({ quality: 100 }) : made.tiff()).toFile(path);
    expect((await sharp(path).metadata()).space).toBe('cmyk');
    const photo = await readPhotograph(path);
    expect(photo).toMatchObject({ channels: 3, depth: 8, source: { converted: 'cmyk' } });
    expect(photo.source.icc ?? photo.profile).toBeUndefined();
    [210, 40, 50].forEach((v, c) => expect(Math.abs(photo.data[3 * 100 + c]! - v)).toBeLessThan(16));
  });

  test('Lab becomes sRGB', async () => {
    // L 60 %, a = b = 0: a grey of about 145
    const tags = [
      numberTag(256, 4, 4, true),
      numberTag(257, 4, 4, true),
      { id: 258, type: 3, count: 3, bytes: Uint8Array.of(16, 0, 16, 0, 16, 0) },
      numberTag(259, 3, 1, true),
      numberTag(262, 3, 8, true),
      numberTag(273, 4, 8, true),
      numberTag(277, 3, 3, true),
      numberTag(278, 4, 4, true),
      numberTag(279, 4, 96, true),
    ];
    const directory = directoryBytes({ little: true, tags, below: new Map(), next: 0, end: 0 }, 104);
    const pixels = new Uint8Array(
      Uint16Array.from({ length: 48 }, (_, i) => (i % 3 === 0 ? 39321 : 0)).buffer,
    );
    const head = Buffer.from('II*\0\x68\0\0\0', 'latin1');
    const path = fileOf(folder, 'lab.tif', Buffer.concat([head, pixels, directory]));
    const photo = await readPhotograph(path);
    expect(photo).toMatchObject({ channels: 3, depth: 8, source: { converted: 'lab' } });
    for (const value of photo.data) expect(Math.abs(value - 145)).toBeLessThan(3);
  });

  test('a profile that leads one way only is applied when read', async () => {
    // red 2/3: Lab's L is 67, a and b near 0, so a grey of about 162
    const device = Uint16Array.from({ length: 3 * 16 }, (_, i) => (i % 3 === 0 ? 43690 : 32768));
    const path = fileOf(folder, 'one-way.tif', profiledTiff(device, 4, 4, oneWayProfile()));
    const photo = await readPhotograph(path);
    expect(photo).toMatchObject({ channels: 3, depth: 16, source: { converted: 'profile' } });
    expect(photo.profile ?? photo.source.icc).toBeUndefined();
    for (const value of photo.data) expect(Math.abs(value / 257 - 162)).toBeLessThan(5);
  });
});

/** A profile as a JPEG segment. */
function segmentOf(icc: Uint8Array): Buffer {
  const head = Buffer.from('\xff\xe2\0\0ICC_PROFILE\0\x01\x01', 'latin1');
  head.writeUInt16BE(16 + icc.length, 2);
  return Buffer.concat([head, icc]);
}

describe('what is no photo is one sentence with advice', async () => {
  const png = await picture(levels(64, 64, 3), 64, 64, 3)
    .png()
    .toBuffer();
  const jpeg = await picture(levels(256, 256, 3), 256, 256, 3)
    .jpeg()
    .toBuffer();
  const tiff = await picture(levels(64, 64, 3), 64, 64, 3)
    .tiff({ compression: 'deflate' })
    .toBuffer();
  const avif = await picture(levels(64, 64, 3), 64, 64, 3)
    .avif()
    .toBuffer();
  const bomb = Buffer.from(png);
  bomb.writeUInt32BE(30000, 16);
  bomb.writeUInt32BE(30000, 20);
  bomb.writeUInt32BE(crc32(bomb.subarray(12, 29)), 29);
  const cases: readonly (readonly [name: string, bytes: Uint8Array | string, sentence: RegExp])[] = [
    ['empty.jpg', '', /is empty\.$/],
    ['text.jpg', 'a letter to grandma\n', /is not a picture, or is damaged at its beginning\.$/],
    ['half.jpg', jpeg.subarray(0, jpeg.length / 2), /is damaged or cut short\.$/],
    ['half.png', png.subarray(0, png.length / 2), /is damaged or cut short\.$/],
    ['half.tif', tiff.subarray(0, tiff.length / 2), /is (damaged or cut short|not a picture.*)\.$/],
    ['half.avif', avif.subarray(0, avif.length / 2), /is (damaged or cut short|not a picture.*)\.$/],
    ['start.jpg', jpeg.subarray(0, 20), /is not a picture, or is damaged at its beginning\.$/],
    ['phone.heic', '\0\0\0\x18ftypheic\0\0\0\0mif1heic', /is a HEIC picture, which cannot be read yet\.$/],
    ['bomb.png', bomb, /says it has 30000 x 30000 pixels, more than this version reads\.$/],
    ['drawing.svg', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', /\(svg\)\.$/],
  ];
  test.each(cases)('%j', async (name, bytes, sentence) => {
    const error: unknown = await readPhotograph(fileOf(folder, name, bytes)).catch((e: unknown) => e);
    if (!(error instanceof UserError)) throw new Error('no UserError', { cause: error });
    expect(error.code).toBe('photo.unreadable');
    expect(error.message).toMatch(sentence);
    expect(error.message).not.toMatch(/\n/);
    expect(error.advice).toMatch(/\.$/);
  });

  test('a folder, a missing file', async () => {
    await expect(readPhotograph(folder)).rejects.toThrow('is a folder.');
    await expect(readPhotograph(join(folder, 'none.jpg'))).rejects.toThrow('"none.jpg" does not exist.');
  });

  test('a stop', async () => {
    const path = join(folder, 'stop.png');
    writeFileSync(path, png);
    await expect(readPhotograph(path, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'cancelled',
    });
  });
});
