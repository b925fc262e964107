/**
 * An overview of a photograph, or of an area of it, as sRGB bytes of any size: what detectors and thumbnails look at.
 * region.ts gives exact pixels instead.
 */
import sharp from 'sharp';
import { invariant } from '../../domain/errors.ts';
import type { Photograph, Rect } from '../photograph.ts';
import type { Raster } from '../pixels.ts';
import { words } from './colour.ts';
import { checkInside, deviceToSrgb } from './region.ts';

/**
 * The area resampled to width x height (Lanczos, widened by the factor when shrinking, so nothing aliases), grey
 * repeated. The photograph is read in place, never copied; transparency is ignored.
 */
export async function readScaled(
  photo: Photograph,
  area: Rect,
  width: number,
  height: number,
): Promise<Raster> {
  checkInside(photo, area);
  invariant(width > 0 && height > 0, `a picture of ${width} x ${height}`);
  const { channels, depth } = photo;
  const deep = depth === 16;
  const { data } = await sharp(photo.data, {
    raw: { width: photo.width, height: photo.height, channels },
  })
    .extract(area)
    .resize(width, height, { fit: 'fill', kernel: 'lanczos3' })
    .toColourspace(channels === 1 ? (deep ? 'grey16' : 'b-w') : deep ? 'rgb16' : 'srgb')
    .raw({ depth: deep ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const small = deep ? words(data) : data;
  if (channels === 3 && !deep && !photo.profile) return { width, height, data: small as Uint8Array };
  const srgb = await deviceToSrgb(photo, small, { left: 0, top: 0, width, height });
  return { width, height, data: interleavedBytes(srgb) };
}

function interleavedBytes(planar: Float32Array): Uint8Array {
  const pixels = planar.length / 3;
  const out = new Uint8ClampedArray(planar.length);
  for (let p = 0; p < pixels; p++)
    for (let c = 0; c < 3; c++) out[3 * p + c] = (planar[c * pixels + p]! + 1) * 127.5;
  return new Uint8Array(out.buffer);
}
