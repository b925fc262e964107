/**
 * Reading photos: what is turned, flattened and resized, and one clear sentence for each thing that is no square photo.
 * write.test.ts is the way back.
 */
import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/domain/errors.ts';
import { readAlignedCrop } from '../../src/imaging/read.ts';
import { writeImage } from '../../src/imaging/write.ts';
import { fileOf, imageOf, smooth, temporaryFolder } from './helpers.ts';

const folder = temporaryFolder();

/** A plain RGB picture with a red top-left quarter. */
function quarter(width: number, height: number): Sharp {
  const data = Buffer.alloc(3 * width * height, 128);
  for (let y = 0; y < height / 2; y++)
    for (let x = 0; x < width / 2; x++) data.set([255, 0, 0], 3 * (y * width + x));
  return sharp(data, { raw: { width, height, channels: 3 } });
}

const at = (image: Float32Array, side: number, c: number, y: number, x: number): number =>
  image[(c * side + y) * side + x]!;

test('a PNG of the right size is read exactly', async () => {
  const image = imageOf(16, (c, y, x) => (((37 * c + 16 * y + x) % 256) / 255) * 2 - 1);
  const path = `${folder}/exact.png`;
  await writeImage(path, image);
  const { data, source } = await readAlignedCrop(path, 16);
  expect(source).toEqual({ width: 16, height: 16 });
  for (let i = 0; i < data.length; i++) expect(data[i]).toBeCloseTo(image[i]!, 6);
});

test('EXIF orientation is applied, in the picture and in its size', async () => {
  // orientation 6: the camera lay on its side; shown, the first row is the right-hand column
  const path = fileOf(
    folder,
    'turned.png',
    await quarter(32, 32).withMetadata({ orientation: 6 }).png().toBuffer(),
  );
  const { data } = await readAlignedCrop(path, 32);
  expect(at(data, 32, 0, 4, 27)).toBeCloseTo(1, 5);
  expect(at(data, 32, 1, 4, 27)).toBeCloseTo(-1, 5);
  expect(at(data, 32, 0, 4, 4)).toBeCloseTo(128 / 127.5 - 1, 5);

  const wide = await sharp({ create: { width: 64, height: 32, channels: 3, background: 'grey' } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
  await expect(readAlignedCrop(fileOf(folder, 'wide.jpg', wide), 16)).rejects.toThrow('is 32 x 64 pixels');
});

test('grey, 16-bit, transparent and CMYK pictures become RGB', async () => {
  const grey = await sharp(Buffer.alloc(256, 51), { raw: { width: 16, height: 16, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
  expect((await sharp(grey).metadata()).channels).toBe(1);
  const { data } = await readAlignedCrop(fileOf(folder, 'grey.png', grey), 16);
  expect(data.every((v) => Math.abs(v - (51 / 127.5 - 1)) < 1e-6)).toBe(true);

  const deep = await quarter(16, 16).toColourspace('rgb16').png().toBuffer();
  expect((await sharp(deep).metadata()).depth).toBe('ushort');
  expect(at((await readAlignedCrop(fileOf(folder, 'deep.png', deep), 16)).data, 16, 0, 2, 2)).toBe(1);

  const clear = await sharp({
    create: { width: 16, height: 16, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0 } },
  })
    .png()
    .toBuffer();
  expect((await readAlignedCrop(fileOf(folder, 'clear.png', clear), 16)).data.every((v) => v === 1)).toBe(
    true,
  );

  const cmyk = await quarter(16, 16).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();
  const read = (await readAlignedCrop(fileOf(folder, 'cmyk.jpg', cmyk), 16)).data;
  expect(read.length).toBe(768);
  expect(at(read, 16, 0, 2, 2)).toBeGreaterThan(0.5);
  expect(at(read, 16, 2, 2, 2)).toBeLessThan(-0.3);
});

test('another size is resized, and says its own', async () => {
  const path = `${folder}/large.png`;
  await writeImage(path, smooth(64));
  const { data, source } = await readAlignedCrop(path, 16);
  expect(source).toEqual({ width: 64, height: 64 });
  const mean = (image: Float32Array): number => image.reduce((a, b) => a + b, 0) / image.length;
  expect(mean(data)).toBeCloseTo(mean(smooth(64)), 2);
  expect((await readAlignedCrop(path, 128)).data.length).toBe(3 * 128 * 128);
});

test('a crop within 2 % of square is taken, others are refused with a sentence', async () => {
  const near = fileOf(folder, 'near.png', await quarter(100, 98).png().toBuffer());
  expect((await readAlignedCrop(near, 16)).source).toEqual({ width: 100, height: 98 });
  const far = fileOf(folder, 'far.png', await quarter(100, 97).png().toBuffer());
  await expect(readAlignedCrop(far, 16)).rejects.toMatchObject({
    code: 'photo.unsuitable',
    message: '"far.png" is 100 x 97 pixels, not square as an aligned face crop is.',
  });
  const tiny = fileOf(folder, 'tiny.png', await quarter(4, 4).png().toBuffer());
  await expect(readAlignedCrop(tiny, 16)).rejects.toMatchObject({ code: 'photo.unsuitable' });
});

describe('what is no picture', async () => {
  const jpeg = await sharp(Buffer.alloc(3 * 256 * 256, 90), { raw: { width: 256, height: 256, channels: 3 } })
    .jpeg()
    .toBuffer();
  const noisy = Buffer.from(Array.from({ length: 3 * 64 * 64 }, (_, i) => (i * 7919) % 251));
  const png = await sharp(noisy, { raw: { width: 64, height: 64, channels: 3 } })
    .png()
    .toBuffer();
  const bomb = Buffer.from(png);
  bomb.writeUInt32BE(60000, 16);
  bomb.writeUInt32BE(60000, 20);
  const cases: readonly (readonly [name: string, bytes: Uint8Array | string, sentence: RegExp])[] = [
    ['empty.jpg', '', /is empty\.$/],
    ['text.png', 'a letter to grandma\n', /is not a picture, or is damaged at its beginning\.$/],
    ['half.jpg', jpeg.subarray(0, jpeg.length / 2), /is damaged or cut short\.$/],
    ['half.png', png.subarray(0, png.length / 2), /is damaged or cut short\.$/],
    ['start.jpg', jpeg.subarray(0, 20), /is not a picture, or is damaged at its beginning\.$/],
    ['phone.heic', `\0\0\0\x18ftypheic\0\0\0\0mif1heic`, /is a HEIC picture, which cannot be read yet\.$/],
    [
      'drawing.svg',
      '<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32"/>',
      /is of a kind that is not read \(svg\)\.$/,
    ],
    [
      'bomb.png',
      bomb,
      /(says it has 60000 x 60000 pixels, more than this version reads|is not a picture.*)\.$/,
    ],
    ['line\nbreak.jpg', 'no', /^"line\?break\.jpg" is not a picture/],
  ];
  test.each(cases)('%j is one sentence with advice', async (name, bytes, sentence) => {
    const error: unknown = await readAlignedCrop(fileOf(folder, name, bytes), 16).catch((e: unknown) => e);
    if (!(error instanceof UserError)) throw new Error('no UserError', { cause: error });
    expect(error.code).toBe('photo.unreadable');
    expect(error.message).toMatch(sentence);
    expect(error.message).not.toMatch(/\n/);
    expect(error.advice).toMatch(/\.$/);
  });

  test('a folder and a missing file are too', async () => {
    await expect(readAlignedCrop(folder, 16)).rejects.toMatchObject({ code: 'photo.unreadable' });
    await expect(readAlignedCrop(`${folder}/none.jpg`, 16)).rejects.toThrow('"none.jpg" does not exist.');
  });
});
