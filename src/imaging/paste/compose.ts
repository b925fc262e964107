/**
 * The formula of paste.ts at work: the change and the crop brought to the photo's pixels through the map, the photo's
 * fine band weighed, all of it added under the mask. change.ts makes what comes in, grain.ts comes after.
 */
import type { Change } from './change.ts';
import { weigh } from './detail.ts';
import type { FineBand } from './detail.ts';
import { inverted, magnification, weightAt } from './geometry.ts';
import type { Affine, Mask } from './geometry.ts';
import type { Planes } from './grain.ts';
import { resamplePlane } from './planes.ts';
import type { Kernel } from './planes.ts';

/**
 * Where the pixels of a region lie on a finer grid [n,n] of the crop: gx = xx x + xy y + x0 for column x and row y, gy
 * likewise; `toCrop` crop pixels to each of the grid's.
 */
interface Place {
  readonly n: number;
  readonly toCrop: number;
  readonly xx: number;
  readonly xy: number;
  readonly x0: number;
  readonly yx: number;
  readonly yy: number;
  readonly y0: number;
}

/** Crops are brought to about this many pixels by a Lanczos kernel; between those, linear is smooth enough. */
const GRID = 512;

/**
 * The photo with the changed face, without grain, and how far each pixel is the face's, [height,width] in 0..1: 0 where
 * the photo is as it was.
 */
export function compose(
  photo: Planes,
  change: Change,
  map: Affine,
  mask: Mask,
  options: { readonly keep?: Float32Array; readonly mended?: Float32Array; readonly detail?: number },
): { readonly picture: Planes; readonly amount: Float32Array } {
  const { side, channels } = change;
  const scale = magnification(map);
  const place = placeOf(photo, map, side);
  // The low pass for a face smaller than the crop is in the kernel: as wide as a photo pixel.
  const to = { n: place.n, spread: Math.max(1, 1 / scale) };
  const onGrid = (planes: Float32Array, kernel: Kernel): Float32Array[] =>
    Array.from({ length: planes.length / side ** 2 }, (_, k) =>
      resamplePlane(planes.subarray(k * side ** 2, (k + 1) * side ** 2), side, { ...to, kernel }),
    );
  const green = channels === 3 ? 1 : 0;
  const seen = change.input.subarray(green * side ** 2, (green + 1) * side ** 2);
  const fine =
    scale > 1
      ? measureFine(photo, green, resamplePlane(seen, side, { ...to, kernel: 'lanczos' }), place, side, scale)
      : undefined;
  const mended = options.mended && cellsOf(options.mended, photo, place, side);
  const { drop, delta } = weigh(change, scale, fine, { ...options, mended });
  const drops = drop.some((share) => share !== 0);
  const grids = {
    delta: onGrid(delta, 'lanczos'),
    changed: resamplePlane(change.changed, side, { ...to, kernel: 'tent' }),
    ...(drops && {
      fine: {
        input: onGrid(change.input, 'lanczos'),
        drop: resamplePlane(drop, side, { ...to, kernel: 'tent' }),
      },
    }),
  };
  return paint(photo, grids, place, mask, options);
}

function placeOf({ left, top }: Planes, map: Affine, side: number): Place {
  const scale = magnification(map);
  const times = Math.max(2, Math.min(Math.ceil(scale), Math.floor(GRID / side)));
  const n = scale >= 1 ? times * side : Math.max(8, Math.ceil(2 * scale * side));
  const finer = n / side;
  const { a, b, c, d, tx, ty } = inverted(map);
  const [x, y] = [left + 0.5, top + 0.5];
  return {
    n,
    toCrop: side / n,
    ...{ xx: finer * a, xy: finer * b, x0: finer * (a * x + b * y + tx) - 0.5 },
    ...{ yx: finer * c, yy: finer * d, y0: finer * (c * x + d * y + ty) - 0.5 },
  };
}

/** The energy of photo - (crop enlarged) in one channel, from a few samples for each crop pixel. */
function measureFine(
  photo: Planes,
  channel: number,
  enlarged: Float32Array,
  place: Place,
  side: number,
  scale: number,
): FineBand {
  const { width, height } = photo;
  const { n, toCrop } = place;
  const plane = photo.data.subarray(channel * width * height, (channel + 1) * width * height);
  const sum = new Float32Array(side * side);
  const count = new Float32Array(side * side);
  const step = Math.max(1, Math.floor(scale / 1.4));
  for (let y = 0; y < height; y += step)
    for (let x = 0; x < width; x += step) {
      const gx = place.xx * x + place.xy * y + place.x0;
      const gy = place.yx * x + place.yy * y + place.y0;
      if (gx < 0 || gy < 0 || gx > n - 1 || gy > n - 1) continue;
      const i = Math.min(n - 2, Math.floor(gx));
      const j = Math.min(n - 2, Math.floor(gy));
      const at = j * n + i;
      const upper = enlarged[at]! + (gx - i) * (enlarged[at + 1]! - enlarged[at]!);
      const lower = enlarged[at + n]! + (gx - i) * (enlarged[at + n + 1]! - enlarged[at + n]!);
      const fine = plane[y * width + x]! - (upper + (gy - j) * (lower - upper));
      const u = Math.min(side - 1, Math.floor((gx + 0.5) * toCrop));
      const v = Math.min(side - 1, Math.floor((gy + 0.5) * toCrop));
      sum[v * side + u] = sum[v * side + u]! + fine * fine;
      count[v * side + u] = count[v * side + u]! + 1;
    }
  return { sum, count };
}

/** Of a plane [height,width] over the photo, the largest value in each crop pixel. */
function cellsOf(plane: Float32Array, { width, height }: Planes, place: Place, side: number): Float32Array {
  const cells = new Float32Array(side * side);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const value = plane[y * width + x]!;
      if (value === 0) continue;
      const u = Math.floor((place.xx * x + place.xy * y + place.x0 + 0.5) * place.toCrop);
      const v = Math.floor((place.yx * x + place.yy * y + place.y0 + 0.5) * place.toCrop);
      if (u >= 0 && v >= 0 && u < side && v < side)
        cells[v * side + u] = Math.max(cells[v * side + u]!, value);
    }
  return cells;
}

/** The crop's planes on the grid. */
interface Grids {
  readonly delta: readonly Float32Array[];
  readonly changed: Float32Array;
  /** Absent where all of the photo's fine band stays, as on every face much larger than the crop. */
  readonly fine?: { readonly input: readonly Float32Array[]; readonly drop: Float32Array };
}

/** Row by row, and within a row plane by plane over the pixels that the mask covers. */
function paint(
  photo: Planes,
  grids: Grids,
  place: Place,
  mask: Mask,
  { keep }: { readonly keep?: Float32Array },
): { picture: Planes; amount: Float32Array } {
  const { width, height, channels, data: before } = photo;
  const pixels = width * height;
  const out = before.slice();
  const amount = new Float32Array(pixels);
  const row: Row = {
    column: new Int32Array(width),
    at: new Int32Array(width),
    fx: new Float64Array(width),
    fy: new Float64Array(width),
    weight: new Float64Array(width),
  };
  const { column, weight } = row;
  const changed = new Float64Array(width);
  const drop = new Float64Array(width);
  const old = new Float64Array(width);
  const added = new Float64Array(width);
  for (let y = 0; y < height; y++) {
    const count = cover(row, y, width, place, mask);
    if (count === 0) continue;
    sample(grids.changed, place.n, row, count, changed);
    if (grids.fine) sample(grids.fine.drop, place.n, row, count, drop);
    for (let i = 0; i < count; i++) {
      const p = y * width + column[i]!;
      if (keep) weight[i] = weight[i]! * (1 - keep[p]!);
      amount[p] = weight[i]! * changed[i]!;
    }
    for (let c = 0; c < channels; c++) {
      const base = c * pixels + y * width;
      sample(grids.delta[c]!, place.n, row, count, added);
      if (grids.fine) {
        sample(grids.fine.input[c]!, place.n, row, count, old);
        for (let i = 0; i < count; i++)
          added[i] = added[i]! - drop[i]! * (before[base + column[i]!]! - old[i]!);
      }
      mix(before, out, base, count, { column, weight, added });
    }
  }
  return { picture: { ...photo, data: out }, amount };
}

/** Of a row's pixels that the mask covers: their columns, weights, and places on the grid. */
interface Row {
  readonly column: Int32Array;
  /** The grid's upper left neighbour, and how far the pixel is beyond it. */
  readonly at: Int32Array;
  readonly fx: Float64Array;
  readonly fy: Float64Array;
  readonly weight: Float64Array;
}

/** Fills `row` and returns how many pixels are covered. */
function cover(
  { column, at, fx, fy, weight }: Row,
  y: number,
  width: number,
  place: Place,
  mask: Mask,
): number {
  const { n, toCrop, xx, xy, x0, yx, yy, y0 } = place;
  const { from, to } = spanOf(place, y, width, mask);
  let count = 0;
  for (let x = from; x < to; x++) {
    const gx = xx * x + xy * y + x0;
    const gy = yx * x + yy * y + y0;
    const w = weightAt(mask, (gx + 0.5) * toCrop, (gy + 0.5) * toCrop);
    if (w === 0) continue;
    const i = Math.max(0, Math.min(n - 2, Math.floor(gx)));
    const j = Math.max(0, Math.min(n - 2, Math.floor(gy)));
    column[count] = x;
    at[count] = j * n + i;
    fx[count] = gx - i;
    fy[count] = gy - j;
    weight[count] = w;
    count++;
  }
  return count;
}

/** The columns of row `y` outside which a pixel lies beyond the mask's half axes, and a pixel more either way. */
function spanOf(
  { toCrop, xx, xy, x0, yx, yy, y0 }: Place,
  y: number,
  width: number,
  mask: Mask,
): { readonly from: number; readonly to: number } {
  let [from, to] = [0, width];
  for (const [slope, start, middle, half] of [
    [xx, xy * y + x0, mask.x, mask.rx],
    [yx, yy * y + y0, mask.y, mask.ry],
  ] as const) {
    const ends = [-half, half].map((end) => ((middle + end) / toCrop - 0.5 - start) / slope);
    // a slope of 0 gives infinite ends, or no number where the row lies on the rim itself
    if (ends.some(Number.isNaN)) continue;
    from = Math.max(from, Math.floor(Math.min(...ends)) - 1);
    to = Math.min(to, Math.ceil(Math.max(...ends)) + 2);
  }
  return { from, to };
}

/** Bilinear between the grid's points. */
function sample(grid: Float32Array, n: number, { at, fx, fy }: Row, count: number, out: Float64Array): void {
  for (let i = 0; i < count; i++) {
    const p = at[i]!;
    const x = fx[i]!;
    const upper = grid[p]! + x * (grid[p + 1]! - grid[p]!);
    const lower = grid[p + n]! + x * (grid[p + n + 1]! - grid[p + n]!);
    out[i] = upper + fy[i]! * (lower - upper);
  }
}

interface Mixed {
  readonly column: Int32Array;
  readonly weight: Float64Array;
  readonly added: Float64Array;
}

/** photo + weight added from `base` on; values that nothing is added to stay as they are. */
function mix(
  before: Float32Array,
  out: Float32Array,
  base: number,
  count: number,
  { column, weight, added }: Mixed,
): void {
  for (let i = 0; i < count; i++) {
    const by = weight[i]! * added[i]!;
    if (by === 0) continue;
    const p = base + column[i]!;
    const value = before[p]! + by;
    out[p] = value < -1 ? -1 : value > 1 ? 1 : value;
  }
}
