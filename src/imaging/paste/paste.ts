/**
 * Puts a restored face back into its photograph so that its border cannot be seen and no detail of the photo is lost.
 * Read next: change.ts (colours), compose.ts (the formula at work), detail.ts (the
 * photo's own fine band), grain.ts, and several.ts for faces that overlap.
 *
 * Let P be the photo, I the crop that the prior saw, R the restored crop, U the enlargement of a crop to the photo's
 * pixels, M the mask. Two forms offer themselves: P + M U(R - I) adds what the prior changed, and keeps all that the crop
 * could not hold - detail of a large, sharp face, but also noise; M U(R) + (1 - M) P replaces, and loses that detail. With
 * F = P - U(I), the photo's fine band, both are ends of one formula,
 *
 *     P + M (U(R - I) - drop F),   drop = 0: add,   drop = 1: replace,
 *
 * and drop is decided for each place: 0 where F is detail, 1 where F is noise, and 1 for a face with no more pixels than
 * the crop. Wherever R = I, drop is 0, so that the photo's values stay as they are bit for bit.
 */
import { invariant } from '../../domain/errors.ts';
import type { Region } from '../photograph.ts';
import { changeOf } from './change.ts';
import { compose } from './compose.ts';
import { addGrain } from './grain.ts';
import type { Planes } from './grain.ts';
import { maskOf } from './geometry.ts';
import type { Affine, Shape } from './geometry.ts';

export interface RestoredFace {
  /** [3,S,S] in [-1,1]: the crop the prior saw, as `map` cuts it out. */
  readonly input: Float32Array;
  /** [3,S,S] in [-1,1]. */
  readonly restored: Float32Array;
  /** Crop pixel to photo pixel. */
  readonly map: Affine;
}

export interface PasteOptions {
  /** `oval` by default; `rounded` for a square region that is no face. */
  readonly shape?: Shape;
  /** Widens (or, below 0, shrinks) the mask by this share, -0.5..0.5; it never leaves the square. */
  readonly widen?: number;
  /** [height,width] of the region, 0..1: where, and how far, the photo is to stay as it is. */
  readonly keep?: Float32Array;
  /** [height,width] of the region, 0..1: damage that the prior mended, whose fine band is not the person's. */
  readonly mended?: Float32Array;
  /** How much of the photo's fine band stays, 0..1; by default the photo decides (see detail.ts). */
  readonly detail?: number;
  /** How far colours are matched to the photo, 0..1; 1 by default. */
  readonly colour?: number;
  /** How much of the grain that the face lacks is added, 0..1; 1 by default. */
  readonly grain?: number;
  /** A whole number from 0; 0 by default. The same seed gives the same grain. */
  readonly seed?: number;
}

/**
 * A new region: the face of `region` replaced by the restored one. Outside the mask, and where restored and input are
 * equal, values are the region's own bit for bit. Equal channels stay equal. `region` is faceRegion's, or larger.
 */
export function pasteFace(region: Region, face: RestoredFace, options: PasteOptions = {}): Region {
  const { rect } = region;
  const pixels = rect.width * rect.height;
  const side = Math.sqrt(face.input.length / 3);
  invariant(Number.isInteger(side) && face.restored.length === face.input.length, 'two crops of one size');
  invariant(region.data.length === 3 * pixels, 'a region has three values for each pixel');
  for (const plane of [options.keep, options.mended])
    invariant(plane === undefined || plane.length === pixels, 'a mask has the size of its region');
  if (pixels === 0 || face.input.every((value, i) => value === face.restored[i]))
    return { rect, data: region.data.slice() };
  const grey = isGrey(region.data, pixels);
  const mask = maskOf(side, options.shape ?? 'oval', options.widen);
  const change = changeOf(face.input, face.restored, { mask, side, strength: options.colour ?? 1, grey });
  const { channels } = change;
  const photo: Planes = { ...rect, channels, data: region.data.subarray(0, channels * pixels) };
  const { picture, amount } = compose(photo, change, face.map, mask, options);
  addGrain(photo, picture, amount, options);
  if (channels === 3) return { rect, data: picture.data };
  const data = new Float32Array(3 * pixels);
  for (let c = 0; c < 3; c++) data.set(picture.data, c * pixels);
  return { rect, data };
}

function isGrey(data: Float32Array, pixels: number): boolean {
  for (let p = 0; p < pixels; p++)
    if (data[p] !== data[pixels + p] || data[p] !== data[2 * pixels + p]) return false;
  return true;
}
