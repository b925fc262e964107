/**
 * The five landmarks of a face as the training handles them, one by one: eyes, nose, corners of the mouth, the image-left one
 * of a pair first. src/faces/align.ts has their type.
 */

type Place = 0 | 1 | 2 | 3 | 4;

/** Which point each one is in a mirror. */
export const MIRRORED = [1, 0, 2, 4, 3] as const;
export const UPRIGHT = [0, 1, 2, 3, 4] as const;

/** Something for each of the five. */
export function five<T>(of: (place: Place) => T): [T, T, T, T, T] {
  return [of(0), of(1), of(2), of(3), of(4)];
}
