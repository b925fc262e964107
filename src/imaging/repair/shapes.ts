/**
 * Which connected groups of suspicious pixels have the shape of damage: long and thin, or small, round and alone.
 * damage.ts is the user.
 */
import { dilated } from './dilate.ts';
import type { Filters } from './opencv.ts';
import type { OverviewSize } from './overview.ts';

/** A group's pixels and their spread: `length` and `breadth` of the bar with the same second moments, pixels. */
interface Shape {
  readonly count: number;
  readonly length: number;
  readonly breadth: number;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  /** Its pixels by weight: as many full ones as have the same (sum of weights)^2 / sum of squares; soft rims count little. */
  readonly full: number;
  /** The mean of `marks` over its pixels. */
  readonly mark: number;
}

/** What damage.ts finds that may be scratches: which pixels, and how far each stands out. */
export interface Strokes {
  /** [height,width], 0 or 1. */
  readonly set: Uint8Array;
  /** [height,width], 0..255. */
  readonly contrast: Uint8Array;
}

/** A scratch is longer than this, in pixels and in parts of the picture's longer side. */
const SCRATCH = { pixels: 56, side: 0.035 } as const;
/** Full pixels across a scratch, at most, and in parts of the longer side: folds of cloth and mouths are thicker. */
const THICK = { least: 2.6, most: 6, side: 0.0045 } as const;
/** How far a scratch may bend: breadth in pixels or in parts of its length. */
const STRAIGHT = 6;
const BENT = 0.1;
/** Around a scratch to this distance, the most that may lie on other strokes, in parts of its own pixels: hatching. */
const AROUND = 24;
const COMPANY = 1;
/** Lines that stay this near a side, in parts of the longer one, are taken for the edge of the print or its frame. */
const FRAME = 0.03;
/** Longest specks, in parts of the longer side, at least these pixels. */
const SPECK = { pixels: 4, side: 0.012 } as const;
/**
 * In a window of this many pixels around a speck, the most that may belong to others: beyond, it is glitter, print or
 * leaves. One counts for so many at most, since a large chip often has small ones around it.
 */
const WINDOW = 64;
const CROWD = 48;
const COUNTED = 6;

/**
 * Writes 255 to `mask` where `set` pixels form scratches. Parts up to 2 pixels apart are taken together; `others` are all
 * the strokes there are, of which a scratch may not have many around it; `strict` is the least length place by place.
 */
export function keepScratches(
  { set, contrast }: Strokes,
  others: readonly Strokes[],
  size: OverviewSize,
  filters: Filters,
  strict: Uint16Array,
  mask: Uint8Array,
): void {
  const { labels, count } = filters.components(dilated(set, size, 1), size);
  const shapes = shapesOf(labels, count, { set, contrast }, size, strict);
  const long = Math.max(size.width, size.height);
  const shortest = Math.max(SCRATCH.pixels, SCRATCH.side * long);
  const thickest = Math.max(THICK.least, Math.min(THICK.most, THICK.side * long));
  const company = others.map((strokes) => sumsOf(strokes.set, size));
  const kept = shapes.map((shape) => {
    const { length, breadth } = shape;
    if (length < Math.max(shortest, shape.mark) || shape.full > thickest * length) return false;
    if (breadth > STRAIGHT && breadth > length * BENT) return false;
    const box = grown(shape, AROUND);
    const around = company.reduce((sum, count) => sum + count(box), 0) - shape.count;
    return around <= COMPANY * shape.count && !alongSide(shape, size, FRAME * long);
  });
  for (let p = 0; p < set.length; p++) if (set[p] && kept[labels[p]!]) mask[p] = 255;
}

/** Writes 255 to `mask` over the groups of `rims` that hold a pixel of `specks`, where they are small and alone. */
export function keepSpecks(
  specks: Uint8Array,
  rims: Uint8Array,
  size: OverviewSize,
  filters: Filters,
  mask: Uint8Array,
): void {
  const { width, height } = size;
  const { labels, count } = filters.components(rims, size);
  const shapes = shapesOf(labels, count, { set: rims, contrast: rims }, size, specks);
  const longest = Math.max(SPECK.pixels, SPECK.side * Math.max(width, height));
  const middles = new Uint8Array(rims.length);
  for (const { count: pixels, left, top, right, bottom } of shapes)
    if (pixels > 0)
      middles[((top + bottom) >> 1) * width + ((left + right) >> 1)] = Math.min(COUNTED, pixels);
  const crowd = sumsOf(middles, size);
  const kept = shapes.map(({ count: pixels, mark: seeds, left, top, right, bottom }) => {
    if (seeds === 0 || Math.max(right - left, bottom - top) >= longest) return false;
    const [x, y] = [Math.round((left + right) / 2), Math.round((top + bottom) / 2)];
    const box = { left: x - WINDOW / 2, top: y - WINDOW / 2, right: x + WINDOW / 2, bottom: y + WINDOW / 2 };
    return crowd(box) - Math.min(COUNTED, pixels) <= CROWD;
  });
  for (let p = 0; p < rims.length; p++) if (rims[p] && kept[labels[p]!]) mask[p] = 255;
}

function grown({ left, top, right, bottom }: Box, by: number): Box {
  return { left: left - by, top: top - by, right: right + 1 + by, bottom: bottom + 1 + by };
}

function alongSide(box: Box, { width, height }: OverviewSize, near: number): boolean {
  return box.right < near || box.bottom < near || box.left >= width - near || box.top >= height - near;
}

/** The shape of each label over the pixels set; `mark` is the mean of `marks`. */
function shapesOf(
  labels: Int32Array,
  count: number,
  { set, contrast }: Strokes,
  { width }: OverviewSize,
  marks: Uint8Array | Uint16Array,
): Shape[] {
  const FIELDS = 9;
  const sums = new Float64Array(count * FIELDS);
  const boxes = new Int32Array(count * 4);
  for (let i = 0; i < count; i++) boxes.set([0x7fffffff, 0x7fffffff, -1, -1], 4 * i);
  for (let p = 0; p < labels.length; p++) {
    const label = labels[p]!;
    if (label === 0 || !set[p]) continue;
    const [x, y] = [p % width, Math.floor(p / width)];
    const at = label * FIELDS;
    sums[at]!++;
    sums[at + 1]! += x;
    sums[at + 2]! += y;
    sums[at + 3]! += x * x;
    sums[at + 4]! += y * y;
    sums[at + 5]! += x * y;
    sums[at + 6]! += marks[p]!;
    sums[at + 7]! += contrast[p]!;
    sums[at + 8]! += contrast[p]! ** 2;
    const b = 4 * label;
    boxes[b] = Math.min(boxes[b]!, x);
    boxes[b + 1] = Math.min(boxes[b + 1]!, y);
    boxes[b + 2] = Math.max(boxes[b + 2]!, x);
    boxes[b + 3] = Math.max(boxes[b + 3]!, y);
  }
  return Array.from({ length: count }, (_, label) => {
    const [n = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0, marked = 0, weight = 0, squares = 0] = sums.subarray(
      label * FIELDS,
      (label + 1) * FIELDS,
    );
    const [left = 0, top = 0, right = 0, bottom = 0] = boxes.subarray(4 * label, 4 * label + 4);
    const share = n > 0 ? marked / n : 0;
    const [vx, vy, c] =
      n > 0 ? [xx / n - (x / n) ** 2, yy / n - (y / n) ** 2, xy / n - (x / n) * (y / n)] : [0, 0, 0];
    const spread = Math.hypot((vx - vy) / 2, c);
    // A bar of length l has the second moment l^2 / 12 along itself.
    const along = (moment: number): number => Math.sqrt(12 * Math.max(0, moment)) + 1;
    const middle = (vx + vy) / 2;
    return {
      count: n,
      length: along(middle + spread),
      breadth: along(middle - spread),
      left,
      top,
      right,
      bottom,
      full: squares > 0 ? weight ** 2 / squares : 0,
      mark: share,
    };
  });
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** The sum over a box, by an integral image. */
function sumsOf(set: Uint8Array, { width, height }: OverviewSize): (box: Box) => number {
  const stride = width + 1;
  const sums = new Uint32Array(stride * (height + 1));
  for (let y = 0; y < height; y++)
    for (let x = 0, row = 0; x < width; x++) {
      row += set[y * width + x]!;
      sums[(y + 1) * stride + x + 1] = sums[y * stride + x + 1]! + row;
    }
  const clamp = (value: number, most: number): number => Math.max(0, Math.min(most, value));
  return ({ left, top, right, bottom }) => {
    const [x0, x1] = [clamp(left, width), clamp(right, width)];
    const [y0, y1] = [clamp(top, height) * stride, clamp(bottom, height) * stride];
    return sums[y1 + x1]! - sums[y0 + x1]! - sums[y1 + x0]! + sums[y0 + x0]!;
  };
}
