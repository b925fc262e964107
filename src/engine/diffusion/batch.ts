/**
 * A batch and its images: views of each, and noise that gives each its own stream. ../restore-batch.ts and ../album.ts use
 * it; noise.ts makes the streams.
 */
import type { Noise } from './noise.ts';

/** Views of the n images of a batch [N,C,H,W]. */
export function imagesOf(batch: Float32Array, n: number): Float32Array[] {
  const size = batch.length / n;
  return Array.from({ length: n }, (_, i) => batch.subarray(i * size, (i + 1) * size));
}

/** One noise for a batch: source i fills image i, so that an image is the same whatever else is in the batch. */
export function stackedNoise(sources: readonly Noise[]): Noise {
  return {
    fill(target) {
      imagesOf(target, sources.length).forEach((image, i) => sources[i]?.fill(image));
    },
  };
}
