/**
 * How far two boxes are the same, and how many findings of one face become one: the best one's neighbours are averaged
 * into it and dropped (non-maximum suppression with voting). pyramid.ts uses it over all tiles of a photo.
 */
import type { Landmarks, Point } from './align.ts';
import type { Box, Face } from './face.ts';

/** Findings that overlap more than this are of one face. */
const SAME = 0.4;
/** ... or where so much of the smaller one lies in the larger one. */
const WITHIN = 0.75;
/** Findings that agree so far with the best one are averaged with it. */
const AGREES = 0.6;

/** Intersection over union, 0..1. */
export function overlap(a: Box, b: Box): number {
  const common = commonArea(a, b);
  return common === 0 ? 0 : common / (areaOf(a) + areaOf(b) - common);
}

/**
 * One finding a face, best first. Its score is the best one's; box and landmarks are the mean, weighted by score, of those
 * that agree with it. Quadratic in the number of findings, which the caller bounds.
 */
export function merged(found: readonly Face[]): Face[] {
  let left = found.toSorted((p, q) => q.score - p.score);
  const faces: Face[] = [];
  for (let best = left[0]; best !== undefined; best = left[0]) {
    const { box } = best;
    const agreeing = left.filter((other) => overlap(box, other.box) >= AGREES);
    faces.push(agreeing.length > 1 ? mean(agreeing, best.score) : best);
    left = left.slice(1).filter((other) => !isSame(box, other.box));
  }
  return faces;
}

function isSame(a: Box, b: Box): boolean {
  return overlap(a, b) > SAME || commonArea(a, b) > WITHIN * Math.min(areaOf(a), areaOf(b));
}

function mean(faces: readonly Face[], score: number): Face {
  const total = faces.reduce((sum, face) => sum + face.score, 0);
  const of = (pick: (face: Face) => number): number =>
    faces.reduce((sum, face) => sum + face.score * pick(face), 0) / total;
  const point = (i: 0 | 1 | 2 | 3 | 4): Point => ({
    x: of(({ landmarks }) => landmarks[i].x),
    y: of(({ landmarks }) => landmarks[i].y),
  });
  const landmarks: Landmarks = [point(0), point(1), point(2), point(3), point(4)];
  const box = {
    left: of((f) => f.box.left),
    top: of((f) => f.box.top),
    width: of((f) => f.box.width),
    height: of((f) => f.box.height),
  };
  return { score, box, landmarks };
}

function areaOf({ width, height }: Box): number {
  return width * height;
}

function commonArea(a: Box, b: Box): number {
  const width = Math.min(a.left + a.width, b.left + b.width) - Math.max(a.left, b.left);
  const height = Math.min(a.top + a.height, b.top + b.height) - Math.max(a.top, b.top);
  return width > 0 && height > 0 ? width * height : 0;
}
