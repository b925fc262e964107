/**
 * Damage masks: one byte for each pixel of a photo's overview, 0 sound to 255 damaged, shown and edited as a PNG.
 * damage.ts makes them, fill.ts repairs where they say so.
 */
import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { UserError, invariant } from '../../domain/errors.ts';
import { overviewSize } from './overview.ts';
import type { OverviewSize } from './overview.ts';

/** [height,width], 0..255; `scale` photo pixels a side in each of its own (overview.ts). */
export interface Mask extends OverviewSize {
  readonly data: Uint8Array;
}

/** Larger than any overview. */
const MAX_PIXELS = 120e6;

/** A mask for a photo of width x height, without damage. */
export function emptyMask(photo: { readonly width: number; readonly height: number }): Mask {
  const size = overviewSize(photo);
  return { ...size, data: new Uint8Array(size.width * size.height) };
}

/** A greyscale PNG: white is damage. */
export function encodeMask({ width, height, data }: Mask): Promise<Buffer> {
  return sharp(data, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
}

/**
 * The mask in a picture file (PNG as encodeMask writes it, or what an editor made of it), for a photo of width x height.
 * Another size of the same shape is scaled; colours become grey; transparent is sound. The bytes are untrusted: throws
 * UserError `photo.unreadable` for what is no picture, `photo.unsuitable` for another shape.
 */
export async function decodeMask(bytes: Uint8Array, width: number, height: number): Promise<Mask> {
  const size = overviewSize({ width, height });
  const open = (): Sharp => sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: 'error' });
  try {
    const found = await open().metadata();
    if (!sameShape(found, { width, height }))
      throw new UserError(
        'photo.unsuitable',
        `The mask is ${found.width} x ${found.height} pixels, another shape than the photo's ${width} x ${height}.`,
        'Use the mask that was made for this photo.',
      );
    const data = await open()
      .flatten({ background: 'black' })
      .toColourspace('b-w')
      .resize(size.width, size.height, { fit: 'fill', kernel: 'nearest' })
      .extractChannel(0)
      .raw({ depth: 'uchar' })
      .toBuffer();
    invariant(data.length === size.width * size.height, `a mask of ${data.length} bytes`);
    return { ...size, data: new Uint8Array(data) };
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new UserError(
      'photo.unreadable',
      'The mask is not a picture, or is damaged.',
      'Save it as a PNG, white where the photo is damaged.',
      { cause },
    );
  }
}

interface Extent {
  readonly width: number;
  readonly height: number;
}

/** How far rounding may have moved a side of a mask that was made smaller, perhaps twice: here, then by an editor. */
const ROUNDED = 2;

/** Whether one factor takes both sides of the photo to the mask's, each as far as rounding leaves it known. */
function sameShape(mask: Extent, photo: Extent): boolean {
  const least = (side: keyof Extent): number => (mask[side] - ROUNDED) / photo[side];
  const most = (side: keyof Extent): number => (mask[side] + ROUNDED) / photo[side];
  return least('width') <= most('height') && least('height') <= most('width');
}

/** Damage of either mask: what a person painted is added to what was found. */
export function unionOf(a: Mask, b: Mask): Mask {
  return combine(a, b, Math.max);
}

/** The damage of `a` that is not in `b`: what a person erased is taken away. */
export function without(a: Mask, b: Mask): Mask {
  return combine(a, b, (x, y) => Math.min(x, 255 - y));
}

function combine(a: Mask, b: Mask, each: (x: number, y: number) => number): Mask {
  invariant(a.width === b.width && a.height === b.height, 'masks of the same photo');
  return { ...a, data: a.data.map((value, p) => each(value, b.data[p]!)) };
}

/**
 * The mask with a stroke of damage along points in photo pixels, `radius` wide to each side; `erase` takes the stroke
 * away instead. A new mask.
 */
export function paint(
  mask: Mask,
  points: readonly { readonly x: number; readonly y: number }[],
  radius: number,
  erase = false,
): Mask {
  const data = mask.data.slice();
  points.forEach((point, i) => {
    const from = points[Math.max(0, i - 1)]!;
    stroke(mask, data, from, point, radius, erase ? 0 : 255);
  });
  return { ...mask, data };
}

/** Every mask pixel whose middle is within `radius` photo pixels of the line from a to b. */
function stroke(
  { width, height, scale }: OverviewSize,
  data: Uint8Array,
  a: { readonly x: number; readonly y: number },
  b: { readonly x: number; readonly y: number },
  radius: number,
  value: number,
): void {
  // Half a mask pixel at least, or a fine brush would slip between the middles.
  const reach = Math.max(radius, 0.75 * scale);
  const from = (low: number): number => Math.max(0, Math.floor((low - reach) / scale));
  const to = (high: number, limit: number): number => Math.min(limit - 1, Math.ceil((high + reach) / scale));
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length2 = dx * dx + dy * dy;
  for (let y = from(Math.min(a.y, b.y)); y <= to(Math.max(a.y, b.y), height); y++)
    for (let x = from(Math.min(a.x, b.x)); x <= to(Math.max(a.x, b.x), width); x++) {
      const [px, py] = [(x + 0.5) * scale - a.x, (y + 0.5) * scale - a.y];
      const along = length2 > 0 ? Math.max(0, Math.min(1, (px * dx + py * dy) / length2)) : 0;
      if (Math.hypot(px - along * dx, py - along * dy) <= reach) data[y * width + x] = value;
    }
}

/** The share of marked pixels (at least half sure), 0..1. */
export function markedShare({ data }: Mask): number {
  let marked = 0;
  for (const value of data) if (value >= 128) marked++;
  return marked / data.length;
}
