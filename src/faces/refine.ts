/**
 * A closer look at each face found: cut out upright at one size whatever it was, judged once more, its landmarks placed
 * exactly. network.ts is the search this follows; engine/nn/face-refiner.ts is the network.
 */
import { apply, inverse } from './align.ts';
import type { Affine, Landmarks, Point } from './align.ts';
import type { Box, Face, PixelSource } from './face.ts';
import { frameMap, frameOf, tiltOf } from './frame.ts';
import type { Frame } from './frame.ts';
import { cutGrey, greyPlane } from './grey.ts';
import type { GreyPlane } from './grey.ts';

/** Pixels along a side of the crop. */
export const CROP = 64;
/** The crop's side over the face's size (the root of its box's area). */
export const MARGIN = 1.6;

/** A grey crop [64,64] of mean 0 and deviation 1/2 -> the score's logit, and x and y of five points in half sides from its middle. */
export type RefinerNetwork = (crop: Float32Array) => Promise<Float32Array>;

/** The side of what is read around a face over that of the crop: turned, shifted a little, the crop stays in it. */
const AROUND = 1.5;
/** Read as closely as it is then cut out: the photo's own filter makes it small, which is quick. */
const READ = AROUND * CROP;
/** Which point each one is in a mirror. */
const MIRRORED = [1, 0, 2, 4, 3] as const;
/** The last looks: upright as seen before; a little larger, turned and shifted; and smaller. They err apart from each other. */
const LAST = [
  { larger: 1, right: 0, down: 0, turned: 0 },
  { larger: 1.07, right: 0.02, down: 0.02, turned: 0.05 },
  { larger: 0.94, right: -0.02, down: 0.02, turned: -0.05 },
] as const;
/** How much the search's own landmarks count beside the first look's, and beside the last ones'. */
const FOUND = { first: 0.5, last: 0.3 } as const;

/** The face with its landmarks as the close looks see them, and its score from both networks; undefined where it is none. */
export async function refined(
  network: RefinerNetwork,
  photo: PixelSource,
  face: Face,
  least: number,
): Promise<Face | undefined> {
  const { picture, toPhoto } = await readAround(photo, face.box);
  const found = mapped(face.landmarks, (point) => apply(inverse(toPhoto), point));
  const look = async (frame: Frame): Promise<Seen | undefined> => {
    const map = frameMap(frame, MARGIN, CROP);
    const out = await bothWays(network, standardise(cutGrey(picture, map, CROP)));
    return out.every(Number.isFinite) ? { logit: out[0]!, points: pointsOf(out, map) } : undefined;
  };
  const first = await look(frameIn(toPhoto, face));
  if (!first || !(likely(first.logit) >= least)) return undefined;
  const { middle, size, angle } = frameOf(between(first.points, found, FOUND.first));
  const last: Seen[] = [];
  for (const { larger, right, down, turned } of LAST) {
    const shifted = { x: middle.x + right * size, y: middle.y + down * size };
    const seen = await look({ middle: shifted, size: larger * size, angle: angle + turned });
    if (!seen) return undefined;
    last.push(seen);
  }
  const score = likely(last.reduce((sum, { logit }) => sum + logit, 0) / last.length);
  if (!(score >= least)) return undefined;
  const points = between(meanOf(last.map((seen) => seen.points)), found, FOUND.last);
  return {
    score: Math.sqrt(score * face.score),
    box: face.box,
    landmarks: mapped(points, (point) => apply(toPhoto, point)),
  };
}

/** What one look says, in the pixels of what was read around the face. */
interface Seen {
  readonly logit: number;
  readonly points: Landmarks;
}

function likely(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

function between(a: Landmarks, b: Landmarks, share: number): Landmarks {
  const point = (i: 0 | 1 | 2 | 3 | 4): Point => ({
    x: a[i].x + share * (b[i].x - a[i].x),
    y: a[i].y + share * (b[i].y - a[i].y),
  });
  return [point(0), point(1), point(2), point(3), point(4)];
}

function meanOf(looks: readonly Landmarks[]): Landmarks {
  const mean = (pick: (landmarks: Landmarks) => number): number =>
    looks.reduce((sum, landmarks) => sum + pick(landmarks), 0) / looks.length;
  const point = (i: 0 | 1 | 2 | 3 | 4): Point => ({ x: mean((l) => l[i].x), y: mean((l) => l[i].y) });
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
): Promise<{ readonly picture: GreyPlane; readonly toPhoto: Affine }> {
  const half = 0.5 * AROUND * MARGIN * Math.sqrt(box.width * box.height);
  const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
  const left = Math.max(0, Math.floor(x - half));
  const top = Math.max(0, Math.floor(y - half));
  const width = Math.min(photo.width, Math.ceil(x + half)) - left;
  const height = Math.min(photo.height, Math.ceil(y + half)) - top;
  const scale = Math.min(1, READ / Math.max(width, height));
  const [w, h] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
  const picture = greyPlane(await photo.read({ left, top, width, height }, w, h));
  return { picture, toPhoto: { a: width / w, b: 0, c: 0, d: height / h, tx: left, ty: top } };
}

/** A finding's frame in the pixels of what was read around it: its box, turned as its landmarks are. */
function frameIn({ a, d, tx, ty }: Affine, { box, landmarks }: Face): Frame {
  const middle = {
    x: (box.left + box.width / 2 - tx) / a,
    y: (box.top + box.height / 2 - ty) / d,
  };
  return { middle, size: Math.sqrt((box.width * box.height) / (a * d)), angle: tiltOf(landmarks) };
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

/** In place: mean 0, deviation 1/2 (less where there is nothing but noise). */
export function standardise(grey: Float32Array): Float32Array {
  const mean = grey.reduce((sum, v) => sum + v, 0) / grey.length;
  const variance = grey.reduce((sum, v) => sum + (v - mean) ** 2, 0) / grey.length;
  const gain = 0.5 / Math.max(0.03, Math.sqrt(variance));
  for (let i = 0; i < grey.length; i++) grey[i] = (grey[i]! - mean) * gain;
  return grey;
}
