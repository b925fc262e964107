/**
 * A closer look at each face found: cut out upright at one size whatever it was, judged once more, its landmarks placed
 * exactly. network.ts is the search this follows; engine/nn/face-refiner.ts is the network.
 */
import { apply, cutOut } from './align.ts';
import type { Affine, Landmarks, Pixels, Point } from './align.ts';
import type { Box, Face, PixelSource } from './face.ts';

/** Pixels along a side of the crop. */
export const CROP = 64;
/** The crop's side over the face's size (the root of its box's area). */
export const MARGIN = 1.6;
/** Of a face seen from the front, over its size: from eye to eye, from eyes to mouth, and how far the middle of these four
 * lies below that of the box. */
const MEAN = { eyes: 0.385, eyesToMouth: 0.413, below: 0.073 } as const;

/** A grey crop [64,64] of mean 0 and deviation 1/2 -> the score's logit, and x and y of five points in half sides from its middle. */
export type RefinerNetwork = (crop: Float32Array) => Promise<Float32Array>;

/** The side of what is read around a face over that of the crop: turned, shifted a little, the crop stays in it. */
const AROUND = 1.5;
/** Read as closely as it is then cut out: the photo's own filter makes it small, which is quick. */
const READ = AROUND * CROP;
/** Which point each one is in a mirror. */
const MIRRORED = [1, 0, 2, 4, 3] as const;
/** Looks: as found, then upright as the first look saw it. */
const LOOKS = 2;

/** The face with its landmarks seen closely too, and its score from both networks; undefined where it is none. */
export async function refined(
  network: RefinerNetwork,
  photo: PixelSource,
  face: Face,
  least: number,
): Promise<Face | undefined> {
  const size = Math.sqrt(face.box.width * face.box.height);
  const { picture, toPhoto } = await readAround(photo, face.box, size);
  const fromPhoto = ({ x, y }: Point): Point => ({
    x: (x - toPhoto.tx) / toPhoto.a,
    y: (y - toPhoto.ty) / toPhoto.d,
  });
  const scale = Math.sqrt(toPhoto.a * toPhoto.d);
  const middle = { x: face.box.left + face.box.width / 2, y: face.box.top + face.box.height / 2 };
  let map = cropMap(fromPhoto(middle), (MARGIN * size) / scale, tiltOf(face.landmarks));
  let landmarks = face.landmarks;
  let score = 0;
  for (let look = 0; look < LOOKS; look++) {
    const out = await bothWays(network, standardised(cutOut(picture, map, CROP)));
    score = 1 / (1 + Math.exp(-out[0]!));
    if (!(score >= least) || !out.every(Number.isFinite)) return undefined;
    const seen = pointsOf(out, map);
    landmarks = mapped(seen, (point) => apply(toPhoto, point));
    map = uprightMap(seen);
  }
  return {
    score: Math.sqrt(score * face.score),
    box: face.box,
    landmarks: between(landmarks, face.landmarks),
  };
}

/** Half way: the two networks err apart from each other, so the mean is nearer than either. */
function between(a: Landmarks, b: Landmarks): Landmarks {
  const point = (i: 0 | 1 | 2 | 3 | 4): Point => ({ x: (a[i].x + b[i].x) / 2, y: (a[i].y + b[i].y) / 2 });
  return [point(0), point(1), point(2), point(3), point(4)];
}

/** What the network says of a crop, and of it in a mirror: the mean, which is nearer than either. */
async function bothWays(network: RefinerNetwork, crop: Float32Array): Promise<Float32Array> {
  const mirror = crop.map((_, i) => crop[i - (i % CROP) + CROP - 1 - (i % CROP)]!);
  const [direct, turned] = [await network(crop), await network(mirror)];
  return direct.map((value, i) => {
    if (i === 0) return (value + turned[0]!) / 2;
    const [point, axis] = [(i - 1) >> 1, (i - 1) & 1];
    const other = turned[1 + 2 * MIRRORED[point]! + axis]!;
    return (value + (axis === 0 ? -other : other)) / 2;
  });
}

/** The square around a face, as far as it is in the photo, and the way from its pixels to the photo's. */
async function readAround(
  photo: PixelSource,
  box: Box,
  size: number,
): Promise<{ readonly picture: Pixels; readonly toPhoto: Affine }> {
  const half = 0.5 * AROUND * MARGIN * size;
  const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
  const left = Math.max(0, Math.floor(x - half));
  const top = Math.max(0, Math.floor(y - half));
  const width = Math.min(photo.width, Math.ceil(x + half)) - left;
  const height = Math.min(photo.height, Math.ceil(y + half)) - top;
  const scale = Math.min(1, READ / Math.max(width, height));
  const [w, h] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
  const picture = await photo.read({ left, top, width, height }, w, h);
  return { picture, toPhoto: { a: width / w, b: 0, c: 0, d: height / h, tx: left, ty: top } };
}

/** From a crop of CROP pixels, turned by `angle` around `middle`, to the picture in which it is `side` pixels long. */
function cropMap(middle: Point, side: number, angle: number): Affine {
  const step = side / CROP;
  const [cos, sin] = [step * Math.cos(angle), step * Math.sin(angle)];
  const half = CROP / 2;
  return {
    a: cos,
    b: -sin,
    c: sin,
    d: cos,
    tx: middle.x - half * (cos - sin),
    ty: middle.y - half * (sin + cos),
  };
}

/** The crop in which a face with these landmarks is upright, in the middle, and of the usual size. */
function uprightMap(landmarks: Landmarks): Affine {
  const [left, right, , mouthLeft, mouthRight] = landmarks;
  const eyes = { x: (left.x + right.x) / 2, y: (left.y + right.y) / 2 };
  const mouth = { x: (mouthLeft.x + mouthRight.x) / 2, y: (mouthLeft.y + mouthRight.y) / 2 };
  const angle = tiltOf(landmarks);
  // seen from the side eyes draw together, seen from above eyes and mouth do: the larger measure holds
  const size = Math.max(
    Math.hypot(right.x - left.x, right.y - left.y) / MEAN.eyes,
    Math.hypot(mouth.x - eyes.x, mouth.y - eyes.y) / MEAN.eyesToMouth,
  );
  const between = { x: (eyes.x + mouth.x) / 2, y: (eyes.y + mouth.y) / 2 };
  const middle = {
    x: between.x + MEAN.below * size * Math.sin(angle),
    y: between.y - MEAN.below * size * Math.cos(angle),
  };
  return cropMap(middle, MARGIN * size, angle);
}

/** The angle of the eyes and of the mouth together. */
function tiltOf([left, right, , mouthLeft, mouthRight]: Landmarks): number {
  return Math.atan2(
    right.y - left.y + mouthRight.y - mouthLeft.y,
    right.x - left.x + mouthRight.x - mouthLeft.x,
  );
}

function pointsOf(out: Float32Array, map: Affine): Landmarks {
  const half = CROP / 2;
  const point = (j: number): Point =>
    apply(map, { x: half * (1 + out[1 + 2 * j]!), y: half * (1 + out[2 + 2 * j]!) });
  return [point(0), point(1), point(2), point(3), point(4)];
}

function mapped([a, b, c, d, e]: Landmarks, move: (point: Point) => Point): Landmarks {
  return [move(a), move(b), move(c), move(d), move(e)];
}

/** [3,64,64] -> luma [64,64] of mean 0 and deviation 1/2: faded prints look like others. */
function standardised(crop: Float32Array): Float32Array {
  const plane = CROP * CROP;
  const grey = new Float32Array(plane);
  for (let i = 0; i < plane; i++)
    grey[i] = 0.299 * crop[i]! + 0.587 * crop[plane + i]! + 0.114 * crop[2 * plane + i]!;
  return standardise(grey);
}

/** In place: mean 0, deviation 1/2 (less where there is nothing but noise). */
export function standardise(grey: Float32Array): Float32Array {
  const mean = grey.reduce((sum, v) => sum + v, 0) / grey.length;
  const variance = grey.reduce((sum, v) => sum + (v - mean) ** 2, 0) / grey.length;
  const gain = 0.5 / Math.max(0.03, Math.sqrt(variance));
  for (let i = 0; i < grey.length; i++) grey[i] = (grey[i]! - mean) * gain;
  return grey;
}
