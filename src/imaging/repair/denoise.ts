/**
 * Gentle denoising: a bilateral filter as strong as the photo's own noise, so that a clean photo stays as it is.
 * OpenCV's JavaScript build (opencv.ts) has this edge-keeping filter but not non-local means. repair.ts runs it last.
 */
import { setImmediate } from 'node:timers/promises';
import type { Photograph } from '../photograph.ts';
import { stopIfAborted } from './cancel.ts';
import { openFilters } from './opencv.ts';
import type { Filters } from './opencv.ts';
import { checkStrength } from './settings.ts';

export interface DenoiseOptions {
  /** 0 leaves the photo bit for bit, 1 removes what the filter takes for noise; between, that part of it. */
  readonly strength: number;
  readonly signal?: AbortSignal;
  /** After each strip: strips done, of how many. */
  readonly onProgress?: (done: number, of: number) => void;
}

/** Rows of a strip, the unit of work; the filter looks REACH pixels beyond. */
const STRIP = 256;
const REACH = 3;
/** Sigma by place in pixels, and by value in standard deviations of the noise. */
const SPACE = 1.8;
const VALUE = 2.2;
/** Noise below this many levels of 255 is none that can be seen, or the rounding to 8 bits. */
const UNSEEN = 0.7;
/** Side of the squares that noise is measured in; of all, the calmest fifth counts: the rest is the picture. */
const SQUARE = 16;
const CALM = 0.2;

/**
 * The standard deviation of a photo's noise in levels of 255: of the second differences of its (middle) channel over
 * small squares (Immerkaer 1996, "Fast noise variance estimation"), in the calmest of them. Squares that are black or
 * white all over say nothing. 0 for a photo too small to say.
 */
export function noiseOf(photo: Photograph): number {
  const { width, height, channels, data } = photo;
  const top = photo.depth === 16 ? 65535 : 255;
  const channel = channels >> 1;
  // About 4000 squares are enough at any size.
  const every = Math.max(SQUARE, Math.floor(Math.sqrt((width * height) / 4000)));
  const found: number[] = [];
  for (let top0 = 1; top0 + SQUARE < height; top0 += every)
    for (let left = 1; left + SQUARE < width; left += every) {
      let sum = 0;
      let clipped = 0;
      for (let y = top0; y < top0 + SQUARE; y++)
        for (let x = left; x < left + SQUARE; x++) {
          const at = (dx: number, dy: number): number =>
            data[((y + dy) * width + x + dx) * channels + channel]!;
          const centre = at(0, 0);
          if (centre === 0 || centre === top) clipped++;
          sum += Math.abs(
            at(-1, -1) +
              at(1, -1) +
              at(-1, 1) +
              at(1, 1) -
              2 * (at(0, -1) + at(0, 1) + at(-1, 0) + at(1, 0)) +
              4 * centre,
          );
        }
      // sigma = sqrt(pi / 2) mean |L| / 6, 6 being the norm of the kernel.
      if (clipped < (SQUARE * SQUARE) / 4) found.push((Math.sqrt(Math.PI / 2) * sum) / (6 * SQUARE * SQUARE));
    }
  found.sort((a, b) => a - b);
  return (255 * (found[Math.floor(CALM * found.length)] ?? 0)) / top;
}

/**
 * Denoises in place, a strip at a time, in the file's own values. Does nothing where the noise cannot be seen. Throws
 * UserError `usage` for a strength out of range, `cancelled` (between strips: those above are then done).
 */
export async function denoise(photo: Photograph, options: DenoiseOptions): Promise<void> {
  const { strength, signal, onProgress } = options;
  checkStrength('denoising', strength);
  if (strength === 0) return;
  const noise = noiseOf(photo);
  if (noise < UNSEEN) return;
  const filters = await openFilters();
  const strips = Math.ceil(photo.height / STRIP);
  // The rows above a strip, as they were before they were filtered.
  let above = levelsOf(photo, 0, 0);
  for (let i = 0; i < strips; i++) {
    stopIfAborted(signal);
    const top = i * STRIP;
    const bottom = Math.min(photo.height, top + STRIP);
    const below = levelsOf(photo, top, Math.min(photo.height, bottom + REACH));
    const next = levelsOf(photo, Math.max(top, bottom - REACH), bottom);
    filterRows(photo, top, bottom, { above, below }, noise, strength, filters);
    above = next;
    onProgress?.(i + 1, strips);
    await setImmediate();
  }
}

/** Rows of the photo in levels of 255. */
function levelsOf({ data, depth, width, channels }: Photograph, top: number, bottom: number): Float32Array {
  const unit = depth === 16 ? 1 / 257 : 1;
  const row = width * channels;
  return Float32Array.from(data.subarray(top * row, bottom * row), (value) => value * unit);
}

interface Around {
  /** The rows before `top`, and those from `top` to some beyond `bottom`. */
  readonly above: Float32Array;
  readonly below: Float32Array;
}

function filterRows(
  photo: Photograph,
  top: number,
  bottom: number,
  { above, below }: Around,
  noise: number,
  strength: number,
  filters: Filters,
): void {
  const { data, width, channels } = photo;
  const image = new Float32Array(above.length + below.length);
  image.set(above);
  image.set(below, above.length);
  const size = { width, height: image.length / width / channels, channels };
  // OpenCV adds up the differences of the channels.
  const sigma = { reach: REACH, space: SPACE, value: VALUE * noise * channels };
  const filtered = filters.bilateral(image, size, sigma);
  const unit = photo.depth === 16 ? 257 : 1;
  const from = top * width * channels;
  for (let i = from; i < bottom * width * channels; i++) {
    const at = i - from + above.length;
    data[i] = Math.round(data[i]! + strength * unit * (filtered[at]! - image[at]!));
  }
}
