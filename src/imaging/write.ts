/**
 * Writes pictures: encoded, to a temporary file in the same folder, renamed into place when whole.
 * What is written here holds pixels (sRGB) and nothing else; photograph/save.ts writes whole photos with all they carried.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import sharp from 'sharp';
import { UserError } from '../domain/errors.ts';
import { quoted } from '../domain/text.ts';
import { toRaster } from './pixels.ts';
import type { Raster } from './pixels.ts';

export type OutputFormat = 'png' | 'jpeg' | 'webp';

const BY_EXTENSION: Readonly<Record<string, OutputFormat>> = {
  '.png': 'png',
  '.jpg': 'jpeg',
  '.jpeg': 'jpeg',
  '.webp': 'webp',
};

/** Encodes [3,S,S] in [-1,1], or a raster. PNG is exact; JPEG (4:4:4) and WebP take a quality of 1..100. */
export async function encodeImage(
  image: Float32Array | Raster,
  format: OutputFormat,
  quality = 95,
): Promise<Buffer> {
  const { width, height, data } = image instanceof Float32Array ? toRaster(image) : image;
  const pipeline = sharp(data, { raw: { width, height, channels: 3 } });
  if (format === 'png') return pipeline.png().toBuffer();
  if (format === 'webp') return pipeline.webp({ quality }).toBuffer();
  return pipeline.jpeg({ quality, chromaSubsampling: '4:4:4' }).toBuffer();
}

/**
 * Writes `path`, whose ending chooses the format (PNG for an unknown one), and makes its folder where missing. What was
 * at `path` is replaced at once or, on any failure, left alone. Throws UserError `output.unwritable`.
 */
export async function writeImage(
  path: string,
  image: Float32Array | Raster,
  options: { readonly quality?: number } = {},
): Promise<void> {
  const format = BY_EXTENSION[extname(path).toLowerCase()] ?? 'png';
  await writeWhole(path, await encodeImage(image, format, options.quality));
}

/**
 * Writes a file whole or not at all, from one piece or several in order, and makes its folder where missing. Throws
 * `output.unwritable`.
 */
export async function writeWhole(
  path: string,
  bytes: Uint8Array | string | readonly Uint8Array[],
): Promise<void> {
  const temporary = join(dirname(path), `.albumen-${randomUUID()}.tmp`);
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(temporary, 'wx');
    try {
      if (typeof bytes === 'string' || bytes instanceof Uint8Array) await file.writeFile(bytes);
      else for (const piece of bytes) await file.writeFile(piece);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw unwritable(path, cause);
  }
}

/** What to say where `path` could not be written. */
export function unwritable(path: string, cause: unknown): UserError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
  return new UserError(
    'output.unwritable',
    `${quoted(basename(path))} could not be written to ${quoted(dirname(path))} (${code}).`,
    'Check that the folder may be written to and that the disk has room.',
    { cause },
  );
}
