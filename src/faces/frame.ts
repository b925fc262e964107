/**
 * Where a face is, how large and how far turned, as its five landmarks say it: the upright square that refine.ts cuts out
 * around it. align.ts has the squares that restoration and recognition want, which are others.
 */
import type { Affine, Landmarks, Point } from './align.ts';

export interface Frame {
  readonly middle: Point;
  /** The root of its box's area, as detectors draw boxes. */
  readonly size: number;
  /** Clockwise, radians. */
  readonly angle: number;
}

/** Of a face seen from the front, over its size: from eye to eye, from eyes to mouth, and how far the middle of these four
 * lies below that of the box. */
const MEAN = { eyes: 0.385, eyesToMouth: 0.413, below: 0.073 } as const;

/** A face's frame from its landmarks alone. */
export function frameOf(landmarks: Landmarks): Frame {
  const [left, right, , mouthLeft, mouthRight] = landmarks;
  const eyes = { x: (left.x + right.x) / 2, y: (left.y + right.y) / 2 };
  const mouth = { x: (mouthLeft.x + mouthRight.x) / 2, y: (mouthLeft.y + mouthRight.y) / 2 };
  const angle = tiltOf(landmarks);
  // seen from the side eyes draw together, seen from above eyes and mouth do: the larger measure holds
  const size = Math.max(
    Math.hypot(right.x - left.x, right.y - left.y) / MEAN.eyes,
    Math.hypot(mouth.x - eyes.x, mouth.y - eyes.y) / MEAN.eyesToMouth,
  );
  const middle = {
    x: (eyes.x + mouth.x) / 2 + MEAN.below * size * Math.sin(angle),
    y: (eyes.y + mouth.y) / 2 - MEAN.below * size * Math.cos(angle),
  };
  return { middle, size, angle };
}

/** The angle of the eyes and of the mouth together, clockwise. */
export function tiltOf([left, right, , mouthLeft, mouthRight]: Landmarks): number {
  return Math.atan2(
    right.y - left.y + mouthRight.y - mouthLeft.y,
    right.x - left.x + mouthRight.x - mouthLeft.x,
  );
}

/** From a crop of `pixels` along a side to the picture the frame is in, where the crop is `margin` times the frame's size. */
export function frameMap({ middle, size, angle }: Frame, margin: number, pixels: number): Affine {
  const step = (margin * size) / pixels;
  const [cos, sin] = [step * Math.cos(angle), step * Math.sin(angle)];
  const half = pixels / 2;
  return {
    a: cos,
    b: -sin,
    c: sin,
    d: cos,
    tx: middle.x - half * (cos - sin),
    ty: middle.y - half * (sin + cos),
  };
}
