/**
 * A picture's four finest octaves by the "a trous" wavelet with holes (taps 1 2 1 at distances 1, 2, 4, 8): what grain is
 * measured in and made of. grain.ts is the user.
 */

export const OCTAVES = 4;
/** How far the octaves of a pixel look: 1 + 2 + 4 + 8. */
export const REACH = 15;

/**
 * Splits [height,width] into octaves, finest first, and the rest; they add up to the plane. Beyond the border the plane
 * goes on from its other side, so a plane may be a tile; of a patch, what lies REACH inside does not notice.
 */
export function octavesOf(plane: Float32Array, width: number, height: number): Float32Array[] {
  const parts: Float32Array[] = [];
  let rest = plane;
  for (let octave = 0; octave < OCTAVES; octave++) {
    const soft = smooth(rest, width, height, 1 << octave);
    const band = new Float32Array(plane.length);
    for (let p = 0; p < band.length; p++) band[p] = rest[p]! - soft[p]!;
    parts.push(band);
    rest = soft;
  }
  parts.push(rest);
  return parts;
}

function smooth(plane: Float32Array, width: number, height: number, distance: number): Float32Array {
  const rows = new Float32Array(plane.length);
  const left = Int32Array.from({ length: width }, (_, x) => (x - distance + width) % width);
  const right = Int32Array.from({ length: width }, (_, x) => (x + distance) % width);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    for (let x = 0; x < width; x++)
      rows[row + x] = 0.5 * plane[row + x]! + 0.25 * (plane[row + left[x]!]! + plane[row + right[x]!]!);
  }
  const out = new Float32Array(plane.length);
  for (let y = 0; y < height; y++) {
    const above = ((y - distance + height) % height) * width;
    const below = ((y + distance) % height) * width;
    const row = y * width;
    for (let x = 0; x < width; x++)
      out[row + x] = 0.5 * rows[row + x]! + 0.25 * (rows[above + x]! + rows[below + x]!);
  }
  return out;
}

/**
 * The same for the [block,block] pixels in the middle of a patch that reaches REACH further on each side: nothing else is
 * worked out, and nothing but the result allocated, as grain is measured in hundreds of patches.
 */
export class BlockOctaves {
  readonly #block: number;
  readonly #side: number;
  readonly #buffers: readonly [Float32Array, Float32Array, Float32Array];

  constructor(block: number) {
    this.#block = block;
    this.#side = block + 2 * REACH;
    const size = this.#side ** 2;
    this.#buffers = [new Float32Array(size), new Float32Array(size), new Float32Array(size)];
  }

  /** Octaves, finest first, and the rest, of a patch [block + 2 REACH, block + 2 REACH]. */
  of(patch: Float32Array): Float32Array[] {
    const block = this.#block;
    const [rows, even, odd] = this.#buffers;
    const parts: Float32Array[] = [];
    let rest = patch;
    let side = this.#side;
    for (let octave = 0; octave < OCTAVES; octave++) {
      const distance = 1 << octave;
      const soft = octave % 2 === 0 ? even : odd;
      const inner = side - 2 * distance;
      smoothInside(rest, side, distance, rows, soft);
      const band = new Float32Array(block * block);
      const [from, to] = [(side - block) >> 1, (inner - block) >> 1];
      for (let y = 0, p = 0; y < block; y++) {
        const [above, below] = [(y + from) * side + from, (y + to) * inner + to];
        for (let x = 0; x < block; x++, p++) band[p] = rest[above + x]! - soft[below + x]!;
      }
      parts.push(band);
      rest = soft;
      side = inner;
    }
    parts.push(rest.slice(0, block * block));
    return parts;
  }
}

/** As smooth, of [side,side], for the pixels that lie `distance` inside. */
function smoothInside(
  plane: Float32Array,
  side: number,
  distance: number,
  rows: Float32Array,
  out: Float32Array,
): void {
  const inner = side - 2 * distance;
  for (let y = 0; y < side; y++) {
    const [from, to] = [y * side, y * inner];
    for (let x = 0; x < inner; x++)
      rows[to + x] =
        0.5 * plane[from + x + distance]! + 0.25 * (plane[from + x]! + plane[from + x + 2 * distance]!);
  }
  for (let y = 0; y < inner; y++) {
    const above = y * inner;
    const row = above + distance * inner;
    const below = row + distance * inner;
    for (let x = 0; x < inner; x++)
      out[above + x] = 0.5 * rows[row + x]! + 0.25 * (rows[above + x]! + rows[below + x]!);
  }
}

/**
 * Coarse octaves hold shading and structure besides grain. Grain is taken for white noise through a Gaussian: what the
 * two finest of its octaves' variances say of the Gaussian is the most that is believed of the others.
 */
export function likeGrain(variances: readonly number[]): number[] {
  const [first = 0, second = 0] = variances;
  const model = BLOBS.find(([one = 0, two = 0]) => two * first >= one * second) ?? BLOBS.at(-1)!;
  return variances.map((variance, octave) => Math.min(variance, (first * model[octave]!) / model[0]!));
}

/** Gains for the octaves of white noise of variance 1 (0 for its rest), such that their sum has octaves of `variances`. */
export function gainsFor(variances: readonly number[]): number[] {
  const gains = variances.map((variance, octave) => Math.sqrt(variance / WHITE[octave]!));
  // Octaves overlap: what neighbours add to each other is set right in a few rounds.
  for (let round = 0; round < 20; round++) {
    const got = variances.map(() => 0);
    for (const { passes } of FREQUENCIES) {
      const sum = gains.reduce((all, gain, octave) => all + gain * passes[octave]!, 0);
      for (let octave = 0; octave < OCTAVES; octave++)
        got[octave] = got[octave]! + (sum * passes[octave]!) ** 2 / FREQUENCIES.length;
    }
    variances.forEach((variance, octave) => {
      if (variance > 0) gains[octave] = gains[octave]! * Math.sqrt(variance / got[octave]!);
    });
  }
  return gains;
}

/** How much of a frequency (its square in radians a pixel) each octave passes. */
interface Frequency {
  readonly square: number;
  readonly passes: readonly number[];
}

/**
 * A quarter of all frequencies (u, v), for sums by Parseval. Smoothing at distance d passes cos^2(d u / 2) cos^2(d v / 2);
 * an octave passes what the smoothings before it pass and its own does not.
 */
const FREQUENCIES: readonly Frequency[] = Array.from({ length: 32 * 32 }, (_, i) => {
  const [u, v] = [(Math.PI * ((i % 32) + 0.5)) / 32, (Math.PI * (Math.floor(i / 32) + 0.5)) / 32];
  let left = 1;
  const passes = Array.from({ length: OCTAVES }, (__, octave) => {
    const smoothed = (Math.cos(2 ** octave * 0.5 * u) * Math.cos(2 ** octave * 0.5 * v)) ** 2;
    const passed = left * (1 - smoothed);
    left *= smoothed;
    return passed;
  });
  return { square: u * u + v * v, passes };
});

/** The octaves' variances of white noise of variance 1 through Gaussians of 0, 0.1, ... 2.5 pixels. */
const BLOBS = Array.from({ length: 26 }, (_, i) =>
  Array.from({ length: OCTAVES }, (__, octave) =>
    FREQUENCIES.reduce(
      (sum, { square, passes }) =>
        sum + (passes[octave]! * Math.exp(-0.5 * (i / 10) ** 2 * square)) ** 2 / FREQUENCIES.length,
      0,
    ),
  ),
);
const WHITE = BLOBS[0]!;
