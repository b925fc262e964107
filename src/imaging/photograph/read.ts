/**
 * Reads a photo file, untrusted, whole: its pixels as they are, in their own colour space, and all it says about them.
 * file.ts turns away what is no photo; region.ts and scaled.ts look at what was read; save.ts is the way back.
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import sharp from 'sharp';
import type { Metadata, Sharp } from 'sharp';
import { UserError } from '../../domain/errors.ts';
import { quoted } from '../../domain/text.ts';
import type { Photograph, PhotoFormat, PhotoSource } from '../photograph.ts';
import { words } from './colour.ts';
import { COMMENT } from './container/blocks.ts';
import type { Blocks } from './container/blocks.ts';
import { jpegComments } from './container/jpeg.ts';
import { fromRawProfile } from './container/png.ts';
import { tiffBlocks } from './container/tiff.ts';
import { bareExif, exifFacts } from './exif.ts';
import { MAX_PIXELS, checkFile, damaged, measure, readBytes } from './file.ts';
import { profileFacts } from './icc.ts';
import { iptcRecords } from './iptc.ts';
import { split } from './samples.ts';

export interface ReadOptions {
  readonly signal?: AbortSignal;
}

/**
 * The photograph in `path`: orientation applied, first page of several, palettes as RGB; CMYK, Lab and profiles that lead
 * one way only are converted to sRGB (`source.converted`). Takes 1 byte a channel and pixel (2 at 16 bits), and while it
 * reads as much again for what is turned or transparent. Throws UserError `photo.unreadable` or `cancelled`.
 */
export async function readPhotograph(path: string, { signal }: ReadOptions = {}): Promise<Photograph> {
  const name = quoted(basename(path));
  await checkFile(path, name);
  const metadata = await measure(await inputOf(path), await readBytes(path, name, 0, 16), name);
  const blocks = await blocksOf(path, name, metadata);
  const { depth, grey, converted } = planOf(metadata, blocks.icc);
  stopIf(signal);
  const pixels = await decode(
    await inputOf(path),
    { depth, grey, converted, alpha: metadata.hasAlpha },
    name,
  );
  stopIf(signal);
  const facts = blocks.icc && profileFacts(blocks.icc);
  const fits = !converted && facts?.space === (grey ? 'grey' : 'rgb');
  const { icc, ...kept } = blocks;
  const exif = kept.exif ? await exifFacts(kept.exif) : {};
  const density = metadata.density ?? exif.density;
  const source: PhotoSource = {
    path,
    format: formatOf(metadata),
    width: metadata.width,
    height: metadata.height,
    orientation: metadata.orientation ?? 1,
    pages: metadata.pages ?? 1,
    ...kept,
    ...(icc && fits ? { icc } : {}),
    ...(converted ? { converted } : {}),
    ...(density === undefined ? {} : { density }),
    ...(exif.taken === undefined ? {} : { taken: exif.taken }),
    ...(await commentsOf(path, name, metadata)),
  };
  const profile = icc && fits && !facts.srgb ? { profile: icc } : {};
  return { ...pixels, channels: grey ? 1 : 3, depth, ...profile, source };
}

/** The XMP packet of a picture, of which nothing is decoded. Throws UserError `photo.unreadable` where it is no picture. */
export async function readXmp(path: string): Promise<Uint8Array | undefined> {
  const name = quoted(basename(path));
  await checkFile(path, name);
  const metadata = await measure(await inputOf(path), await readBytes(path, name, 0, 16), name);
  return (await blocksOf(path, name, metadata)).xmp;
}

/** libvips reads options from brackets at the end of a file's name: such a file is read first, others are streamed. */
async function inputOf(path: string): Promise<string | Buffer> {
  return path.endsWith(']') ? readFile(path) : path;
}

function formatOf({ format }: Metadata): PhotoFormat | 'gif' {
  if (format === 'jpeg' || format === 'png' || format === 'tiff' || format === 'webp' || format === 'gif')
    return format;
  return 'avif';
}

interface Plan {
  readonly depth: 8 | 16;
  readonly grey: boolean;
  readonly converted: PhotoSource['converted'] | undefined;
}

/** How the pixels are kept. */
function planOf({ space, depth }: Metadata, icc: Uint8Array | undefined): Plan {
  const facts = icc && profileFacts(icc);
  const grey = space === 'b-w' || space === 'grey16';
  if (space === 'cmyk') return { depth: 8, grey: false, converted: 'cmyk' };
  if (space.startsWith('lab')) return { depth: 8, grey: false, converted: 'lab' };
  const oneWay = !grey && facts?.space === 'rgb' && !facts.srgb && !facts.bothWays;
  return { depth: depth === 'uchar' ? 8 : 16, grey, converted: oneWay ? 'profile' : undefined };
}

async function decode(
  input: string | Buffer,
  { depth, grey, converted, alpha }: Plan & { readonly alpha: boolean },
  name: string,
): Promise<Pick<Photograph, 'width' | 'height' | 'data' | 'alpha'>> {
  const open = (): Sharp => {
    const picture = sharp(input, {
      ignoreIcc: !converted,
      limitInputPixels: MAX_PIXELS,
      failOn: 'error',
    }).autoOrient();
    // converted at 16 bits, sharp's numbers would be those of its working space, Display P3
    return converted === 'profile' ? picture.withIccProfile('srgb') : picture;
  };
  const raw = async (
    picture: Sharp,
  ): Promise<{ data: Uint8Array | Uint16Array; width: number; height: number }> => {
    const { data, info } = await picture
      .raw({ depth: depth === 16 ? 'ushort' : 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { data: depth === 16 ? words(data) : bytes(data), width: info.width, height: info.height };
  };
  try {
    if (grey) {
      const space = depth === 16 ? 'grey16' : 'b-w';
      const picture = await raw(open().removeAlpha().toColourspace(space));
      if (!alpha) return picture;
      return { ...picture, alpha: (await raw(open().extractChannel('alpha').toColourspace(space))).data };
    }
    const picture = await raw(open().toColourspace(depth === 16 ? 'rgb16' : 'srgb'));
    const { data, width, height } = picture;
    return { width, height, ...split(data, width * height, 3) };
  } catch (cause) {
    throw damaged(name, cause);
  }
}

function bytes(data: Uint8Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

async function blocksOf(path: string, name: string, metadata: Metadata): Promise<Blocks> {
  const { exif, iptc, xmp, icc, comments } = metadata;
  const shared = { ...(xmp ? { xmp: bytes(xmp) } : {}), ...(icc ? { icc: bytes(icc) } : {}) };
  if (metadata.format === 'tiff')
    return { ...(await tiffBlocks((offset, length) => readBytes(path, name, offset, length))), ...shared };
  const raw = comments?.find(({ keyword }) => RAW_IPTC.test(keyword));
  const block = iptc ?? (raw && fromRawProfile(raw.text));
  const records = block && iptcRecords(block);
  return {
    ...(exif ? { exif: bareExif(bytes(exif)) } : {}),
    ...(records ? { iptc: records } : {}),
    ...shared,
  };
}

const RAW_IPTC = /^Raw profile type (iptc|8bim)$/i;

/** Far enough into a JPEG file for its metadata. */
const JPEG_START = 1 << 20;

/** What a PNG file says in text chunks, but for those that hold another block, and a JPEG file in comments. */
async function commentsOf(
  path: string,
  name: string,
  { format, comments = [] }: Metadata,
): Promise<Pick<PhotoSource, 'comments'>> {
  const plain = comments.filter(({ keyword }) => !/^(Raw profile type |XML:com\.adobe\.xmp$)/i.test(keyword));
  if (format === 'jpeg')
    for (const text of jpegComments(await readBytes(path, name, 0, JPEG_START)))
      plain.push({ keyword: COMMENT, text });
  return plain.length > 0 ? { comments: plain } : {};
}

function stopIf(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new UserError('cancelled', 'Stopped; nothing was done.');
}
