/**
 * Faces found against faces known: which are the same (IoU of 0.5 and more), which were missed, which are none, and how far
 * the landmarks are off. ../eval-detector.ts reads the photos.
 */
import type { Point } from '../../src/faces/align.ts';
import type { Box, Face } from '../../src/faces/face.ts';
import { overlap } from '../../src/faces/overlap.ts';

const SAME = 0.5;

export interface Known {
  readonly box: Box;
  readonly landmarks: readonly Point[];
}

/** One photo. */
export interface Comparison {
  readonly photo: string;
  readonly known: number;
  readonly found: number;
  /** Known faces that were found. */
  readonly matched: number;
  /** Of each of those: the mean distance of its landmarks over the distance of the known eyes. */
  readonly landmarkErrors: readonly number[];
}

/** The best finding takes the known face it overlaps most, then the next one. */
export function compared(known: readonly Known[], found: readonly Face[], photo: string): Comparison {
  const left = new Set(known);
  const errors: number[] = [];
  for (const face of found) {
    const [nearest] = [...left].sort((p, q) => overlap(q.box, face.box) - overlap(p.box, face.box));
    if (!nearest || overlap(nearest.box, face.box) < SAME) continue;
    left.delete(nearest);
    errors.push(landmarkError(nearest, face));
  }
  return {
    photo,
    known: known.length,
    found: found.length,
    matched: errors.length,
    landmarkErrors: errors,
  };
}

export interface Summed {
  readonly photos: number;
  readonly known: number;
  readonly recall: number;
  /** Found but not known, a photo. */
  readonly falseFaces: number;
  readonly landmarkError: number;
  /** Photos in which anything was found. */
  readonly withFace: number;
  /** Photos in which a known face was missed. */
  readonly missed: readonly string[];
}

export function summed(rows: readonly Comparison[]): Summed {
  const sum = (pick: (row: Comparison) => number): number => rows.reduce((s, row) => s + pick(row), 0);
  const known = sum((row) => row.known);
  const errors = rows.flatMap((row) => row.landmarkErrors);
  return {
    photos: rows.length,
    known,
    recall: sum((row) => row.matched) / known,
    falseFaces: sum((row) => row.found - row.matched) / rows.length,
    landmarkError: errors.reduce((s, e) => s + e, 0) / errors.length,
    withFace: rows.filter((row) => row.found > 0).length,
    missed: rows.filter((row) => row.matched < row.known).map((row) => row.photo),
  };
}

function landmarkError({ landmarks: known }: Known, { landmarks }: Face): number {
  const [left, right] = known;
  if (!left || !right) return NaN;
  const distances = landmarks.map((p, i) => distance(p, known[i] ?? p));
  return distances.reduce((s, d) => s + d, 0) / distances.length / distance(left, right);
}

function distance(p: Point, q: Point): number {
  return Math.hypot(p.x - q.x, p.y - q.y);
}
