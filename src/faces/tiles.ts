/**
 * Where a photo is looked at, and how closely: coarse views of the whole of it for large faces, and overlapping tiles of
 * finer ones for small faces. pyramid.ts looks at each of them.
 */
import type { Box } from './face.ts';

/** One look: an area of the photo, in whole pixels, seen at `width` x `height`. */
export interface Tile {
  readonly area: Box;
  readonly width: number;
  readonly height: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The longest side of a tile, in its own pixels. */
export const TILE = 1280;
/** How far tiles of one level overlap: more than the largest face that is looked for in a tile. */
export const OVERLAP = 256;
/** The long sides of the levels; those above the photo's own are left out, so nothing is ever enlarged. */
const LEVELS = [160, 320, 640, 1280, 2560] as const;
/** A level that is hardly smaller than the next one is left out. */
const WORTH = 1.25;
/** In a picture with a side shorter than this, no face can be told. */
const LEAST_SIDE = 12;

/** All looks at a photo, coarse ones first; none where it is too small or too narrow to show a face. */
export function tilesOf({ width, height }: Size): Tile[] {
  const long = Math.max(width, height);
  const own = Math.min(long, LEVELS.at(-1) ?? long);
  const sides = [...LEVELS.filter((side) => side * WORTH <= own), own];
  return sides.flatMap((side) => {
    const scale = side / long;
    const level = { width: Math.round(width * scale), height: Math.round(height * scale) };
    if (Math.min(level.width, level.height) < LEAST_SIDE) return [];
    return spans(level.height).flatMap((rows) =>
      spans(level.width).map((columns) => tileOf(columns, rows, scale, { width, height })),
    );
  });
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** 0..length in as few pieces of at most TILE as overlap by OVERLAP or more, all of one length. */
function spans(length: number): Span[] {
  if (length <= TILE) return [{ from: 0, to: length }];
  const count = Math.ceil((length - OVERLAP) / (TILE - OVERLAP));
  const step = (length - TILE) / (count - 1);
  return Array.from({ length: count }, (_, i) => {
    const from = Math.round(i * step);
    return { from, to: from + TILE };
  });
}

/** A level's piece as whole pixels of the photo, and its own size. */
function tileOf(columns: Span, rows: Span, scale: number, photo: Size): Tile {
  const left = Math.min(photo.width - 1, Math.floor(columns.from / scale));
  const top = Math.min(photo.height - 1, Math.floor(rows.from / scale));
  const right = Math.min(photo.width, Math.ceil(columns.to / scale));
  const bottom = Math.min(photo.height, Math.ceil(rows.to / scale));
  return {
    area: { left, top, width: right - left, height: bottom - top },
    width: columns.to - columns.from,
    height: rows.to - rows.from,
  };
}

/** Whether a box (in pixels of the photo) reaches over an edge of the tile that is inside the photo: a neighbour has it whole. */
export function isCut(box: Box, { area }: Tile, photo: Size): boolean {
  return (
    (area.left > 0 && box.left < area.left) ||
    (area.top > 0 && box.top < area.top) ||
    (area.left + area.width < photo.width && box.left + box.width > area.left + area.width) ||
    (area.top + area.height < photo.height && box.top + box.height > area.top + area.height)
  );
}
