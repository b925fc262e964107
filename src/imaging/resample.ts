/**
 * Separable filters on [3,S,S] floats, in plain TypeScript so that every machine computes the same: resizing and
 * Gaussian blur. degrade.ts is the user; photos themselves are resized by sharp (read.ts).
 */
import { sideOf } from './pixels.ts';

/** For every output position: where its weights begin in the input, and the weights, which sum to 1. */
interface Taps {
  readonly start: number;
  readonly weights: readonly number[];
}

/**
 * Resizes [3,S,S] to [3,side,side] with the Catmull-Rom cubic, widened by the factor when shrinking (so nothing
 * aliases), as Pillow's BICUBIC does; at borders the weights that fall outside are dropped.
 */
export function resizeImage(image: Float32Array, side: number): Float32Array {
  const from = sideOf(image);
  const scale = Math.max(1, from / side);
  const reach = 2 * scale;
  const taps = Array.from({ length: side }, (_, i) => {
    const centre = ((i + 0.5) * from) / side;
    const start = Math.max(0, Math.ceil(centre - reach - 0.5));
    const end = Math.min(from - 1, Math.floor(centre + reach - 0.5));
    return normalised(start, end, (j) => catmullRom((j + 0.5 - centre) / scale));
  });
  return separable(image, from, taps);
}

/** Blurs [3,S,S] with a Gaussian of `sigma` pixels (0 leaves it as it is), cut at 3 sigma, borders as above. */
export function blurImage(image: Float32Array, sigma: number): Float32Array {
  if (sigma === 0) return image.slice();
  const side = sideOf(image);
  const reach = Math.ceil(3 * sigma);
  const taps = Array.from({ length: side }, (_, i) =>
    normalised(Math.max(0, i - reach), Math.min(side - 1, i + reach), (j) =>
      Math.exp(-0.5 * ((j - i) / sigma) ** 2),
    ),
  );
  return separable(image, side, taps);
}

function normalised(start: number, end: number, weight: (j: number) => number): Taps {
  const weights = Array.from({ length: end - start + 1 }, (_, k) => weight(start + k));
  const sum = weights.reduce((a, b) => a + b, 0);
  return { start, weights: weights.map((w) => w / sum) };
}

/** Keys 1981 with a = -1/2. */
function catmullRom(x: number): number {
  const d = Math.abs(x);
  if (d < 1) return 1.5 * d ** 3 - 2.5 * d ** 2 + 1;
  if (d < 2) return -0.5 * d ** 3 + 2.5 * d ** 2 - 4 * d + 2;
  return 0;
}

/** The same taps along rows, then along columns: [3,from,from] -> [3,n,n] for n taps. */
function separable(image: Float32Array, from: number, taps: readonly Taps[]): Float32Array {
  const n = taps.length;
  const rows = new Float32Array(3 * from * n);
  for (let row = 0; row < 3 * from; row++)
    taps.forEach(({ start, weights }, x) => {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k]! * image[row * from + start + k]!;
      rows[row * n + x] = sum;
    });
  const out = new Float32Array(3 * n * n);
  for (let c = 0; c < 3; c++)
    taps.forEach(({ start, weights }, y) => {
      for (let x = 0; x < n; x++) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += weights[k]! * rows[(c * from + start + k) * n + x]!;
        out[(c * n + y) * n + x] = sum;
      }
    });
  return out;
}
