/**
 * What a file says about itself is kept when a photograph is written: EXIF, IPTC, XMP, ICC, comments, dates. Checked
 * through our own reader and sharp, and by ExifTool where it is installed; save.test.ts has the pixels.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { PhotoFormat } from '../../../src/imaging/photograph.ts';
import { intoJpeg } from '../../../src/imaging/photograph/container/jpeg.ts';
import { memorySource, numberOf, readTiff } from '../../../src/imaging/photograph/ifd.ts';
import { readPhotograph } from '../../../src/imaging/photograph/read.ts';
import { savePhotograph } from '../../../src/imaging/photograph/save.ts';
import { RESTORED_FACES } from '../../../src/imaging/photograph/xmp.ts';
import { fileOf, temporaryFolder } from '../helpers.ts';
import { levels, photographOf, picture, wideProfile } from './pictures.ts';

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
    // YCbCrPositioning, which a JPEG file has to have
    expect(numberOf(await readTiff(memorySource(source.exif ?? new Uint8Array())), 0x213)).toBe(1);
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
