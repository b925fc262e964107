/**
 * Which of many scattered pixels lie on straight strokes: a pixel stays when some line through it, of a fixed length in
 * one of many directions, is nearly all set. damage.ts is the user: noise and texture have no such lines, scratches do.
 */
import type { OverviewSize } from './overview.ts';

/** Pixels of a stroke, and how many of them must be set: gaps are where a scratch crosses an edge or fades. */
const LENGTH = 31;
const NEEDED = 25;
/** Directions from one diagonal to the other, about the vertical and again about the horizontal: 5.6 degrees apart. */
const DIRECTIONS = 16;

/** Of the pixels set (not 0) in [height,width], those on a stroke; 1 or 0. */
export function onStrokes(set: Uint8Array, { width, height }: OverviewSize): Uint8Array {
  const kept = new Uint8Array(set.length);
  steep(set, width, height, (x, y) => y * width + x, kept);
  const turned = new Uint8Array(set.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) turned[x * height + y] = set[y * width + x]!;
  steep(turned, height, width, (x, y) => x * width + y, kept);
  return kept;
}

/**
 * Marks in `kept` (at `place`) the set pixels on strokes within 45 degrees of the vertical. For slope m, the pixels of
 * equal u = x - round(m y) form one line: set pixels are counted along it in a window of LENGTH rows. Only set pixels are
 * visited, so that the cost is theirs times the directions.
 */
function steep(
  set: Uint8Array,
  width: number,
  height: number,
  place: (x: number, y: number) => number,
  kept: Uint8Array,
): void {
  const { starts, xs } = rowsOf(set, width, height);
  for (let d = 0; d < DIRECTIONS; d++) {
    const slope = Math.tan((((d + 0.5) / DIRECTIONS - 0.5) * Math.PI) / 2);
    const shift = Int32Array.from({ length: height }, (_, y) => Math.round(slope * y));
    const counts = new Uint8Array(width + Math.abs(shift[height - 1]!) + 1);
    const pad = Math.max(shift[0]!, shift[height - 1]!);
    for (let y = 0; y < height; y++) {
      const old = y - LENGTH;
      if (old >= 0)
        for (let i = starts[old]!; i < starts[old + 1]!; i++) counts[xs[i]! - shift[old]! + pad]!--;
      for (let i = starts[y]!; i < starts[y + 1]!; i++) {
        const u = xs[i]! - shift[y]! + pad;
        if (++counts[u]! < NEEDED) continue;
        for (let row = Math.max(0, old + 1); row <= y; row++) {
          const x = u - pad + shift[row]!;
          if (x >= 0 && x < width && set[row * width + x]!) kept[place(x, row)] = 1;
        }
      }
    }
  }
}

/** The columns of the set pixels, row after row; row y has xs[starts[y]] up to xs[starts[y + 1]]. */
function rowsOf(set: Uint8Array, width: number, height: number): { starts: Uint32Array; xs: Uint32Array } {
  const starts = new Uint32Array(height + 1);
  let count = 0;
  for (const value of set) if (value) count++;
  const xs = new Uint32Array(count);
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) if (set[y * width + x]) xs[at++] = x;
    starts[y + 1] = at;
  }
  return { starts, xs };
}
