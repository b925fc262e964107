/**
 * How busy a picture is, place by place: the size that 9 of 10 details around a pixel stay below.
 * damage.ts calls a detail damage only when it stands out from that, so that noise, cloth and leaves are left alone.
 */
import type { OverviewSize } from './overview.ts';

/** Side of a cell; a place is judged by the cells around it, about 100 pixels across. */
const CELL = 32;

export interface Activity {
  /** The level at each pixel of row y, bilinear between places; the array is used again by the next call. */
  row(y: number): Float32Array;
}

/** The local `quantile` (0..1) of values [height,width], each 0..255. */
export function activityOf(values: Uint8Array, { width, height }: OverviewSize, quantile = 0.9): Activity {
  const columns = Math.ceil(width / CELL);
  const rows = Math.ceil(height / CELL);
  const counts = new Uint32Array(columns * rows * 256);
  for (let y = 0; y < height; y++) {
    const base = Math.floor(y / CELL) * columns;
    for (let x = 0; x < width; x++) {
      const cell = base + (x >> 5);
      counts[cell * 256 + values[y * width + x]!]!++;
    }
  }
  // The level of a cell is the quantile over it and its eight neighbours.
  const levels = new Float32Array(columns * rows);
  const sum = new Uint32Array(256);
  for (let cy = 0; cy < rows; cy++)
    for (let cx = 0; cx < columns; cx++) {
      sum.fill(0);
      let total = 0;
      for (let ny = Math.max(0, cy - 1); ny <= Math.min(rows - 1, cy + 1); ny++)
        for (let nx = Math.max(0, cx - 1); nx <= Math.min(columns - 1, cx + 1); nx++)
          for (let v = 0, at = (ny * columns + nx) * 256; v < 256; v++, at++) {
            sum[v]! += counts[at]!;
            total += counts[at]!;
          }
      let level = 0;
      for (let below = sum[0]!; below < quantile * total && level < 255; below += sum[++level]!);
      levels[cy * columns + cx] = level;
    }
  const line = new Float32Array(width);
  return {
    row(y) {
      const [y0, y1, fy] = between(y, rows);
      for (let x = 0; x < width; x++) {
        const [x0, x1, fx] = between(x, columns);
        const upper = levels[y0 * columns + x0]! * (1 - fx) + levels[y0 * columns + x1]! * fx;
        const lower = levels[y1 * columns + x0]! * (1 - fx) + levels[y1 * columns + x1]! * fx;
        line[x] = upper * (1 - fy) + lower * fy;
      }
      return line;
    },
  };
}

/** The two cells whose middles a pixel lies between, and how far it is to the second. */
function between(at: number, count: number): [number, number, number] {
  const place = (at + 0.5) / CELL - 0.5;
  const low = Math.floor(place);
  const clamp = (i: number): number => Math.max(0, Math.min(count - 1, i));
  return [clamp(low), clamp(low + 1), place - low];
}
