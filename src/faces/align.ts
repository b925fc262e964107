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
  const taps = tent(scale);
  const plane = side * side;
  const crop = new Float32Array(3 * plane);
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const sum = [0, 0, 0];
      for (const v of taps) {
        for (const u of taps) {
          const at = apply(map, { x: column + 0.5 + u.offset, y: row + 0.5 + v.offset });
          addBilinear(sum, photo, at, u.weight * v.weight);
        }
      }
      for (let c = 0; c < 3; c++) crop[c * plane + row * side + column] = sum[c]! / 127.5 - 1;
    }
  }
  return crop;
}

interface Tap {
  /** In crop pixels. */
  readonly offset: number;
  readonly weight: number;
}

/** Samples of a tent over (-1, 1) crop pixels, at most half a photo pixel apart; one sample where the crop is finer. */
function tent(scale: number): Tap[] {
  if (scale <= 1) return [{ offset: 0, weight: 1 }];
  const n = Math.ceil(4 * scale);
  const raw = Array.from({ length: n }, (_, i) => (2 * i + 1) / n - 1);
  const total = raw.reduce((sum, offset) => sum + 1 - Math.abs(offset), 0);
  return raw.map((offset) => ({ offset, weight: (1 - Math.abs(offset)) / total }));
}

function addBilinear(sum: number[], { width, height, data }: Pixels, { x, y }: Point, weight: number): void {
  const [left, top] = [Math.floor(x - 0.5), Math.floor(y - 0.5)];
  const [fx, fy] = [x - 0.5 - left, y - 0.5 - top];
  const columns = [mirrored(left, width), mirrored(left + 1, width)] as const;
  const rows = [mirrored(top, height), mirrored(top + 1, height)] as const;
  for (let c = 0; c < 3; c++) {
    const value = (i: 0 | 1, j: 0 | 1): number => data[3 * (rows[j] * width + columns[i]) + c]!;
    const upper = value(0, 0) * (1 - fx) + value(1, 0) * fx;
    const lower = value(0, 1) * (1 - fx) + value(1, 1) * fx;
    sum[c] = sum[c]! + weight * (upper * (1 - fy) + lower * fy);
  }
}

/** Mirrored at the border, the border pixel not repeated: ... 2 1 | 0 1 2 ... n-1 | n-2 ... */
function mirrored(i: number, n: number): number {
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
