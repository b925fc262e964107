/**
 * Squares cut out of a whole photograph: where a recipe's faces lie, and their crops as priors and recognisers want them.
 * plan.ts decides the faces; restore-photograph.ts puts them back.
 */
import type { Geometry } from '../domain/recipe.ts';
import { ARCFACE_SIDE, apply, arcfaceMap, cutOut, ffhqMap } from '../faces/align.ts';
import type { Affine } from '../faces/align.ts';
import { placeSquare } from '../faces/place.ts';
import type { Box, PixelSource } from '../faces/face.ts';

interface Size {
  readonly width: number;
  readonly height: number;
}

/** From the crop of `side` x `side` pixels to the photo. Throws UserError `usage` for a square that lies outside it. */
export function mapOf(where: Geometry, side: number, photo: Size): Affine {
  if (where.kind === 'face') return ffhqMap(where.landmarks, side);
  return placeSquare({ ...where, rotation: (where.rotation * Math.PI) / 180 }, photo, side);
}

/** Photo pixels along the side of a face's square. */
export function sideOfSquare(where: Geometry): number {
  if (where.kind === 'square') return where.side;
  const { a, c } = ffhqMap(where.landmarks, 1);
  return Math.hypot(a, c);
}

/** The face as a recogniser sees it, [3,112,112] in [-1,1]; undefined for what has no landmarks. */
export async function recogniserCrop(photo: PixelSource, where: Geometry): Promise<Float32Array | undefined> {
  return where.kind === 'face' ? cropOf(photo, arcfaceMap(where.landmarks), ARCFACE_SIDE) : undefined;
}

/** Crops finer than this many photo pixels a crop pixel are cut from a reduced copy. */
const FINEST = 2;

/**
 * As cutOut: [3,side,side] in [-1,1], mirrored beyond the photo's border. Reads only the square and what it mirrors, and
 * where the crop is much coarser than the photo, reduced through a low-pass filter first, so that the cost has a bound.
 */
export async function cropOf(photo: PixelSource, map: Affine, side: number): Promise<Float32Array> {
  const scale = Math.sqrt(Math.abs(map.a * map.d - map.b * map.c));
  const area = areaOf(photo, map, side, scale);
  const reduce = Math.max(1, scale / FINEST);
  const width = Math.max(1, Math.round(area.width / reduce));
  const height = Math.max(1, Math.round(area.height / reduce));
  const pixels = await photo.read(area, width, height);
  const [sx, sy] = [width / area.width, height / area.height];
  const { a, b, c, d, tx, ty } = map;
  const moved = { tx: sx * (tx - area.left), ty: sy * (ty - area.top) };
  return cutOut(pixels, { a: sx * a, b: sx * b, c: sy * c, d: sy * d, ...moved }, side);
}

/** Whole pixels inside the photo around the square, with room for the filter and for what is mirrored into it. */
function areaOf(photo: PixelSource, map: Affine, side: number, scale: number): Box {
  const margin = 2 + 2 * scale;
  const corners = [
    [0, 0],
    [side, 0],
    [0, side],
    [side, side],
  ].map(([x = 0, y = 0]) => apply(map, { x, y }));
  const range = (values: readonly number[], end: number): [from: number, to: number] => {
    const low = Math.floor(Math.min(...values) - margin);
    const high = Math.ceil(Math.max(...values) + margin);
    // what lies outside by n pixels shows the n pixels inside the border
    const from = Math.min(low, 2 * end - high);
    const to = Math.max(high, -low);
    return [Math.max(0, Math.min(end - 1, from)), Math.min(end, Math.max(1, to))];
  };
  const [left, right] = range(
    corners.map(({ x }) => x),
    photo.width,
  );
  const [top, bottom] = range(
    corners.map(({ y }) => y),
    photo.height,
  );
  return { left, top, width: right - left, height: bottom - top };
}
