/**
 * Where a photo is looked at, and how closely: coarse levels of the whole of it for large faces, and finer ones in
 * overlapping tiles for small faces. pyramid.ts makes the levels and looks at each tile.
 */
import type { Box } from './face.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The photo made so large, and the tiles it is looked at in, in whole pixels of the level. */
export interface Level extends Size {
  readonly tiles: readonly Box[];
}

/** The longest side of a tile. */
export const TILE = 1408;
/** How far tiles overlap: more than the largest face that no coarser level shows better. */
export const OVERLAP = 128;
/** The long sides of the levels; those above the photo's own are left out, so nothing is ever enlarged. */
const LEVELS = [160, 320, 640, 1280, 2560] as const;
/** A level that is hardly smaller than the next one is left out. */
const WORTH = 1.25;
/** In a picture with a side shorter than this, no face can be told. */
const LEAST_SIDE = 12;

/** The levels of a photo, the finest first; none where it is too small or too narrow to show a face. */
export function levelsOf({ width, height }: Size): Level[] {
  const long = Math.max(width, height);
  const own = Math.min(long, LEVELS.at(-1) ?? long);
  const sides = [own, ...LEVELS.filter((side) => side * WORTH <= own).reverse()];
  return sides.flatMap((side) => {
    const level = { width: Math.round((width * side) / long), height: Math.round((height * side) / long) };
    return Math.min(level.width, level.height) < LEAST_SIDE ? [] : [{ ...level, tiles: tilesOf(level) }];
  });
}

function tilesOf({ width, height }: Size): Box[] {
  return spans(height).flatMap((rows) =>
    spans(width).map((columns): Box => ({
      left: columns.from,
      top: rows.from,
      width: columns.length,
      height: rows.length,
    })),
  );
}

interface Span {
  readonly from: number;
  readonly length: number;
}

/** 0..length in as few pieces of at most TILE as overlap by OVERLAP, all of one length and no longer than they must be. */
function spans(length: number): Span[] {
  if (length <= TILE) return [{ from: 0, length }];
  const count = Math.ceil((length - OVERLAP) / (TILE - OVERLAP));
  const each = Math.ceil((length + (count - 1) * OVERLAP) / count);
  return Array.from({ length: count }, (_, i) => ({
    from: Math.round((i * (length - each)) / (count - 1)),
    length: each,
  }));
}

/** Whether a box in a tile's own pixels reaches over an edge of it that is inside the level: a neighbour has it whole. */
export function isCut(box: Box, tile: Box, level: Size): boolean {
  return (
    (tile.left > 0 && box.left < 0) ||
    (tile.top > 0 && box.top < 0) ||
    (tile.left + tile.width < level.width && box.left + box.width > tile.width) ||
    (tile.top + tile.height < level.height && box.top + box.height > tile.height)
  );
}
