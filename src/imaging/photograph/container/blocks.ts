/**
 * What a picture file carries besides pixels, block by block; each file of this folder puts them into one format.
 * ../save.ts decides what the blocks say.
 */

/** The keyword that a JPEG file's comments, which have none, get; PNG's usual one for the same. */
export const COMMENT = 'Comment';

/** EXIF begins at its TIFF header, IPTC at its first record (IIM), XMP is a packet of UTF-8, ICC a whole profile. */
export interface Blocks {
  readonly exif?: Uint8Array;
  readonly iptc?: Uint8Array;
  readonly xmp?: Uint8Array;
  readonly icc?: Uint8Array;
}
