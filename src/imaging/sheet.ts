/**
 * Contact sheets: several square pictures side by side with a label under each, as the demo shows its work.
 * label.ts draws the text; write.ts writes the result.
 */
import { invariant } from '../domain/errors.ts';
import { GLYPH_HEIGHT, drawLabel, labelWidth } from './label.ts';
import { sideOf, toRaster } from './pixels.ts';
import type { Raster } from './pixels.ts';

export interface Tile {
  /** [3,S,S] in [-1,1]; all tiles of a sheet have one S. */
  readonly image: Float32Array;
  /** Printed in capitals under the picture, cut where it does not fit. */
  readonly label: string;
}

export interface SheetOptions {
  /** Tiles in a row; by default all of them. */
  readonly columns?: number;
  /** Whole-number enlargement, pixel by pixel, so that nothing is smoothed; 1 by default. */
  readonly zoom?: number;
}

const GAP = 8;
const PAPER = 24;
const INK = 225;

/** Lays the tiles out in rows on dark paper. */
export function contactSheet(tiles: readonly Tile[], options: SheetOptions = {}): Raster {
  const [first] = tiles;
  invariant(first, 'a sheet has a tile');
  const { columns = tiles.length, zoom = 1 } = options;
  const side = sideOf(first.image) * zoom;
  const scale = side >= 200 ? 2 : 1;
  const caption = (GLYPH_HEIGHT + 4) * scale;
  const width = columns * (side + GAP) + GAP;
  const height = Math.ceil(tiles.length / columns) * (side + GAP + caption) + GAP;
  const sheet = { width, height, data: new Uint8Array(3 * width * height).fill(PAPER) };
  tiles.forEach(({ image, label }, i) => {
    invariant(sideOf(image) * zoom === side, 'the tiles of a sheet have one size');
    const x = GAP + (i % columns) * (side + GAP);
    const y = GAP + Math.floor(i / columns) * (side + GAP + caption);
    paste(sheet, toRaster(image), zoom, x, y);
    const fits = label.slice(0, Math.floor(side / (6 * scale)));
    const inset = Math.floor((side - labelWidth(fits, scale)) / 2);
    drawLabel(sheet, fits, { x: x + inset, y: y + side + 4 * scale, scale, grey: INK });
  });
  return sheet;
}

function paste(sheet: Raster, tile: Raster, zoom: number, left: number, top: number): void {
  const { width, height, data } = tile;
  for (let y = 0; y < height * zoom; y++) {
    for (let x = 0; x < width * zoom; x++) {
      const from = 3 * (Math.floor(y / zoom) * width + Math.floor(x / zoom));
      sheet.data.set(data.subarray(from, from + 3), 3 * ((top + y) * sheet.width + left + x));
    }
  }
}
