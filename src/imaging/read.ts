/**
 * Reads a photo file, untrusted, into what a prior restores: a square RGB image of the prior's size.
 * pixels.ts says what the numbers mean; write.ts is the way back.
 */
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import sharp from 'sharp';
import type { Metadata, Sharp } from 'sharp';
import { UserError } from '../domain/errors.ts';
import { quoted } from '../domain/text.ts';
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

const FORMATS = 'JPEG, PNG, WebP, TIFF, GIF and AVIF pictures can be read';
/** Far more than any face crop has; a picture that claims more may be a decompression bomb. */
const MAX_PIXELS = 120e6;
const MAX_BYTES = 1e9;
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
  const source = await measure(bytes, name);
  const { width, height } = source;
  if (Math.abs(width - height) > TOLERANCE * Math.max(width, height))
    throw new UserError(
      'photo.unsuitable',
      `${name} is ${width} x ${height} pixels, not square: this version restores aligned square face crops only.`,
      'Crop one face to a square, eyes level and about 40 % from the top; whole photographs come in a later version.',
    );
  try {
    const { data, info } = await open(bytes)
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
  try {
    const seen = await stat(path);
    if (seen.isDirectory()) throw unreadable(name, 'is a folder', 'Name the picture inside it.');
    if (!seen.isFile()) throw unreadable(name, 'is not a regular file', 'Name a picture.');
    if (seen.size === 0) throw unreadable(name, 'is empty', 'Copy or download it again.');
    if (seen.size > MAX_BYTES)
      throw unreadable(name, 'is larger than 1 GB', 'Save the face crop as a smaller picture.');
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw unreadable(name, 'does not exist', 'Check the path.', cause);
    throw unreadable(name, `could not be opened (${code})`, 'Check that you may read the file.', cause);
  }
}

/** The picture's size from its header alone; throws for what is not one of the formats. */
async function measure(bytes: Buffer, name: string): Promise<AlignedCrop['source']> {
  if (isHeic(bytes))
    throw unreadable(name, 'is a HEIC picture, which cannot be read yet', 'Save it as JPEG or PNG first.');
  let metadata: Metadata;
  try {
    metadata = await sharp(bytes, { limitInputPixels: false }).metadata();
  } catch (cause) {
    throw unreadable(name, 'is not a picture, or is damaged at its beginning', `${FORMATS}.`, cause);
  }
  const known: readonly string[] = ['jpeg', 'png', 'webp', 'tiff', 'gif', 'heif'];
  if (!known.includes(metadata.format))
    throw unreadable(name, `is of a kind that is not read (${metadata.format})`, `${FORMATS}.`);
  const { width, height } = metadata.autoOrient;
  if (width * height > MAX_PIXELS)
    throw unreadable(
      name,
      `says it has ${width} x ${height} pixels, more than this version reads`,
      'Save the face crop as a smaller picture.',
    );
  if (Math.min(width, height) < 8)
    throw new UserError(
      'photo.unsuitable',
      `${name} is ${width} x ${height} pixels, too small to hold a face.`,
      'Choose a larger picture.',
    );
  return { width, height };
}

/** Damage inside the data is an error rather than a grey stripe. */
function open(bytes: Buffer): Sharp {
  return sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: 'error' });
}

/** ISO media files of the HEVC brands; AVIF is one of the others. */
function isHeic(bytes: Buffer): boolean {
  return /^ftyp(hei[cmsx]|hev[cmsx])/.test(bytes.toString('latin1', 4, 12));
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

function damaged(name: string, cause: unknown): UserError {
  return unreadable(name, 'is damaged or cut short', 'Copy or download it again.', cause);
}

function unreadable(name: string, what: string, advice: string, cause?: unknown): UserError {
  return new UserError('photo.unreadable', `${name} ${what}.`, advice, { cause });
}
