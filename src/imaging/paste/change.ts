/**
 * What the prior changed in a crop, with its colours matched to the photo: slow drifts of colour and brightness taken
 * out, and a photo in one tone (black and white, sepia) kept in it. detail.ts and paste.ts work on the result.
 */
import { boxMean, quantile, resamplePlane, sampleOf, smoothstep, softMean } from './planes.ts';
import { weightAt } from './geometry.ts';
import type { Mask } from './geometry.ts';

/** All in crop space. `channels` is 1 where the photo's three are equal: then the one is for all. */
export interface Change {
  readonly side: number;
  readonly channels: 1 | 3;
  /** [channels,S,S]: the crop the prior saw. */
  readonly input: Float32Array;
  /** [channels,S,S]: what to add to it. */
  readonly delta: Float32Array;
  /** [S,S], 0..1: where there is any change; 0 only where no pixel within two has any. */
  readonly changed: Float32Array;
}

/** A mean change of one level in 255 counts as changed wholly; less in proportion, so that nothing begins at once. */
const LEVEL = 2 / 255;
/** Colours are of one tone up to the first of these (levels off a curve over brightness), and not beyond the second. */
const TONED = [2.5 * LEVEL, 5.5 * LEVEL] as const;
/** The slow band is worked out on this grid, with a standard deviation of about a ninth of the square. */
const SLOW_GRID = 32;
const SLOW_RADIUS = 3;
const LUMA = [0.299, 0.587, 0.114] as const;

/**
 * restored - input, matched by `strength` 0..1. `grey`: the photo's channels are equal, and stay so. Where input and
 * restored are equal over five pixels either way, the result is exactly 0 whatever happens elsewhere.
 */
export function changeOf(
  input: Float32Array,
  restored: Float32Array,
  options: { readonly mask: Mask; readonly side: number; readonly strength: number; readonly grey: boolean },
): Change {
  const { mask, side, strength, grey } = options;
  const pixels = side * side;
  const changed = whereChanged(input, restored, side);
  const weight = new Float32Array(pixels);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) weight[y * side + x] = weightAt(mask, x + 0.5, y + 0.5);
  const from = grey ? lumaOf(input) : input;
  const to = grey ? lumaOf(restored) : restored;
  let delta = new Float32Array(from.length);
  for (let i = 0; i < delta.length; i++) delta[i] = to[i]! - from[i]!;
  if (!grey) delta = keepTone(input, restored, delta, weight, strength);
  const channels = grey ? 1 : 3;
  if (strength > 0)
    for (let c = 0; c < channels; c++)
      takeSlowOut(delta.subarray(c * pixels, (c + 1) * pixels), { side, weight, changed, strength });
  return { side, channels, input: from, delta, changed };
}

function whereChanged(input: Float32Array, restored: Float32Array, side: number): Float32Array {
  const pixels = side * side;
  const most = new Float32Array(pixels);
  for (let c = 0; c < 3; c++)
    for (let p = 0, i = c * pixels; p < pixels; p++, i++) {
      const by = Math.abs(restored[i]! - input[i]!);
      if (by > most[p]!) most[p] = by;
    }
  const changed = boxMean(most, side, 2);
  for (let p = 0; p < pixels; p++) changed[p] = Math.min(1, changed[p]! / LEVEL);
  return changed;
}

/** [3,S,S] to [S,S]; equal channels come out exactly as they are. */
export function lumaOf(image: Float32Array): Float32Array {
  const pixels = image.length / 3;
  const out = new Float32Array(pixels);
  for (let p = 0; p < pixels; p++) {
    const green = image[pixels + p]!;
    out[p] = green + LUMA[0] * (image[p]! - green) + LUMA[2] * (image[2 * pixels + p]! - green);
  }
  return out;
}

/**
 * Where the crop's red and blue, less its brightness Y, lie on parabolas p(Y) - an old print's tone - a colour that the
 * prior brings is an invention: there the change becomes that of Y, with p(Y restored) - p(Y input) for red and blue.
 */
function keepTone(
  input: Float32Array,
  restored: Float32Array,
  delta: Float32Array<ArrayBuffer>,
  weight: Float32Array,
  strength: number,
): Float32Array<ArrayBuffer> {
  const pixels = weight.length;
  const before = lumaOf(input);
  const after = lumaOf(restored);
  const red = fitParabola(before, input.subarray(0, pixels), weight);
  const blue = fitParabola(before, input.subarray(2 * pixels), weight);
  const toned = strength * (1 - smoothstep(...TONED, Math.hypot(red.residual, blue.residual)));
  if (toned === 0) return delta;
  const out = delta.slice();
  for (let p = 0; p < pixels; p++) {
    const y = after[p]! - before[p]!;
    const r = red.at(after[p]!) - red.at(before[p]!);
    const b = blue.at(after[p]!) - blue.at(before[p]!);
    const g = -(LUMA[0] * r + LUMA[2] * b) / LUMA[1];
    out[p] = delta[p]! + toned * (y + r - delta[p]!);
    out[pixels + p] = delta[pixels + p]! + toned * (y + g - delta[pixels + p]!);
    out[2 * pixels + p] = delta[2 * pixels + p]! + toned * (y + b - delta[2 * pixels + p]!);
  }
  return out;
}

/** Weighted least squares of channel - y over 1, y, y^2, and the root mean square that it leaves. */
function fitParabola(
  y: Float32Array,
  channel: Float32Array,
  weight: Float32Array,
): { at: (y: number) => number; residual: number } {
  const m = [0, 0, 0, 0, 0];
  const v = [0, 0, 0];
  for (let p = 0; p < y.length; p++) {
    let power = weight[p]!;
    const difference = channel[p]! - y[p]!;
    for (let k = 0; k < 5; k++) {
      m[k] = m[k]! + power;
      if (k < 3) v[k] = v[k]! + power * difference;
      power *= y[p]!;
    }
  }
  // A little on the diagonal keeps a crop of one brightness from an equation without an answer.
  const ridge = 1e-6 * m[0]!;
  const solved = solve3(
    [m[0]! + ridge, m[1]!, m[2]!, m[1]!, m[2]! + ridge, m[3]!, m[2]!, m[3]!, m[4]! + ridge],
    v,
  );
  const at = (value: number): number => solved[0] + value * (solved[1] + value * solved[2]);
  let squares = 0;
  for (let p = 0; p < y.length; p++) squares += weight[p]! * (channel[p]! - y[p]! - at(y[p]!)) ** 2;
  return { at, residual: Math.sqrt(squares / m[0]!) };
}

/** Cramer's rule for a symmetric 3 x 3 matrix given in rows. */
function solve3(matrix: readonly number[], right: readonly number[]): [number, number, number] {
  const determinant = (replaced: number): number => {
    const at = (row: number, column: number): number =>
      column === replaced ? right[row]! : matrix[3 * row + column]!;
    return (
      at(0, 0) * (at(1, 1) * at(2, 2) - at(1, 2) * at(2, 1)) -
      at(0, 1) * (at(1, 0) * at(2, 2) - at(1, 2) * at(2, 0)) +
      at(0, 2) * (at(1, 0) * at(2, 1) - at(1, 1) * at(2, 0))
    );
  };
  const whole = determinant(-1);
  return [determinant(0) / whole, determinant(1) / whole, determinant(2) / whole];
}

/**
 * Takes the slow band of the change out of it, in place, where there is a change. A mended tear or stain is no drift:
 * changes further than 2.5 robust deviations from the face's median count as if they were there.
 */
function takeSlowOut(
  delta: Float32Array,
  {
    side,
    weight,
    changed,
    strength,
  }: {
    readonly side: number;
    readonly weight: Float32Array;
    readonly changed: Float32Array;
    readonly strength: number;
  },
): void {
  const pixels = side * side;
  const share = new Float32Array(pixels);
  for (let p = 0; p < pixels; p++) share[p] = weight[p]! * changed[p]!;
  const inside = sampleOf(delta, weight, 0.5);
  const median = quantile(inside, 0.5);
  const off = inside.map((value) => Math.abs(value - median));
  const reach = 2.5 * 1.4826 * quantile(off, 0.5);
  const clipped = new Float32Array(pixels);
  for (let p = 0; p < pixels; p++)
    clipped[p] = share[p]! * Math.max(median - reach, Math.min(median + reach, delta[p]!));
  const n = Math.min(SLOW_GRID, side);
  const small = { n, spread: side / n, kernel: 'tent' } as const;
  const sums = softMean(resamplePlane(clipped, side, small), n, SLOW_RADIUS);
  const weights = softMean(resamplePlane(share, side, small), n, SLOW_RADIUS);
  const slow = sums.map((sum, i) => sum / (weights[i]! + 1e-3));
  const wide = resamplePlane(slow, n, { n: side, spread: 1, kernel: 'lanczos' });
  for (let p = 0; p < pixels; p++) delta[p] = delta[p]! - strength * changed[p]! * wide[p]!;
}
