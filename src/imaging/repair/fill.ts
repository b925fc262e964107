/**
 * Repairs a photo where a mask says it is damaged: what was there is made up from around it, with the grain of around it.
 * damage.ts finds the damage, grain.ts keeps the fill from looking smooth; inside faces the prior can do it instead
 * (engine/diffusion/known-region.ts).
 */
import { setImmediate } from 'node:timers/promises';
import { invariant } from '../../domain/errors.ts';
import type { Photograph, Rect } from '../photograph.ts';
import { stopIfAborted } from './cancel.ts';
import { dilated } from './dilate.ts';
import { grainOf, grainSources } from './grain.ts';
import type { Mask } from './mask.ts';
import { openFilters } from './opencv.ts';
import type { Filters } from './opencv.ts';
import { overviewSize } from './overview.ts';
import { checkStrength } from './settings.ts';

export interface FillOptions {
  /** 0 leaves the photo bit for bit, 1 repairs; between, that part of the change. */
  readonly strength: number;
  readonly signal?: AbortSignal;
  /** After each tile: tiles done, of how many. */
  readonly onProgress?: (done: number, of: number) => void;
}

/** Photo pixels a side of a tile, and around it what its repair may look at. */
const TILE = 512;
const MARGIN = 48;

/** How far beyond the mask pixels are repaired, in photo pixels: the rim of a scratch is half scratch. */
export function rimOf({ scale }: Mask): number {
  return scale + 1;
}

/**
 * Repairs `photo` in place where `mask` is at least half sure, and rimOf(mask) pixels around; all other values stay bit
 * for bit. It works on the file's own values rather than through sRGB (photograph/region.ts): a fill is a mean of its
 * neighbours, whatever they stand for, and a wide gamut or 16 bits pass through untouched. Only tiles with damage are
 * visited, so that time and memory are the damage's and not the photo's. Throws UserError `usage` for a strength out of
 * range, `cancelled` (between tiles: some are then repaired and some are not).
 */
export async function repairDamage(photo: Photograph, mask: Mask, options: FillOptions): Promise<void> {
  const { strength, signal, onProgress } = options;
  checkStrength('scratch repair', strength);
  const size = overviewSize(photo);
  invariant(mask.width === size.width && mask.height === size.height, 'the mask is of this photo');
  const tiles = strength > 0 ? tilesOf(photo, mask) : [];
  if (tiles.length === 0) return;
  const filters = await openFilters();
  for (const [i, tile] of tiles.entries()) {
    stopIfAborted(signal);
    repairTile(photo, mask, tile, strength, filters);
    onProgress?.(i + 1, tiles.length);
    await setImmediate();
  }
}

/** The tiles that hold pixels to repair, row by row. */
function tilesOf(photo: Photograph, mask: Mask): Rect[] {
  const { scale } = mask;
  const columns = Math.ceil(photo.width / TILE);
  const wanted = new Set<number>();
  const rim = rimOf(mask);
  mask.data.forEach((value, p) => {
    if (value < 128) return;
    const [x, y] = [(p % mask.width) * scale, Math.floor(p / mask.width) * scale];
    for (
      let ty = Math.floor(Math.max(0, y - rim) / TILE);
      ty * TILE < Math.min(photo.height, y + scale + rim);
      ty++
    )
      for (
        let tx = Math.floor(Math.max(0, x - rim) / TILE);
        tx * TILE < Math.min(photo.width, x + scale + rim);
        tx++
      )
        wanted.add(ty * columns + tx);
  });
  return [...wanted]
    .sort((a, b) => a - b)
    .map((tile) => {
      const [left, top] = [(tile % columns) * TILE, Math.floor(tile / columns) * TILE];
      return {
        left,
        top,
        width: Math.min(TILE, photo.width - left),
        height: Math.min(TILE, photo.height - top),
      };
    });
}

function repairTile(photo: Photograph, mask: Mask, tile: Rect, strength: number, filters: Filters): void {
  const { data, channels, width } = photo;
  const area = withMargin(tile, photo);
  const holes = holesOf(photo, mask, area, tile);
  const radius = Math.max(4, 2 * mask.scale);
  const most = photo.depth === 16 ? 65535 : 255;
  // Colour channels take their grain from the same places, or grey grain would turn to colour.
  const sources = grainSources(planeOf(photo, area, channels >> 1), holes, area, filters);
  for (let c = 0; c < channels; c++) {
    const plane = planeOf(photo, area, c);
    const filled = filters.inpaint(plane, area, holes, radius);
    const grain = grainOf(plane, holes, area, sources);
    for (let y = 0; y < tile.height; y++)
      for (let x = 0; x < tile.width; x++) {
        const [px, py] = [tile.left + x, tile.top + y];
        const p = (py - area.top) * area.width + px - area.left;
        if (!holes[p]) continue;
        const value = plane[p]! + strength * (filled[p]! + grain[p]! - plane[p]!);
        data[(py * width + px) * channels + c] = Math.max(0, Math.min(most, Math.round(value)));
      }
  }
}

/** The tile and MARGIN around it, within the photo. */
function withMargin(tile: Rect, photo: Photograph): Rect {
  const left = Math.max(0, tile.left - MARGIN);
  const top = Math.max(0, tile.top - MARGIN);
  return {
    left,
    top,
    width: Math.min(photo.width, tile.left + tile.width + MARGIN) - left,
    height: Math.min(photo.height, tile.top + tile.height + MARGIN) - top,
  };
}

/** 1 at the pixels of `area` to repair: the mask's and their rim, less what tiles before this one have repaired. */
function holesOf(photo: Photograph, mask: Mask, area: Rect, tile: Rect): Uint8Array {
  const rim = rimOf(mask);
  // With the rim all round, so that damage just outside the area reaches into it.
  const wide = { width: area.width + 2 * rim, height: area.height + 2 * rim };
  const marked = new Uint8Array(wide.width * wide.height);
  for (let y = 0; y < wide.height; y++) {
    const py = area.top + y - rim;
    if (py < 0 || py >= photo.height) continue;
    const row = Math.floor(py / mask.scale) * mask.width;
    for (let x = 0; x < wide.width; x++) {
      const px = area.left + x - rim;
      if (px >= 0 && px < photo.width && mask.data[row + Math.floor(px / mask.scale)]! >= 128)
        marked[y * wide.width + x] = 1;
    }
  }
  const grown = dilated(marked, wide, rim);
  const holes = new Uint8Array(area.width * area.height);
  for (let y = 0; y < area.height; y++)
    for (let x = 0; x < area.width; x++) {
      const [px, py] = [area.left + x, area.top + y];
      const before = py < tile.top || (py < tile.top + tile.height && px < tile.left);
      if (!before && grown[(y + rim) * wide.width + x + rim]) holes[y * area.width + x] = 1;
    }
  return holes;
}

/** One channel of part of the photo. */
function planeOf(
  { data, width, channels }: Photograph,
  area: Rect,
  channel: number,
): Uint8Array | Uint16Array {
  const pixels = area.width * area.height;
  const plane = data instanceof Uint16Array ? new Uint16Array(pixels) : new Uint8Array(pixels);
  for (let y = 0; y < area.height; y++)
    for (let x = 0; x < area.width; x++)
      plane[y * area.width + x] = data[((area.top + y) * width + area.left + x) * channels + channel]!;
  return plane;
}
