/**
 * A photograph made small and grey for looking at it as a whole: what damage.ts searches and masks are drawn on.
 * The size is a whole number of times smaller than the photo, so that a mask's pixel is a block of the photo's.
 */
import type { Photograph } from '../photograph.ts';

/** Where overviews end: about the sharpness a scan of a print has, and some seconds of work. */
const LONGEST = 2400;

export interface OverviewSize {
  readonly width: number;
  readonly height: number;
  /** Photo pixels in one of the overview's, along each side: 1, 2, 3, ... */
  readonly scale: number;
}

export interface Overview extends OverviewSize {
  /** Luma of the device values, [height,width], 0..255. */
  readonly grey: Uint8Array;
}

/** The size a photo of width x height is searched at, and its masks have. */
export function overviewSize({ width, height }: { width: number; height: number }): OverviewSize {
  const scale = Math.max(1, Math.ceil(Math.max(width, height) / LONGEST));
  return { width: Math.ceil(width / scale), height: Math.ceil(height / scale), scale };
}

/** The photo's luma (Rec. 601 weights), averaged over blocks of scale x scale pixels. */
export function overviewOf(photo: Photograph): Overview {
  const size = overviewSize(photo);
  const { width, height, scale } = size;
  const { data, channels } = photo;
  const top = photo.depth === 16 ? 1 / 257 : 1;
  const [r, g, b] = channels === 1 ? [1, 0, 0] : [0.299, 0.587, 0.114];
  const grey = new Uint8Array(width * height);
  const sums = new Float64Array(width);
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    const bottom = Math.min(photo.height, (y + 1) * scale);
    for (let row = y * scale; row < bottom; row++)
      for (let x = 0, at = row * photo.width * channels; x < width; x++)
        for (
          let end = Math.min(photo.width, (x + 1) * scale), col = x * scale;
          col < end;
          col++, at += channels
        )
          sums[x]! += channels === 1 ? data[at]! : r * data[at]! + g * data[at + 1]! + b * data[at + 2]!;
    const rows = bottom - y * scale;
    for (let x = 0; x < width; x++) {
      const cells = rows * (Math.min(photo.width, (x + 1) * scale) - x * scale);
      grey[y * width + x] = Math.round((top * sums[x]!) / cells);
    }
  }
  return { ...size, grey };
}
