/**
 * Augmentation for small albums: a mirror flip and mild photometric changes, never one that moves or bends a face, which
 * is aligned. finetune/batches.ts calls it where the recipe says so; the published recipe does not.
 */
import { invariant } from '../../domain/errors.ts';

/** How far each change goes; each is drawn uniformly. */
interface Augmentation {
  /** Probability of a left-right flip. */
  readonly mirror: number;
  /** Values are multiplied by 1 - gain .. 1 + gain, about mid-grey. */
  readonly gain: number;
  /** -offset .. offset is added to all values. */
  readonly offset: number;
  /** -cast .. cast is added to each channel; the mean of the three is taken off. */
  readonly cast: number;
  /** Probability of a black-and-white picture, as many old photos are. */
  readonly grey: number;
}

/** What the recipe `fast` does. */
export const MILD: Augmentation = { mirror: 0.5, gain: 0.1, offset: 0.05, cast: 0.04, grey: 0.1 };

/** ITU-R BT.601. */
const LUMA = [0.299, 0.587, 0.114] as const;

/**
 * A changed copy of an image [3,S,S] in [-1,1], clipped to it. Draws seven numbers of [0,1) from `uniform`, whatever they
 * decide, so that what comes of it depends on the source alone.
 */
export function augment(image: Float32Array, uniform: () => number, amounts = MILD): Float32Array {
  const pixels = image.length / 3;
  const side = Math.sqrt(pixels);
  invariant(Number.isInteger(side), `an image of ${image.length} values is not [3,S,S]`);
  const within = (amount: number): number => (2 * uniform() - 1) * amount;
  const mirror = uniform() < amounts.mirror;
  const grey = uniform() < amounts.grey;
  const gain = 1 + within(amounts.gain);
  const offset = within(amounts.offset);
  const casts = [within(amounts.cast), within(amounts.cast), within(amounts.cast)];
  const cast = (casts[0]! + casts[1]! + casts[2]!) / 3;

  const out = grey ? greyOf(image, pixels) : image.slice();
  for (let c = 0; c < 3; c++) {
    const shift = offset + (grey ? 0 : casts[c]! - cast);
    for (let i = c * pixels; i < (c + 1) * pixels; i++)
      out[i] = Math.min(1, Math.max(-1, gain * out[i]! + shift));
  }
  if (mirror) for (let row = 0; row < out.length; row += side) out.subarray(row, row + side).reverse();
  return out;
}

function greyOf(image: Float32Array, pixels: number): Float32Array {
  const out = new Float32Array(image.length);
  for (let i = 0; i < pixels; i++)
    out[i] = LUMA[0] * image[i]! + LUMA[1] * image[i + pixels]! + LUMA[2] * image[i + 2 * pixels]!;
  out.copyWithin(pixels, 0, pixels);
  out.copyWithin(2 * pixels, 0, pixels);
  return out;
}
