/**
 * Looks into real picture files: size as seen, date, camera, place, thumbnails, hash; damage is an answer. Made in code.
 */
import fc from 'fast-check';
import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { dhashOf } from '../../../src/imaging/library/dhash.ts';
import { lookAt } from '../../../src/imaging/library/look.ts';
import { exifDate, pictureMetadata } from '../../../src/imaging/library/metadata.ts';

/** A smooth picture, `width` x `height`, that has light and dark places. */
function picture(width: number, height: number, seed = 0) {
  const data = Buffer.alloc(3 * width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++)
        data[3 * (y * width + x) + c] =
          128 + 100 * Math.sin((9 * x) / width + seed + c) * Math.cos((7 * y) / height + seed);
  return sharp(data, { raw: { width, height, channels: 3 } });
}

const exif = {
  IFD0: { Make: 'Acme', Model: 'Acme One\u0007', DateTime: '2024:01:01 00:00:00' },
  IFD2: { DateTimeOriginal: '1998:07:06 05:04:03', DateTimeDigitized: '2020:02:02 00:00:00' },
  IFD3: {
    GPSLatitudeRef: 'S',
    GPSLatitude: '48/1 30/1 0/1',
    GPSLongitudeRef: 'E',
    GPSLongitude: '2/1 15/1 0/1',
  },
};
const differing = (a: Uint8Array | null, b: Uint8Array | null): number =>
  [...(a ?? [])].reduce(
    (sum, byte, i) => sum + (byte ^ (b?.[i] ?? 0)).toString(2).replaceAll('0', '').length,
    0,
  );

describe('a look', () => {
  it('tells size, date, camera and place, and makes thumbnails', async () => {
    const bytes = await picture(1600, 1200).withExif(exif).jpeg().toBuffer();
    const look = await lookAt('a.jpg', bytes, [256, 1024]);
    expect(look).toMatchObject({
      size: { width: 1600, height: 1200 },
      format: 'jpeg',
      orientation: 1,
      captured: { at: Date.UTC(1998, 6, 6, 5, 4, 3), precision: 'second' },
      digitized: { at: Date.UTC(2020, 1, 2), precision: 'second' },
      camera: 'Acme One',
      gps: { latitude: -48.5, longitude: 2.25 },
      damage: null,
    });
    for (const [side, height] of [
      [256, 192],
      [1024, 768],
    ] as const) {
      const metadata = await sharp(look.thumbnails.get(side)).metadata();
      expect([metadata.format, metadata.width, metadata.height]).toEqual(['webp', side, height]);
    }
  });

  it('turns the picture as it is meant to be seen', async () => {
    const bytes = await picture(300, 200).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const look = await lookAt('a.jpg', bytes, [256]);
    expect(look).toMatchObject({ size: { width: 200, height: 300 }, orientation: 6 });
    const { width, height } = await sharp(look.thumbnails.get(256)).metadata();
    expect([width, height]).toEqual([171, 256]);
  });

  it('reads each format, transparency, grey and few pixels; small pictures are not made larger', async () => {
    const small = picture(60, 40);
    const made = {
      png: await small.clone().ensureAlpha(0.5).png().toBuffer(),
      webp: await small.clone().webp().toBuffer(),
      tiff: await small.clone().tiff().toBuffer(),
      gif: await small.clone().gif().toBuffer(),
      avif: await small.clone().avif({ effort: 0 }).toBuffer(),
      jpeg: await small.clone().greyscale().jpeg().toBuffer(),
    };
    for (const [format, bytes] of Object.entries(made)) {
      const look = await lookAt(`a.${format}`, bytes, [1024]);
      expect(look).toMatchObject({ format, size: { width: 60, height: 40 }, damage: null });
      expect((await sharp(look.thumbnails.get(1024)).metadata()).width).toBe(60);
      expect(look.dhash).toHaveLength(8);
    }
    const dot = await lookAt('dot.png', await picture(1, 1).png().toBuffer(), [256]);
    expect(dot).toMatchObject({ size: { width: 1, height: 1 }, damage: null });
  });

  it('shows what is there of a file that is cut short, and says so', async () => {
    const bytes = await picture(800, 600).jpeg().toBuffer();
    const look = await lookAt('a.jpg', bytes.subarray(0, bytes.length >> 1), [256]);
    expect(look).toMatchObject({
      size: { width: 800, height: 600 },
      damage: '"a.jpg" is damaged or cut short.',
    });
    expect(look.thumbnails.has(256)).toBe(true);
  });

  it('has a sentence for anything, and throws nothing', async () => {
    const bytes = await picture(64, 48).withExif(exif).jpeg().toBuffer();
    await fc.assert(
      fc.asyncProperty(
        fc.nat(bytes.length - 1),
        fc.nat(255),
        fc.integer({ min: 0, max: bytes.length }),
        async (at, value, end) => {
          const changed = Buffer.from(bytes.subarray(0, end));
          if (at < changed.length) changed[at] = value;
          const look = await lookAt('a.jpg', changed, [256]);
          expect(look.size === null ? typeof look.damage : 'string').toBe('string');
        },
      ),
      { numRuns: 60 },
    );
    for (const [name, content] of [
      ['a.jpg', ''],
      ['a.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>'],
      ['a.png', 'text'],
    ] as const)
      expect(await lookAt(name, Buffer.from(content), [256])).toMatchObject({
        size: null,
        damage: expect.stringContaining(name) as string,
      });
  });
});

describe('dates of EXIF', () => {
  it.each([
    ['1998:07:06 05:04:03', '1998-07-06T05:04:03 second'],
    ['1998-07-06T05:04:03+02:00', '1998-07-06T05:04:03 second'],
    ['1998:07:06', '1998-07-06T00:00:00 day'],
    ['1998:07:00 00:00:00', '1998-07-01T00:00:00 month'],
    ['1998:00:00 00:00:00', '1998-01-01T00:00:00 year'],
    ['0000:00:00 00:00:00', 'none'],
    ['1998:02:31 00:00:00', 'none'],
    ['    :  :     :  :  ', 'none'],
    ['yesterday', 'none'],
  ])('%j: %s', (text, date) => {
    const found = exifDate(text);
    expect(found ? `${new Date(found.at).toISOString().slice(0, 19)} ${found.precision}` : 'none').toBe(date);
  });

  it('are absent where metadata is damaged', () => {
    expect(pictureMetadata(Buffer.from('nothing'))).toEqual({
      captured: null,
      digitized: null,
      camera: null,
      gps: null,
    });
  });
});

describe('perceptual hashes', () => {
  it('stay near for the same picture scaled, recompressed and toned, and are far for others', async () => {
    const hashOf = async (image: Sharp): Promise<Uint8Array | null> =>
      (await lookAt('a.jpg', await image.jpeg({ quality: 60 }).toBuffer(), [])).dhash;
    const original = await hashOf(picture(900, 600));
    const variants = [picture(300, 200), picture(900, 600).linear(0.8, 20), picture(900, 600).blur(2)];
    for (const variant of variants) expect(differing(original, await hashOf(variant))).toBeLessThanOrEqual(4);
    expect(differing(original, await hashOf(picture(900, 600, 2)))).toBeGreaterThan(12);
  });

  it('have a bit for each cell darker than the one to its right', () => {
    const rising = Uint8Array.from({ length: 72 }, (_, i) => 10 * (i % 9));
    expect(dhashOf(rising, 9, 8, 1)).toEqual(new Uint8Array(8).fill(0xff));
    expect(dhashOf(rising.toReversed(), 9, 8, 1)).toEqual(new Uint8Array(8));
    const first = new Uint8Array(72).fill(50);
    first[0] = 0;
    expect([...dhashOf(first, 9, 8, 1)]).toEqual([0x80, 0, 0, 0, 0, 0, 0, 0]);
  });
});
