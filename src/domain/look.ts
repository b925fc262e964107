/**
 * What one look into a picture file tells: the port between the library, which keeps it, and imaging, which decodes.
 * services/photos/ports.ts says when it is asked; imaging/library/look.ts answers.
 */
import type { DatePrecision } from './photo.ts';

/** The longest side of a thumbnail, in pixels. */
export type ThumbnailSide = 256 | 1024;

/** A date in a picture's metadata. */
export interface PictureDate {
  /** Local time as if it were UTC, in milliseconds since 1970. */
  readonly at: number;
  readonly precision: DatePrecision;
}

/** What is known of one file after a look; every field is there, also of a file that is no picture. */
export interface Look {
  /** As it is seen; null where the file is no picture that can be read. */
  readonly size: { readonly width: number; readonly height: number } | null;
  /** jpeg, png, ... */
  readonly format: string | null;
  /** Of EXIF, 1..8. */
  readonly orientation: number;
  /** When it was taken, by its metadata. */
  readonly captured: PictureDate | null;
  /** When it was digitized: of a scan, the day it was scanned. */
  readonly digitized: PictureDate | null;
  readonly camera: string | null;
  readonly gps: { readonly latitude: number; readonly longitude: number } | null;
  /** 64 bits: whether each of 8 x 8 grey cells is darker than its right neighbour. Null without pixels. */
  readonly dhash: Uint8Array | null;
  /** WebP bytes by side, as far as they were wanted and pixels could be read. */
  readonly thumbnails: ReadonlyMap<ThumbnailSide, Uint8Array>;
  /** What is wrong with the file, in a sentence; null where it is whole. */
  readonly damage: string | null;
}
