/**
 * The library: its folders, which of its photos are wanted, and what a scan tells while it runs.
 * photo.ts is one photo; services/photos does the work.
 */
import * as v from 'valibot';
import { id, number, text, whole } from './fields.ts';
import { CapturedAt, Rating } from './photo.ts';

/** A folder whose photos belong to the library. */
export const LibraryFolder = v.strictObject({
  id,
  title: text(500),
  /** Where it is, printable: for people, not for opening. */
  place: text(10_000),
  /** `away`: the drive or folder is not there now; its photos come back with it. */
  state: v.picklist(['present', 'away']),
  photos: whole(0, 1e9),
  /** Milliseconds since 1970; null before the first scan has ended. */
  scannedAt: v.nullable(whole(0, Number.MAX_SAFE_INTEGER)),
});
export type LibraryFolder = v.InferOutput<typeof LibraryFolder>;

/** Which photos: all conditions together; what is absent does not matter. */
export const PhotoFilter = v.strictObject({
  /** Words as they were typed, in names, people, places, notes and dates; anything is a valid search. */
  text: v.optional(text(200)),
  person: v.optional(id),
  folder: v.optional(id),
  /** Below this path of `folder`, as PhotoDetails and `directories` give it. */
  directory: v.optional(text(10_000)),
  /** Captured from, and before. */
  from: v.optional(CapturedAt),
  before: v.optional(CapturedAt),
  /** At least. */
  rating: v.optional(Rating),
  restored: v.optional(v.boolean()),
  damaged: v.optional(v.boolean()),
});
export type PhotoFilter = v.InferOutput<typeof PhotoFilter>;

/** By when photos were taken. */
export const PhotoOrder = v.picklist(['newest', 'oldest']);
export type PhotoOrder = v.InferOutput<typeof PhotoOrder>;

/** One month of the grid, in its order. */
export const TimelineMonth = v.strictObject({
  /** YYYY-MM. */
  month: text(7),
  count: whole(1, 1e9),
});
export type TimelineMonth = v.InferOutput<typeof TimelineMonth>;

/** What a scan could not take in, and why. */
export const ScanProblem = v.strictObject({
  /** What it is about, printable. */
  path: text(10_000),
  message: text(1000),
});
export type ScanProblem = v.InferOutput<typeof ScanProblem>;

/** How far a scan is; it counts files. */
export const ScanProgress = v.strictObject({
  stage: v.picklist(['looking', 'reading', 'done']),
  /** Files seen so far; of them to be read, and read. */
  seen: whole(0, 1e9),
  toRead: whole(0, 1e9),
  read: whole(0, 1e9),
  bytes: whole(0, Number.MAX_SAFE_INTEGER),
  bytesRead: whole(0, Number.MAX_SAFE_INTEGER),
  /** Until the end; null where nobody can say. */
  etaSeconds: v.nullable(number(0, 1e9)),
  added: whole(0, 1e9),
  changed: whole(0, 1e9),
  /** Moved or renamed: same photo, another path. */
  moved: whole(0, 1e9),
  missing: whole(0, 1e9),
  /** Missing before, and there again. */
  returned: whole(0, 1e9),
  /** Pictures that cannot be read whole, and folders that cannot be opened; the first of them in `problems`. */
  troubled: whole(0, 1e9),
  problems: v.array(ScanProblem),
});
export type ScanProgress = v.InferOutput<typeof ScanProgress>;
