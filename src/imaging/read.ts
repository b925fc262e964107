/**
 * Reads a photo file, untrusted, into what a prior restores: a square RGB image of the prior's size.
 * pixels.ts says what the numbers mean; write.ts is the way back.
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { UserError } from '../domain/errors.ts';
import { quoted } from '../domain/text.ts';
import { MAX_PIXELS, checkFile, damaged, measure, unopened } from './photograph/file.ts';
import { fromRaster } from './pixels.ts';

export interface AlignedCrop {
  /** [3,S,S] in [-1,1]. */
  readonly data: Float32Array;
  /** The file's own size in pixels, as it is meant to be seen (EXIF orientation applied). */
  readonly source: { readonly width: number; readonly height: number };
}

/** Ends of file names that are taken for photos when a folder is walked. */
export const PHOTO_EXTENSIONS: readonly string[] = [
  '.jpg',
  '.jpeg',
  '.png',
  '.webp',
  '.tif',
  '.tiff',
  '.gif',
  '.avif',
];

/** How far from a square a crop may be. */
const TOLERANCE = 0.02;

/**
 * Reads a square face crop at `size` x `size` (Lanczos where it has another size): oriented by its EXIF, in sRGB,
 * transparency on white, grey as RGB, the first page of several. A crop within 2 % of square is trimmed to its middle.
 * Throws UserError `photo.unreadable` (no picture, damaged, HEIC) or `photo.unsuitable` (not square, too small).
 */
export async function readAlignedCrop(path: string, size: number): Promise<AlignedCrop> {
  const name = quoted(basename(path));
  const bytes = await readWhole(path, name);
  const { source, deep } = await measureCrop(bytes, name);
  const { width, height } = source;
  if (Math.abs(width - height) > TOLERANCE * Math.max(width, height))
    throw new UserError(
      'photo.unsuitable',
      `${name} is ${width} x ${height} pixels, not square as an aligned face crop is.`,
      'Crop one face to a square, eyes level and about 40 % from the top; a whole photo is restored without --aligned.',
    );
  try {
    const picture = open(bytes);
    // sharp takes 16-bit numbers with a profile to Display P3, not to sRGB, unless told
    if (deep) picture.withIccProfile('srgb');
    const { data, info } = await picture
      .autoOrient()
      .resize(size, size, { fit: 'cover', kernel: 'lanczos3' })
      .flatten({ background: 'white' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { data: fromRaster({ width: size, height: size, data: asRgb(data, info.channels) }), source };
  } catch (cause) {
    throw damaged(name, cause);
  }
}

async function readWhole(path: string, name: string): Promise<Buffer> {
  await checkFile(path, name);
  try {
    return await readFile(path);
  } catch (cause) {
    throw unopened(name, cause);
  }
}

/** The picture's size from its header alone, and whether it has 16 bits a channel and a profile. */
async function measureCrop(
  bytes: Buffer,
  name: string,
): Promise<{ readonly source: AlignedCrop['source']; readonly deep: boolean }> {
  const metadata = await measure(bytes, bytes, name);
  const { width, height } = metadata.autoOrient;
  if (Math.min(width, height) < 8)
    throw new UserError(
      'photo.unsuitable',
      `${name} is ${width} x ${height} pixels, too small to hold a face.`,
      'Choose a larger picture.',
    );
  return { source: { width, height }, deep: metadata.hasProfile && metadata.space === 'rgb16' };
}

/** Damage inside the data is an error rather than a grey stripe. */
function open(bytes: Buffer): Sharp {
  return sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: 'error' });
}

/** One, two (with alpha) or four channels, as grey pictures and odd files have, to three. */
function asRgb(data: Uint8Array, channels: number): Uint8Array {
  if (channels === 3) return data;
  const pixels = data.length / channels;
  const rgb = new Uint8Array(3 * pixels);
  for (let p = 0; p < pixels; p++)
    for (let c = 0; c < 3; c++) rgb[3 * p + c] = data[p * channels + (channels < 3 ? 0 : c)]!;
  return rgb;
}
