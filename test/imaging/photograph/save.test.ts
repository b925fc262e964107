/**
 * Writing whole photographs: what no step changed comes out as it went in, with all the file said about itself; whole or
 * not at all. Checked through our own reader and sharp, and by ExifTool where it is installed.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { PhotoFormat, Photograph } from '../../../src/imaging/photograph.ts';
import { intoJpeg } from '../../../src/imaging/photograph/container/jpeg.ts';
import { readPhotograph } from '../../../src/imaging/photograph/read.ts';
import { savePhotograph } from '../../../src/imaging/photograph/save.ts';
import { RESTORED_FACES } from '../../../src/imaging/photograph/xmp.ts';
import { fileOf, temporaryFolder } from '../helpers.ts';
import { deepLevels, greyProfile, levels, photographOf, picture, turned, wideProfile } from './pictures.ts';

const folder = temporaryFolder();
const metadata = { software: 'Albumen 1.2.3' };
const FORMATS: readonly PhotoFormat[] = ['jpeg', 'png', 'tiff', 'webp', 'avif'];
const [W, H] = [40, 30];
const rgb = levels(W, H, 3);
const wide = await wideProfile();
const exiftool = spawnSync('exiftool', ['-ver']).status === 0;

/** What ExifTool says of a file, by group and name; undefined where it is not installed. */
function exifOf(path: string): Record<string, unknown> | undefined {
  if (!exiftool) return undefined;
  const said: unknown = JSON.parse(execFileSync('exiftool', ['-j', '-G1', '-n', '-a', path]).toString());
  return (said as Record<string, unknown>[])[0];
}

const TITLE = 'Anna &amp; Grandma, 1931';
const XMP = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"
 tiff:Orientation="6"><dc:title><rdf:Alt><rdf:li xml:lang="x-default">${TITLE}</rdf:li></rdf:Alt></dc:title></rdf:Description>
</rdf:RDF></x:xmpmeta>`;
/** IIM: the caption, in two records. */
const IPTC = Buffer.from('\x1c\x02\0\0\x02\0\x02\x1c\x02x\0\x0bOld caption', 'latin1');

/** A camera's JPEG, turned, with every kind of block. */
async function camera(): Promise<string> {
  const made = await picture(rgb, W, H, 3)
    .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
    .withExif({
      IFD0: { Make: 'Maker', Copyright: 'anna', Software: 'firmware', Orientation: '6' },
      IFD2: { DateTimeOriginal: '1984:05:06 07:08:09', PixelXDimension: '40', PixelYDimension: '30' },
      IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 0/1' },
    })
    .withMetadata({ density: 300, orientation: 6 })
    .toBuffer();
  const { exif } = await sharp(made).metadata();
  if (!exif) throw new Error('no EXIF');
  const blocks = { exif: exif.subarray(6), xmp: Buffer.from(XMP), iptc: IPTC, icc: wide };
  return fileOf(folder, 'camera.jpg', Buffer.concat(intoJpeg(made, blocks, 300)));
}

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

describe('what a file says about itself is kept', async () => {
  const input = await camera();
  const photo = await readPhotograph(input);

  test('all of it is read', () => {
    expect(photo).toMatchObject({ width: H, height: W, depth: 8, channels: 3 });
    expect(photo.source).toMatchObject({ orientation: 6, density: 300, taken: '1984:05:06 07:08:09' });
    expect(Buffer.from(photo.source.iptc ?? [])).toEqual(IPTC);
    expect(Buffer.from(photo.source.xmp ?? []).toString()).toBe(XMP);
    expect(Buffer.from(photo.profile ?? [])).toEqual(Buffer.from(wide));
  });

  test.each(FORMATS)('in %s', async (format) => {
    const path = join(folder, `kept.${format}`);
    const { lost } = await savePhotograph(photo, path, {
      format,
      metadata: { ...metadata, restoredFaces: true, recipe: '{"seed":7,"note":"<&>"}' },
    });
    const noIptc = format === 'webp' || format === 'avif';
    expect(lost).toEqual(noIptc ? ['IPTC'] : []);
    const read = await readPhotograph(path);
    expect(read).toMatchObject({ width: H, height: W });
    expect(read.source).toMatchObject({ orientation: 1, density: 300, taken: '1984:05:06 07:08:09', format });
    expect(Buffer.from(read.profile ?? [])).toEqual(Buffer.from(wide));
    expect(Buffer.from(read.source.iptc ?? [])).toEqual(noIptc ? Buffer.alloc(0) : IPTC);
    const xmp = Buffer.from(read.source.xmp ?? []).toString();
    expect(xmp).toContain(TITLE);
    expect(xmp).toContain(`<Iptc4xmpExt:DigitalSourceType>${RESTORED_FACES}<`);
    expect(xmp).toContain('tiff:Orientation="1"');
    const exif = Buffer.from(read.source.exif ?? []).toString('latin1');
    for (const text of ['Maker', 'anna', 'Albumen 1.2.3']) expect(exif).toContain(text);
    if (format !== 'tiff') expect((await sharp(path).metadata()).exif).toBeDefined();
    const said = exifOf(path);
    if (!said) return;
    expect(said).toMatchObject({
      'IFD0:Orientation': 1,
      'IFD0:Make': 'Maker',
      'IFD0:Software': 'Albumen 1.2.3',
      'IFD0:XResolution': 300,
      'ExifIFD:DateTimeOriginal': '1984:05:06 07:08:09',
      'ExifIFD:ExifImageWidth': H,
      'ExifIFD:ExifImageHeight': W,
      'GPS:GPSLatitude': 51.5,
      'XMP-dc:Title': 'Anna & Grandma, 1931',
      'XMP-iptcExt:DigitalSourceType': RESTORED_FACES,
      'XMP-albumen:Recipe': '{"seed":7,"note":"<&>"}',
    });
    expect(said['IPTC:Caption-Abstract']).toBe(noIptc ? undefined : 'Old caption');
    expect(said['ExifTool:Warning']).toBeUndefined();
  });

  test('from TIFF to JPEG and back too', async () => {
    const [tiff, jpeg] = [join(folder, 'there.tif'), join(folder, 'back.jpg')];
    await savePhotograph(photo, tiff, { format: 'tiff', metadata });
    await savePhotograph(await readPhotograph(tiff), jpeg, { format: 'jpeg', metadata });
    const { source, profile } = await readPhotograph(jpeg);
    expect(source).toMatchObject({ density: 300, taken: '1984:05:06 07:08:09' });
    expect(Buffer.from(source.exif ?? []).toString('latin1')).toContain('Maker');
    expect(Buffer.from(source.iptc ?? [])).toEqual(IPTC);
    expect(Buffer.from(profile ?? [])).toEqual(Buffer.from(wide));
    const said = exifOf(jpeg);
    if (said) expect(said).toMatchObject({ 'IFD0:Make': 'Maker', 'GPS:GPSLatitude': 51.5 });
  });

  test('a file that says nothing gets the software’s name and no more', async () => {
    const path = join(folder, 'silent.jpg');
    await savePhotograph(photographOf(rgb, W, H), path, { format: 'jpeg', metadata });
    const { source } = await readPhotograph(path);
    expect(Buffer.from(source.exif ?? []).toString('latin1')).toContain('Albumen 1.2.3');
    expect(source.xmp ?? source.iptc ?? source.icc ?? source.taken).toBeUndefined();
    expect((await sharp(path).metadata()).chromaSubsampling).toBe('4:4:4');
  });

  test('a comment goes from JPEG to PNG and back', async () => {
    const plain = await picture(rgb, W, H, 3).jpeg().toBuffer();
    const jpeg = fileOf(folder, 'comment-a.jpg', Buffer.concat(intoJpeg(plain, {}, 72, ['scanned by anna'])));
    const [png, back] = [join(folder, 'comment-b.png'), join(folder, 'comment-c.jpg')];
    await savePhotograph(await readPhotograph(jpeg), png, { format: 'png', metadata });
    await savePhotograph(await readPhotograph(png), back, { format: 'jpeg', metadata });
    for (const path of [jpeg, png, back]) {
      const { comments } = (await readPhotograph(path)).source;
      expect(comments).toEqual([{ keyword: 'Comment', text: 'scanned by anna' }]);
    }
  });

  test('comments of a PNG stay in a PNG', async () => {
    const source = {
      ...photographOf(rgb, W, H).source,
      comments: [{ keyword: 'Title', text: 'Anna’s garden' }],
    };
    const path = join(folder, 'comment.png');
    await savePhotograph(photographOf(rgb, W, H, { source }), path, { metadata });
    const read = await readPhotograph(path);
    expect(read.source.comments).toEqual(source.comments);
    const { lost } = await savePhotograph(read, join(folder, 'comment.jpg'), { format: 'jpeg', metadata });
    expect(lost).toEqual(['1 text comment']);
  });

  test('what is too long for a JPEG is left out, and said', async () => {
    const exif = Buffer.concat([photo.source.exif ?? Buffer.alloc(0), Buffer.alloc(70000)]);
    const source = { ...photo.source, exif, iptc: Buffer.concat([IPTC, Buffer.alloc(70000)]) };
    const path = join(folder, 'long.jpg');
    const { lost } = await savePhotograph({ ...photo, source }, path, {
      metadata: { ...metadata, restoredFaces: true, recipe: 'x'.repeat(70000) },
    });
    expect(lost.map((what) => what.split(' (')[0])).toEqual([
      'the recipe in XMP',
      'vendor’s notes in EXIF',
      'IPTC',
    ]);
    const read = await readPhotograph(path);
    expect(read.source.taken).toBe('1984:05:06 07:08:09');
    expect(Buffer.from(read.source.xmp ?? []).toString()).toContain(RESTORED_FACES);
    expect(Buffer.from(read.source.xmp ?? []).toString()).toContain(TITLE);
  });
});

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
