/**
 * A photograph made smaller, all else about it as it was: what exports with a longest side write. scaled.ts is for looking
 * at; save.ts writes.
 */
import sharp from 'sharp';
import type { Photograph } from '../photograph.ts';
import { words } from './colour.ts';
import { samples, split } from './samples.ts';

/**
 * At most `longest` pixels a side (Lanczos, widened by the factor, so that nothing aliases); never larger than it was, then
 * it is returned as it is. Depth, transparency and the colour space of the file stay.
 */
export async function smallerPhotograph(photo: Photograph, longest: number): Promise<Photograph> {
  const scale = longest / Math.max(photo.width, photo.height);
  if (scale >= 1) return photo;
  const [width, height] = [side(scale * photo.width), side(scale * photo.height)];
  const deep = photo.depth === 16;
  const grey = photo.channels === 1;
  const { data: whole, channels } = samples(photo, photo.depth, true);
  const { data } = await sharp(whole, { raw: { width: photo.width, height: photo.height, channels } })
    .resize(width, height, { fit: 'fill', kernel: 'lanczos3' })
    .toColourspace(deep ? (grey ? 'grey16' : 'rgb16') : grey ? 'b-w' : 'srgb')
    .raw({ depth: deep ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { alpha: _, ...rest } = photo;
  const pixels = deep ? words(data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { ...rest, width, height, ...split(pixels, width * height, photo.channels) };
}

function side(pixels: number): number {
  return Math.max(1, Math.round(pixels));
}
