/**
 * Alignment geometry: where a face's aligned square lies in a photo, from five landmarks, and the picture in it. Two
 * conventions: FFHQ's for the priors (DESIGN section 6) and ArcFace's for recognisers; both end as an affine map.
 */
import { invariant } from '../domain/errors.ts';

/** A place in a photo in pixels; the middle of the first pixel is (0.5, 0.5). */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Image-left eye, image-right eye, nose, image-left corner of the mouth, image-right corner. */
export type Landmarks = readonly [Point, Point, Point, Point, Point];

/** Takes (x, y) to (a x + b y + tx, c x + d y + ty). */
export interface Affine {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly tx: number;
  readonly ty: number;
}

/** Interleaved sRGB bytes, [height, width, 3]. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** ArcFace's template for a crop of 112 x 112 pixels (Deng et al. 2019, insightface's `arcface_dst`). */
const ARCFACE: Landmarks = [
  { x: 38.2946, y: 51.6963 },
  { x: 73.5318, y: 51.5014 },
  { x: 56.0252, y: 71.7366 },
  { x: 41.5493, y: 92.3655 },
  { x: 70.7299, y: 92.2041 },
];
export const ARCFACE_SIDE = 112;

/** The upper left, lower left, lower right and upper right corner of the FFHQ square: c-x-y, c-x+y, c+x+y, c+x-y. */
export function ffhqQuad([left, right, , mouthLeft, mouthRight]: Landmarks): [Point, Point, Point, Point] {
  const eyes = middle(left, right);
  const mouth = middle(mouthLeft, mouthRight);
  const e = { x: right.x - left.x, y: right.y - left.y };
  const m = { x: mouth.x - eyes.x, y: mouth.y - eyes.y };
  // x = e - rot90(m), rot90(x, y) = (-y, x)
  const direction = { x: e.x + m.y, y: e.y - m.x };
  const length = Math.hypot(direction.x, direction.y);
  invariant(length > 0, 'landmarks that span a face');
  const half = Math.max(2 * Math.hypot(e.x, e.y), 1.8 * Math.hypot(m.x, m.y)) / length;
  const x = { x: half * direction.x, y: half * direction.y };
  const y = { x: -x.y, y: x.x };
  const c = { x: eyes.x + 0.1 * m.x, y: eyes.y + 0.1 * m.y };
  const corner = (i: number, j: number): Point => ({
    x: c.x + i * x.x + j * y.x,
    y: c.y + i * x.y + j * y.y,
  });
  return [corner(-1, -1), corner(-1, 1), corner(1, 1), corner(1, -1)];
}

/** From the crop of `side` x `side` pixels to the photo it is cut from. */
export function ffhqMap(landmarks: Landmarks, side: number): Affine {
  const [topLeft, bottomLeft, , topRight] = ffhqQuad(landmarks);
  return {
    a: (topRight.x - topLeft.x) / side,
    b: (bottomLeft.x - topLeft.x) / side,
    c: (topRight.y - topLeft.y) / side,
    d: (bottomLeft.y - topLeft.y) / side,
    tx: topLeft.x,
    ty: topLeft.y,
  };
}

/** From ArcFace's 112 x 112 crop to the picture the landmarks are in: the inverse of the fitted similarity. */
export function arcfaceMap(landmarks: Landmarks): Affine {
  return inverse(similarity(landmarks, ARCFACE));
}

/** The rotation, scale and shift (no mirror) that take `from` nearest to `to`, by least squares (Umeyama 1991). */
export function similarity(from: readonly Point[], to: readonly Point[]): Affine {
  invariant(from.length === to.length && from.length > 1, 'as many points on either side, two or more');
  const [p, q] = [meanOf(from), meanOf(to)];
  let [dot, cross, squares] = [0, 0, 0];
  for (let i = 0; i < from.length; i++) {
    const [u, v] = [minus(from[i]!, p), minus(to[i]!, q)];
    dot += u.x * v.x + u.y * v.y;
    cross += u.x * v.y - u.y * v.x;
    squares += u.x * u.x + u.y * u.y;
  }
  invariant(squares > 0, 'points that are not all one');
  const [cos, sin] = [dot / squares, cross / squares];
  return {
    a: cos,
    b: -sin,
    c: sin,
    d: cos,
    tx: q.x - cos * p.x + sin * p.y,
    ty: q.y - sin * p.x - cos * p.y,
  };
}

export function inverse({ a, b, c, d, tx, ty }: Affine): Affine {
  const det = a * d - b * c;
  invariant(det !== 0, 'an affine map that can be undone');
  return {
    a: d / det,
    b: -b / det,
    c: -c / det,
    d: a / det,
    tx: (b * ty - d * tx) / det,
    ty: (c * tx - a * ty) / det,
  };
}

export function apply({ a, b, c, d, tx, ty }: Affine, { x, y }: Point): Point {
  return { x: a * x + b * y + tx, y: c * x + d * y + ty };
}

/**
 * The crop [3,side,side] in [-1,1] that `map` (crop to photo) cuts out. Each pixel is the mean over a tent as wide as two
 * crop pixels (or two photo pixels where the crop is finer, which is bilinear), so that shrinking does not alias; beyond
 * its border the photo is mirrored.
 */
export function cutOut(photo: Pixels, map: Affine, side: number): Float32Array {
  const scale = Math.sqrt(Math.abs(map.a * map.d - map.b * map.c));
  const tent = tentOf(scale);
  const plane = side * side;
  const crop = new Float32Array(3 * plane);
  const mean = new Float64Array(3);
  for (let row = 0, p = 0; row < side; row++) {
    for (let column = 0; column < side; column++, p++) {
      meanAround(photo, map, tent, column + 0.5, row + 0.5, mean);
      for (let c = 0; c < 3; c++) crop[c * plane + p] = mean[c]! / 127.5 - 1;
    }
  }
  return crop;
}

/** Samples of a tent over (-1, 1) along one side, in crop pixels, and their weights, whose sum is 1. */
interface Tent {
  readonly offsets: Float64Array;
  readonly weights: Float64Array;
}

/** At most half a photo pixel apart; one sample where the crop is finer. */
function tentOf(scale: number): Tent {
  if (scale <= 1) return { offsets: Float64Array.of(0), weights: Float64Array.of(1) };
  const n = Math.ceil(4 * scale);
  const offsets = Float64Array.from({ length: n }, (_, i) => (2 * i + 1) / n - 1);
  const total = offsets.reduce((sum, offset) => sum + 1 - Math.abs(offset), 0);
  return { offsets, weights: offsets.map((offset) => (1 - Math.abs(offset)) / total) };
}

/**
 * The mean over the tent around (u, v) of the crop, linear between four photo pixels at each sample, into `mean`. A crop
 * takes a million samples: nothing is allocated, and sums stay out of memory.
 */
function meanAround(
  { width, height, data }: Pixels,
  { a, b, c, d, tx, ty }: Affine,
  { offsets, weights }: Tent,
  u: number,
  v: number,
  mean: Float64Array,
): void {
  let red = 0;
  let green = 0;
  let blue = 0;
  for (let j = 0; j < offsets.length; j++) {
    const down = v + offsets[j]!;
    for (let i = 0; i < offsets.length; i++) {
      const across = u + offsets[i]!;
      const x = a * across + b * down + tx - 0.5;
      const y = c * across + d * down + ty - 0.5;
      const left = Math.floor(x);
      const top = Math.floor(y);
      const fx = x - left;
      const fy = y - top;
      const gx = 1 - fx;
      const gy = 1 - fy;
      const from = mirrored(left, width);
      const to = mirrored(left + 1, width);
      const upper = mirrored(top, height) * width;
      const lower = mirrored(top + 1, height) * width;
      const p = 3 * (upper + from);
      const q = 3 * (upper + to);
      const r = 3 * (lower + from);
      const s = 3 * (lower + to);
      const weight = weights[i]! * weights[j]!;
      red += weight * ((data[p]! * gx + data[q]! * fx) * gy + (data[r]! * gx + data[s]! * fx) * fy);
      green +=
        weight *
        ((data[p + 1]! * gx + data[q + 1]! * fx) * gy + (data[r + 1]! * gx + data[s + 1]! * fx) * fy);
      blue +=
        weight *
        ((data[p + 2]! * gx + data[q + 2]! * fx) * gy + (data[r + 2]! * gx + data[s + 2]! * fx) * fy);
    }
  }
  mean[0] = red;
  mean[1] = green;
  mean[2] = blue;
}

/** Mirrored at the border, the border pixel not repeated: ... 2 1 | 0 1 2 ... n-1 | n-2 ... */
function mirrored(i: number, n: number): number {
  if (i >= 0 && i < n) return i;
  if (n === 1) return 0;
  const period = 2 * (n - 1);
  const j = ((i % period) + period) % period;
  return j < n ? j : period - j;
}

function middle(p: Point, q: Point): Point {
  return { x: (p.x + q.x) / 2, y: (p.y + q.y) / 2 };
}

function minus(p: Point, q: Point): Point {
  return { x: p.x - q.x, y: p.y - q.y };
}

function meanOf(points: readonly Point[]): Point {
  const n = points.length;
  return {
    x: points.reduce((sum, { x }) => sum + x, 0) / n,
    y: points.reduce((sum, { y }) => sum + y, 0) / n,
  };
}
