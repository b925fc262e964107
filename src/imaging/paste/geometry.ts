/**
 * Where a face's square lies in its photo, and which part of the square a restored face may fill: an oval, or a square
 * with round corners, whose weight falls to nothing at its rim. paste.ts is the user; faces/align.ts makes the maps.
 */
import { invariant } from '../../domain/errors.ts';
import type { Rect } from '../photograph.ts';

/** Crop pixel to photo pixel: (u, v) goes to (a u + b v + tx, c u + d v + ty); as in faces/align.ts. */
export interface Affine {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly tx: number;
  readonly ty: number;
}

export function inverted({ a, b, c, d, tx, ty }: Affine): Affine {
  const det = a * d - b * c;
  invariant(Number.isFinite(det) && det !== 0, 'a map that can be undone');
  return {
    a: d / det,
    b: -b / det,
    c: -c / det,
    d: a / det,
    tx: (b * ty - d * tx) / det,
    ty: (c * tx - a * ty) / det,
  };
}

/** Photo pixels for each crop pixel. */
export function magnification({ a, b, c, d }: Affine): number {
  return Math.sqrt(Math.abs(a * d - b * c));
}

/** What grain is measured on around the square, in photo pixels at least. */
const MARGIN = 16;

/**
 * What pasteFace needs of a photo: the rectangle around the square of `side` crop pixels that `map` places, and a
 * margin, cut at the photo's border; its width or height is 0 where the square lies outside.
 */
export function faceRegion(map: Affine, side: number, photo: { width: number; height: number }): Rect {
  const margin = Math.max(MARGIN, 0.05 * side * magnification(map));
  const xs = [0, map.a * side, map.b * side, (map.a + map.b) * side];
  const ys = [0, map.c * side, map.d * side, (map.c + map.d) * side];
  const clipped = (low: number, high: number, end: number): [number, number] => {
    const from = Math.min(end, Math.max(0, Math.floor(low - margin)));
    return [from, Math.max(0, Math.min(end, Math.ceil(high + margin)) - from)];
  };
  const [left, width] = clipped(map.tx + Math.min(...xs), map.tx + Math.max(...xs), photo.width);
  const [top, height] = clipped(map.ty + Math.min(...ys), map.ty + Math.max(...ys), photo.height);
  return { left, top, width, height };
}

/** `oval` for a face; `rounded` (the square with round corners) for what is not one. */
export type Shape = 'oval' | 'rounded';

/** A mask in crop space: 1 at its heart, falling to 0 with neither step nor edge at r = 1 (see weightAt). */
export interface Mask {
  /** Centre and half axes, in crop pixels. */
  readonly x: number;
  readonly y: number;
  readonly rx: number;
  readonly ry: number;
  /** The part of the way from the rim to the centre over which the weight rises. */
  readonly feather: number;
  /** 2: r = |(x, y)|, an oval. 4: r = (x^4 + y^4)^(1/4), a square with round corners. */
  readonly power: 2 | 4;
}

/** Centre and half axes in sides of the square: an FFHQ square holds the face a little below its middle. */
const OVAL = { y: 0.51, rx: 0.45, ry: 0.475 };
const FURTHEST = 0.492;

/** The mask of a crop of `side` pixels; `widen` in shares of its axes (-0.5..0.5), never beyond the square. */
export function maskOf(side: number, shape: Shape, widen = 0, feather = 0.32): Mask {
  const { y, rx, ry } = shape === 'oval' ? OVAL : { y: 0.5, rx: 0.48, ry: 0.48 };
  return {
    x: 0.5 * side,
    y: y * side,
    rx: Math.min(FURTHEST, rx * (1 + widen)) * side,
    ry: Math.min(FURTHEST - (y - 0.5), ry * (1 + widen)) * side,
    feather,
    power: shape === 'oval' ? 2 : 4,
  };
}

/** The weight 0..1 at (u, v) crop pixels: 6 t^5 - 15 t^4 + 10 t^3 of the way t in from the rim, flat at both ends. */
export function weightAt(mask: Mask, u: number, v: number): number {
  const x = (u - mask.x) / mask.rx;
  const y = (v - mask.y) / mask.ry;
  const square = x * x + y * y;
  const rr = mask.power === 2 ? square : Math.sqrt(square * square - 2 * x * x * y * y);
  if (rr >= 1) return 0;
  const t = (1 - Math.sqrt(rr)) / mask.feather;
  return t >= 1 ? 1 : t * t * t * (10 + t * (6 * t - 15));
}
