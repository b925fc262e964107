/**
 * A photo: a picture file in a library folder, with what its file says of it and what people said. The file is never
 * written. library.ts has folders, filters and what a scan tells; contract/photos.ts the calls.
 */
import * as v from 'valibot';
import { id, number, text, whole } from './fields.ts';

/**
 * Milliseconds since 1970 of the local time where the photo was taken, as if that were UTC: from 1000 to 9999. Show it
 * with timeZone 'UTC', and no finer than its precision.
 */
export const CapturedAt = whole(-30_610_224_000_000, 253_402_300_799_999);

/** Who says when the photo was taken; `mtime` is only the file's date. */
export const CapturedFrom = v.picklist(['exif', 'name', 'mtime', 'hand']);
export type CapturedFrom = v.InferOutput<typeof CapturedFrom>;

/** How much of a date is known. */
export const DatePrecision = v.picklist(['second', 'day', 'month', 'year']);
export type DatePrecision = v.InferOutput<typeof DatePrecision>;

/** Stars; 0: not rated. */
export const Rating = whole(0, 5);

/** A photo as the grid shows it. */
export const Photo = v.strictObject({
  id,
  /** The file's name, printable. */
  title: text(500),
  /** As it is seen (EXIF orientation applied); null where the file cannot be read. */
  width: v.nullable(whole(1, 1e6)),
  height: v.nullable(whole(1, 1e6)),
  capturedAt: CapturedAt,
  capturedPrecision: DatePrecision,
  rating: Rating,
  /** The file is gone, or its drive is. */
  missing: v.boolean(),
  /** The file cannot be read whole. */
  damaged: v.boolean(),
  /** Restored versions. */
  renditions: whole(0, 1e6),
  /** The back of the print, where there is one. */
  back: v.nullable(id),
});
export type Photo = v.InferOutput<typeof Photo>;

/** Everything known of one photo. */
export const PhotoDetails = v.strictObject({
  ...Photo.entries,
  folder: id,
  /** Below its folder, with `/`; printable, not for opening. */
  path: text(10_000),
  bytes: whole(0, Number.MAX_SAFE_INTEGER),
  /** jpeg, png, ...; null where nobody could tell. */
  format: v.nullable(text(20)),
  capturedFrom: CapturedFrom,
  camera: v.nullable(text(200)),
  gps: v.nullable(v.strictObject({ latitude: number(-90, 90), longitude: number(-180, 180) })),
  place: text(500),
  note: text(10_000),
  /** What is wrong with the file, in a sentence. */
  damage: v.nullable(text(1000)),
  /** Of the back of a print: its front. */
  front: v.nullable(id),
  /** Other files with the very same content. */
  copies: v.array(id),
});
export type PhotoDetails = v.InferOutput<typeof PhotoDetails>;

/** What a person says of a photo; what is absent stays. `captured` null: as the file says. */
export const PhotoEdit = v.strictObject({
  rating: v.optional(Rating),
  note: v.optional(text(10_000)),
  place: v.optional(text(500)),
  captured: v.optional(v.nullable(v.strictObject({ at: CapturedAt, precision: DatePrecision }))),
});
export type PhotoEdit = v.InferOutput<typeof PhotoEdit>;
