/**
 * One look into a picture file for the library: size, date, camera, place, thumbnails and a perceptual hash, from one
 * decoding. metadata.ts reads what the file says of itself, dhash.ts says how alike two pictures are.
 */
import sharp from 'sharp';
import type { OutputInfo } from 'sharp';
import { UserError } from '../../domain/errors.ts';
import type { Look, ThumbnailSide } from '../../domain/look.ts';
import { quoted } from '../../domain/text.ts';
import { MAX_PIXELS, damaged, measure } from '../photograph/file.ts';
import { dhashOf } from './dhash.ts';
import { NO_METADATA, pictureMetadata } from './metadata.ts';

/** Fast rather than small: a library is looked through once, and its cache has a bound anyway. */
const WEBP = { 256: { quality: 78, effort: 0 }, 1024: { quality: 80, effort: 0 } } as const;

/**
 * Sets sharp up for a process that looks into many pictures at a time: one thread for each, and no memory of the last.
 */
export function manyAtATime(): void {
  sharp.concurrency(1);
  sharp.cache(false);
}

/**
 * Looks into a picture, untrusted. `name` is its printable name; `input` its bytes, or a path where it is large. Damage
 * is an answer, not an error: what could be decoded of a file that is cut short is shown.
 */
export async function lookAt(
  name: string,
  input: Uint8Array | string,
  sides: readonly ThumbnailSide[],
): Promise<Look> {
  const called = quoted(name);
  let head;
  try {
    const start = typeof input === 'string' ? new Uint8Array() : input.subarray(0, 12);
    head = await measure(input, start, called);
  } catch (error) {
    return { ...NOTHING, damage: sentence(error, called) };
  }
  const metadata = typeof input === 'string' ? NO_METADATA : pictureMetadata(input);
  const known = {
    ...NOTHING,
    size: { width: head.autoOrient.width, height: head.autoOrient.height },
    format: head.compression === 'av1' ? 'avif' : head.format,
    orientation: head.orientation ?? 1,
    ...metadata,
  };
  try {
    return { ...known, ...(await thumbnails(input, sides, 'error')) };
  } catch (error) {
    const damage = sentence(damaged(called, error), called);
    try {
      return { ...known, ...(await thumbnails(input, sides, 'none')), damage };
    } catch {
      // nothing to show at all; the sentence above says so
      return { ...known, damage };
    }
  }
}

const NOTHING: Look = {
  size: null,
  format: null,
  orientation: 1,
  ...NO_METADATA,
  dhash: null,
  thumbnails: new Map(),
  damage: null,
};

/** The largest from the file, which JPEG decodes at a fraction of its size; the smaller ones from the larger. */
async function thumbnails(
  input: Uint8Array | string,
  sides: readonly ThumbnailSide[],
  failOn: 'error' | 'none',
): Promise<Pick<Look, 'dhash' | 'thumbnails'>> {
  const order = [...new Set<ThumbnailSide>([...sides, 256])].sort((a, b) => b - a);
  const [largest = 256] = order;
  let { data, info } = await sharp(input, { limitInputPixels: MAX_PIXELS, failOn, sequentialRead: true })
    .autoOrient()
    .resize(largest, largest, { fit: 'inside', withoutEnlargement: true })
    .flatten({ background: 'white' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const made = new Map<ThumbnailSide, Uint8Array>();
  for (const side of order) {
    if (Math.max(info.width, info.height) > side)
      ({ data, info } = await raw(data, info)
        .resize(side, side, { fit: 'inside' })
        .raw()
        .toBuffer({ resolveWithObject: true }));
    if (sides.includes(side)) made.set(side, await raw(data, info).webp(WEBP[side]).toBuffer());
  }
  return { dhash: dhashOf(data, info.width, info.height, info.channels), thumbnails: made };
}

function raw(data: Uint8Array, { width, height, channels }: OutputInfo) {
  return sharp(data, { raw: { width, height, channels } });
}

function sentence(error: unknown, called: string): string {
  return error instanceof UserError ? error.message : `${called} could not be read.`;
}
