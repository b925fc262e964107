/**
 * A whole photograph in memory and what the steps of a restoration say about its parts: the nouns, no code that works.
 * Read next: photograph/read.ts (in), photograph/region.ts (parts of it as numbers), photograph/save.ts (out).
 */

/** Whole pixels from the top left of a photograph as it is meant to be seen. */
export interface Rect {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Formats a photograph is written in. */
export type PhotoFormat = 'jpeg' | 'png' | 'tiff' | 'webp' | 'avif';

/** What the file was, and what it carried besides pixels: enough to write another that loses none of it. */
export interface PhotoSource {
  readonly path: string;
  readonly format: PhotoFormat | 'gif';
  /** The file's own size in pixels, before its orientation was applied. */
  readonly width: number;
  readonly height: number;
  /** EXIF orientation, 1..8; 1 where the file says nothing. */
  readonly orientation: number;
  /** Pages or frames in the file; the first is read. */
  readonly pages: number;
  /** Why the pixels were converted to sRGB when read, where they were: their own space could not be written back. */
  readonly converted?: 'cmyk' | 'lab' | 'profile';
  /** Pixels per inch, where the file says. */
  readonly density?: number;
  /** When the photo was taken, as the camera or scanner wrote it (EXIF DateTimeOriginal, else DateTimeDigitized). */
  readonly taken?: string;
  /** Blocks as they stood in the file; EXIF begins at its TIFF header. */
  readonly exif?: Uint8Array;
  readonly iptc?: Uint8Array;
  readonly xmp?: Uint8Array;
  readonly icc?: Uint8Array;
  /** What a PNG file said in text chunks, or a JPEG file in comments (`Comment`). */
  readonly comments?: readonly { readonly keyword: string; readonly text: string }[];
}

/**
 * A whole photograph, as it is meant to be seen (orientation applied), in its file's own colour space: pixels that no
 * step changes go out as they came in.
 */
export interface Photograph {
  readonly width: number;
  readonly height: number;
  /** 1 for a greyscale file. */
  readonly channels: 1 | 3;
  readonly depth: 8 | 16;
  /** Interleaved device values [height,width,channels], 0..255 or 0..65535; steps change it in place (writeRegion). */
  readonly data: Uint8Array | Uint16Array;
  /** Opacity [height,width] in the same depth, where the file has any. */
  readonly alpha?: Uint8Array | Uint16Array;
  /** The ICC profile of `data`, where the file has one that is not sRGB. */
  readonly profile?: Uint8Array;
  readonly source: PhotoSource;
}

/** Part of a photograph as sRGB numbers: planar [3,rect.height,rect.width] in [-1,1]; grey repeated. */
export interface Region {
  readonly rect: Rect;
  readonly data: Float32Array;
}
