/**
 * Makes a picture smaller, each pixel the mean of the area it covers: how pyramid.ts gets its coarse levels from the finest
 * one. imaging/photograph/scaled.ts is what reads that one from the photo.
 */
import { invariant } from '../domain/errors.ts';
import type { Pixels } from './align.ts';

/** The picture at `width` x `height`, neither of which is more than its own. */
export function shrunk(picture: Pixels, width: number, height: number): Pixels {
  const fits = width > 0 && height > 0 && width <= picture.width && height <= picture.height;
  invariant(fits, `${picture.width} x ${picture.height} pixels are not made ${width} x ${height}`);
  if (2 * width === picture.width && 2 * height === picture.height) return halved(picture);
  const [columns, rows] = [shares(picture.width, width), shares(picture.height, height)];
  const line = new Float32Array(3 * picture.width);
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    line.fill(0);
    for (let tap = 0; tap < rows.taps; tap++) {
      const weight = rows.weights[y * rows.taps + tap]!;
      if (weight === 0) continue;
      const from = 3 * (rows.first[y]! + tap) * picture.width;
      for (let i = 0; i < line.length; i++) line[i] = line[i]! + weight * picture.data[from + i]!;
    }
    shrinkLine(line, columns, data, 3 * y * width);
  }
  return { width, height, data };
}

/** The same for the usual case, four times as fast. */
function halved({ width, data: from, height }: Pixels): Pixels {
  const [w, h, line] = [width / 2, height / 2, 3 * width];
  const data = new Uint8Array(3 * w * h);
  for (let y = 0, to = 0; y < h; y++)
    for (let x = 0, p = 2 * y * line, q = p + line; x < w; x++, p += 6, q += 6, to += 3) {
      data[to] = (from[p]! + from[p + 3]! + from[q]! + from[q + 3]! + 2) >> 2;
      data[to + 1] = (from[p + 1]! + from[p + 4]! + from[q + 1]! + from[q + 4]! + 2) >> 2;
      data[to + 2] = (from[p + 2]! + from[p + 5]! + from[q + 2]! + from[q + 5]! + 2) >> 2;
    }
  return { width: w, height: h, data };
}

/** Which pixels each smaller pixel covers, `taps` from `first` on, and how much of it each of them is. */
interface Shares {
  readonly taps: number;
  readonly first: Int32Array;
  readonly weights: Float32Array;
}

function shares(length: number, smaller: number): Shares {
  const factor = length / smaller;
  const ends = (i: number): readonly [number, number] => [i * factor, Math.min(length, (i + 1) * factor)];
  let taps = 1;
  for (let i = 0; i < smaller; i++) taps = Math.max(taps, Math.ceil(ends(i)[1]) - Math.floor(ends(i)[0]));
  const first = new Int32Array(smaller);
  const weights = new Float32Array(smaller * taps);
  for (let i = 0; i < smaller; i++) {
    const [from, to] = ends(i);
    // the last ones begin so early that all their taps are in the picture
    first[i] = Math.min(Math.floor(from), length - taps);
    for (let tap = 0; tap < taps; tap++) {
      const at = first[i]! + tap;
      weights[i * taps + tap] = Math.max(0, Math.min(to, at + 1) - Math.max(from, at)) / factor;
    }
  }
  return { taps, first, weights };
}

function shrinkLine(
  line: Float32Array,
  { taps, first, weights }: Shares,
  data: Uint8Array,
  to: number,
): void {
  for (let x = 0, at = to; x < first.length; x++, at += 3) {
    let [r, g, b] = [0.5, 0.5, 0.5];
    for (let tap = 0, i = 3 * first[x]!; tap < taps; tap++, i += 3) {
      const weight = weights[x * taps + tap]!;
      r += weight * line[i]!;
      g += weight * line[i + 1]!;
      b += weight * line[i + 2]!;
    }
    data[at] = r;
    data[at + 1] = g;
    data[at + 2] = b;
  }
}
