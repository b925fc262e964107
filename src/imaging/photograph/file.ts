/**
 * The door for picture files, untrusted: what is no picture, too large or damaged is one clear sentence before any pixel
 * is decoded. Used by ../read.ts (crops) and read.ts (whole photographs).
 */
import { open, stat } from 'node:fs/promises';
import sharp from 'sharp';
import type { Metadata } from 'sharp';
import { UserError } from '../../domain/errors.ts';

// libvips otherwise remembers what it decoded by a file's name, and shows the old picture where the file has changed
sharp.cache(false);

/** 100 megapixels and a margin; a picture that claims more may be a decompression bomb. */
export const MAX_PIXELS = 120e6;
const MAX_BYTES = 1e9;
const FORMATS = 'JPEG, PNG, WebP, TIFF, GIF and AVIF pictures can be read';
const KNOWN: readonly string[] = ['jpeg', 'png', 'webp', 'tiff', 'gif', 'heif'];

/** Throws `photo.unreadable` for what is no file that could hold a picture; `name` is the quoted name to say. */
export async function checkFile(path: string, name: string): Promise<void> {
  let seen;
  try {
    seen = await stat(path);
  } catch (cause) {
    throw unopened(name, cause);
  }
  if (seen.isDirectory()) throw unreadable(name, 'is a folder', 'Name the picture inside it.');
  if (!seen.isFile()) throw unreadable(name, 'is not a regular file', 'Name a picture.');
  if (seen.size === 0) throw unreadable(name, 'is empty', 'Copy or download it again.');
  if (seen.size > MAX_BYTES) throw unreadable(name, 'is larger than 1 GB', 'Save it as a smaller picture.');
}

/** `length` bytes of a file from `position`, or fewer at its end. Throws `photo.unreadable`. */
export async function readBytes(
  path: string,
  name: string,
  position: number,
  length: number,
): Promise<Buffer> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw unopened(name, cause);
  }
}

/**
 * What the header alone says of a picture, from its path or bytes (`start`: its first 12 or more). Throws
 * `photo.unreadable` for what is not one of the formats, or claims more than 120 megapixels.
 */
export async function measure(
  input: string | Uint8Array,
  start: Uint8Array,
  name: string,
): Promise<Metadata> {
  if (isHeic(start))
    throw unreadable(name, 'is a HEIC picture, which cannot be read yet', 'Save it as JPEG or PNG first.');
  let metadata: Metadata;
  try {
    metadata = await sharp(input, { limitInputPixels: false }).metadata();
  } catch (cause) {
    throw unreadable(name, 'is not a picture, or is damaged at its beginning', `${FORMATS}.`, cause);
  }
  if (metadata.compression === 'hevc')
    throw unreadable(name, 'is a HEIC picture, which cannot be read yet', 'Save it as JPEG or PNG first.');
  if (!KNOWN.includes(metadata.format))
    throw unreadable(name, `is of a kind that is not read (${metadata.format})`, `${FORMATS}.`);
  const { width, height } = metadata.autoOrient;
  if (width * height > MAX_PIXELS)
    throw unreadable(
      name,
      `says it has ${width} x ${height} pixels, more than this version reads`,
      'Save it as a picture of at most 100 megapixels.',
    );
  return metadata;
}

/** ISO media files of the HEVC brands; AVIF is one of the others. */
function isHeic(start: Uint8Array): boolean {
  return /^ftyp(hei[cmsx]|hev[cmsx])/.test(Buffer.from(start.subarray(4, 12)).toString('latin1'));
}

/** Damage inside the data, found while decoding. */
export function damaged(name: string, cause: unknown): UserError {
  return unreadable(name, 'is damaged or cut short', 'Copy or download it again.', cause);
}

/** What to say where a file that was named could not be opened. */
export function unopened(name: string, cause: unknown): UserError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return unreadable(name, 'does not exist', 'Check the path.', cause);
  return unreadable(name, `could not be opened (${code})`, 'Check that you may read the file.', cause);
}

function unreadable(name: string, what: string, advice: string, cause?: unknown): UserError {
  return new UserError('photo.unreadable', `${name} ${what}.`, advice, { cause });
}
