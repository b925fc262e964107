/**
 * Faces placed by hand where no detector finds one: two eyes and the mouth become five landmarks, as detectors give them;
 * anything that is no face gets a plain square. align.ts takes it from here.
 */
import { UserError } from '../domain/errors.ts';
import type { Affine, Landmarks, Point } from './align.ts';

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Closer together than this share of their mean distance apart, three points are no face. */
const LEAST_EYES = 0.2;
const LEAST_MOUTH = 0.3;
/** A face's or square's least extent in photo pixels that could hold anything to restore. */
const LEAST_PIXELS = 2;
/** Proportions of ArcFace's template: the mouth's half width in distances of the eyes, the nose on the way to the mouth. */
const MOUTH = 0.414;
const NOSE = 0.495;

/**
 * Landmarks from three points in photo pixels, the eyes in either order: the mouth tells which of them is on the image's
 * left of an upright face. Throws UserError `usage` for points that are no face, not finite or outside the photo.
 */
export function placeFace(
  { eyes, mouth }: { readonly eyes: readonly [Point, Point]; readonly mouth: Point },
  photo: Size,
): Landmarks {
  for (const [name, point] of [
    ['first eye', eyes[0]],
    ['second eye', eyes[1]],
    ['mouth', mouth],
  ] as const)
    inside(point, photo, name);
  const centre = { x: (eyes[0].x + eyes[1].x) / 2, y: (eyes[0].y + eyes[1].y) / 2 };
  const down = { x: mouth.x - centre.x, y: mouth.y - centre.y };
  const along = { x: eyes[1].x - eyes[0].x, y: eyes[1].y - eyes[0].y };
  const between = Math.hypot(along.x, along.y);
  // How far the mouth is from the line through the eyes; its sign tells on which side.
  const away = (along.x * down.y - along.y * down.x) / between;
  if (!(between >= LEAST_PIXELS) || between < LEAST_EYES * Math.hypot(down.x, down.y))
    throw misplaced('The two eyes are too close together.');
  if (!(Math.abs(away) >= LEAST_MOUTH * between)) throw misplaced('The mouth is too close to the eyes.');
  const sign = Math.sign(away);
  const [left, right] = sign > 0 ? eyes : [eyes[1], eyes[0]];
  const half = { x: sign * MOUTH * along.x, y: sign * MOUTH * along.y };
  return [
    left,
    right,
    { x: centre.x + NOSE * down.x, y: centre.y + NOSE * down.y },
    { x: mouth.x - half.x, y: mouth.y - half.y },
    { x: mouth.x + half.x, y: mouth.y + half.y },
  ];
}

/**
 * From a crop of `crop` pixels to a square in the photo: its centre and side in photo pixels, turned clockwise by
 * `rotation` radians. Throws UserError `usage` where the numbers are not finite, the centre is outside the photo, or the
 * side is no longer than a pixel or more than twice the photo's longer one.
 */
export function placeSquare(
  {
    centre,
    side,
    rotation = 0,
  }: { readonly centre: Point; readonly side: number; readonly rotation?: number },
  photo: Size,
  crop: number,
): Affine {
  inside(centre, photo, 'centre of the square');
  if (!(side >= LEAST_PIXELS && side <= 2 * Math.max(photo.width, photo.height)))
    throw new UserError(
      'usage',
      `A square with sides of ${side} pixels does not fit a photo of ${photo.width} x ${photo.height} pixels.`,
      'Draw it around what is to be restored.',
    );
  if (!Number.isFinite(rotation))
    throw new UserError(
      'usage',
      `The square is turned by ${rotation}, which is no angle.`,
      'Give it in radians.',
    );
  const cos = (Math.cos(rotation) * side) / crop;
  const sin = (Math.sin(rotation) * side) / crop;
  return {
    ...{ a: cos, b: -sin, tx: centre.x - (crop / 2) * (cos - sin) },
    ...{ c: sin, d: cos, ty: centre.y - (crop / 2) * (sin + cos) },
  };
}

function inside({ x, y }: Point, { width, height }: Size, name: string): void {
  if (x >= 0 && y >= 0 && x <= width && y <= height) return;
  throw new UserError(
    'usage',
    `The ${name} at (${x}, ${y}) is outside the photo of ${width} x ${height} pixels.`,
    'Place it on the photo.',
  );
}

function misplaced(sentence: string): UserError {
  return new UserError('usage', sentence, 'Place one point on each eye and one on the middle of the mouth.');
}
