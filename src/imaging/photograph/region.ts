/**
 * Parts of a photograph as sRGB numbers, and back: a step reads a region, changes what it will, and writes it; what it
 * left alone stays bit for bit. colour.ts converts where the photograph has a profile; scaled.ts is for overviews.
 */
import { invariant } from '../../domain/errors.ts';
import type { Photograph, Rect, Region } from '../photograph.ts';
import { greyTable, levelOf, profileToSrgb, srgbToProfile } from './colour.ts';

/** Rec. 601 luma: what of a colour stays in a greyscale photograph. */
const LUMA = [0.299, 0.587, 0.114] as const;
/**
 * A pixel keeps all of what its way through sRGB lost (a colour sRGB cannot hold, a rounding) while it changes little,
 * and none of it once any channel has changed by this much on the scale [-1,1]: a feathered edge then shows no step.
 */
const KEEPS_UNTIL = 0.25;

/** [3,h,w] in [-1,1] of an area that lies inside; transparency is ignored. 12 bytes a pixel: large areas in strips. */
export async function readRegion(photo: Photograph, rect: Rect): Promise<Region> {
  checkInside(photo, rect);
  return { rect, data: await deviceToSrgb(photo, cut(photo, rect), rect) };
}

/**
 * Puts `after` in place of `before`, which readRegion gave and nobody changed since. Pixels that are equal in both are
 * left as they are; a greyscale photograph takes the luma (becomeColour first where colour is wanted).
 */
export async function writeRegion(photo: Photograph, before: Region, after: Region): Promise<void> {
  const { rect } = before;
  const size = 3 * rect.width * rect.height;
  checkInside(photo, rect);
  invariant(before.data.length === size && after.data.length === size, 'regions of one size');
  if (photo.channels === 3 && !photo.profile) {
    writePlain(photo, rect, before.data, after.data);
    return;
  }
  const changed = changedRows(before, after);
  if (!changed) return;
  const { first, end } = changed;
  const area = { left: rect.left, top: rect.top + first, width: rect.width, height: end - first };
  const from = rows(before, first, end);
  const to = rows(after, first, end);
  if (photo.profile && photo.channels === 3) await writeProfiled(photo, area, from, to, photo.profile);
  else writeGrey(photo, area, from, to);
}

/**
 * The photograph with three channels, for steps that bring colour into a greyscale one (it is sRGB then); one that has
 * three already is returned as it is. A copy: changes to either do not show in the other.
 */
export function becomeColour(photo: Photograph): Photograph {
  if (photo.channels === 3) return photo;
  const { data, depth, profile, ...rest } = photo;
  const top = 2 ** depth - 1;
  const table = greyTable(profile, top + 1).map((v) => Math.round(((v + 1) / 2) * top));
  const colour = depth === 8 ? new Uint8Array(3 * data.length) : new Uint16Array(3 * data.length);
  for (let p = 0; p < data.length; p++) colour.fill(table[data[p]!]!, 3 * p, 3 * p + 3);
  return { ...rest, depth, channels: 3, data: colour };
}

/** Interleaved device values of an area, [h,w,channels], to planar sRGB in [-1,1]. */
export async function deviceToSrgb(
  { channels, depth, profile }: Photograph,
  device: Uint8Array | Uint16Array,
  { width, height }: Rect,
): Promise<Float32Array> {
  const pixels = width * height;
  const out = new Float32Array(3 * pixels);
  if (channels === 1) {
    const table = greyTable(profile, 2 ** depth);
    for (let p = 0; p < pixels; p++) out[p] = table[device[p]!]!;
    out.copyWithin(pixels, 0, pixels);
    out.copyWithin(2 * pixels, 0, pixels);
    return out;
  }
  if (profile) {
    const srgb = await profileToSrgb(deep(device), width, height, profile);
    for (let p = 0; p < pixels; p++) for (let c = 0; c < 3; c++) out[c * pixels + p] = srgb[3 * p + c]!;
    return out;
  }
  const levels = levelsOf(depth);
  for (let c = 0; c < 3; c++)
    for (let p = c * pixels, i = c, end = p + pixels; p < end; p++, i += 3) out[p] = levels[device[i]!]!;
  return out;
}

/** Each device value on the scale [-1,1]: looked up, as a face has millions of them. */
function levelsOf(depth: 8 | 16): Float32Array {
  const levels = new Float32Array(2 ** depth);
  const half = (levels.length - 1) / 2;
  for (let value = 0; value < levels.length; value++) levels[value] = value / half - 1;
  return levels;
}

/** Plain loops over rows: a face of a large photo has millions of values. */
function writePlain(photo: Photograph, rect: Rect, from: Float32Array, to: Float32Array): void {
  const { data, depth, width: stride } = photo;
  const top = 2 ** depth - 1;
  const half = top / 2;
  const { left, width, height } = rect;
  const pixels = width * height;
  for (let y = 0; y < height; y++) {
    const row = 3 * ((rect.top + y) * stride + left);
    for (let c = 0; c < 3; c++)
      for (let x = 0, p = c * pixels + y * width, at = row + c; x < width; x++, p++, at += 3) {
        const value = to[p]!;
        if (value === from[p]!) continue;
        const level = Math.round((value + 1) * half);
        data[at] = level < 0 ? 0 : level > top ? top : level;
      }
  }
}

function writeGrey(photo: Photograph, area: Rect, from: Float32Array, to: Float32Array): void {
  const table = greyTable(photo.profile, 2 ** photo.depth);
  const pixels = area.width * area.height;
  eachPixel(photo, area, (p, at) => {
    if (change(from, to, p, pixels) === 0) return;
    const luma = LUMA.reduce((sum, weight, c) => sum + weight * to[c * pixels + p]!, 0);
    photo.data[at] = level(levelOf(table, luma), photo);
  });
}

async function writeProfiled(
  photo: Photograph,
  area: Rect,
  from: Float32Array,
  to: Float32Array,
  profile: Uint8Array,
): Promise<void> {
  const { width, height } = area;
  const pixels = width * height;
  const [was, is] = [
    await srgbToProfile(interleaved(from), width, height, profile),
    await srgbToProfile(interleaved(to), width, height, profile),
  ];
  const step = photo.depth === 8 ? 257 : 1;
  eachPixel(photo, area, (p, at) => {
    const moved = change(from, to, p, pixels);
    if (moved === 0) return;
    const keeps = Math.max(0, 1 - moved / KEEPS_UNTIL);
    for (let c = 0; c < 3; c++) {
      const residue = photo.data[3 * at + c]! * step - was[3 * p + c]!;
      photo.data[3 * at + c] = level((is[3 * p + c]! + keeps * residue) / step, photo);
    }
  });
}

function level(value: number, { depth }: Photograph): number {
  return Math.max(0, Math.min(2 ** depth - 1, Math.round(value)));
}

/** The largest change of pixel `p` over its three channels. */
function change(from: Float32Array, to: Float32Array, p: number, pixels: number): number {
  let most = 0;
  for (let c = 0; c < 3; c++) most = Math.max(most, Math.abs(to[c * pixels + p]! - from[c * pixels + p]!));
  return most;
}

/** Calls with every pixel's place in the area and in the photograph. */
function eachPixel(photo: Photograph, area: Rect, visit: (p: number, at: number) => void): void {
  for (let y = 0, p = 0; y < area.height; y++) {
    const row = (area.top + y) * photo.width + area.left;
    for (let x = 0; x < area.width; x++, p++) visit(p, row + x);
  }
}

/** From the first row of the regions that differs to the one after the last; undefined where none does. */
function changedRows(before: Region, after: Region): { first: number; end: number } | undefined {
  const { width, height } = before.rect;
  const differs = (y: number): boolean => {
    for (let c = 0; c < 3; c++)
      for (let i = (c * height + y) * width, x = 0; x < width; x++, i++)
        if (before.data[i]! !== after.data[i]!) return true;
    return false;
  };
  let first = 0;
  while (first < height && !differs(first)) first++;
  if (first === height) return undefined;
  let end = height;
  while (!differs(end - 1)) end--;
  return { first, end };
}

function rows({ rect: { width, height }, data }: Region, first: number, end: number): Float32Array {
  if (first === 0 && end === height) return data;
  const part = (end - first) * width;
  const out = new Float32Array(3 * part);
  for (let c = 0; c < 3; c++)
    out.set(data.subarray((c * height + first) * width, (c * height + end) * width), c * part);
  return out;
}

function interleaved(planar: Float32Array): Float32Array {
  const pixels = planar.length / 3;
  const out = new Float32Array(planar.length);
  for (let p = 0; p < pixels; p++) for (let c = 0; c < 3; c++) out[3 * p + c] = planar[c * pixels + p]!;
  return out;
}

/** A copy of an area's device values. */
function cut(photo: Photograph, { left, top, width, height }: Rect): Uint8Array | Uint16Array {
  const { channels, data } = photo;
  const size = width * height * channels;
  const out = data instanceof Uint8Array ? new Uint8Array(size) : new Uint16Array(size);
  for (let y = 0; y < height; y++) {
    const at = ((top + y) * photo.width + left) * channels;
    out.set(data.subarray(at, at + width * channels), y * width * channels);
  }
  return out;
}

function deep(device: Uint8Array | Uint16Array): Uint16Array {
  return device instanceof Uint16Array ? device : Uint16Array.from(device, (v) => 257 * v);
}

/** Throws `internal:` where a rectangle is empty or not wholly inside. */
export function checkInside(photo: Photograph, { left, top, width, height }: Rect): void {
  invariant(
    [left, top, width, height].every(Number.isInteger) &&
      left >= 0 &&
      top >= 0 &&
      width > 0 &&
      height > 0 &&
      left + width <= photo.width &&
      top + height <= photo.height,
    `${width} x ${height} at ${left}, ${top} is not inside ${photo.width} x ${photo.height}`,
  );
}
