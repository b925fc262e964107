/**
 * Shows a variation map (where candidates of a restoration differ, so what was invented) as heat over the picture.
 * The scale is fixed, so that two maps can be compared; engine/restore.ts says how variation is measured.
 */
import { invariant } from '../domain/errors.ts';
import { sideOf } from './pixels.ts';

/**
 * The variation that is shown hottest: a standard deviation of 0.25 on the scale [-1,1], 32 of 255 grey levels. Below,
 * heat is in proportion; above, it stays the same.
 */
export const FULL_HEAT = 0.25;

/** Colours at even distances from no variation to FULL_HEAT: violet, red, orange, yellow (sRGB). */
const RAMP = [
  [60, 20, 110],
  [187, 40, 85],
  [249, 142, 9],
  [252, 255, 164],
] as const;

/**
 * [3,S,S] in [-1,1] and a variation [S,S] to [3,S,S]: the picture in grey where nothing varies, the ramp's colours,
 * ever more opaque (up to 85 %), where much does.
 */
export function heatOverlay(image: Float32Array, variation: Float32Array): Float32Array {
  const pixels = sideOf(image) ** 2;
  invariant(variation.length === pixels, 'the variation map has the picture’s size');
  const out = new Float32Array(image.length);
  for (let p = 0; p < pixels; p++) {
    const grey = 0.299 * image[p]! + 0.587 * image[pixels + p]! + 0.114 * image[2 * pixels + p]!;
    const heat = Math.min(1, variation[p]! / FULL_HEAT);
    const opacity = 0.85 * Math.min(1, 1.5 * heat);
    for (let c = 0; c < 3; c++) out[c * pixels + p] = grey + opacity * (ramp(heat, c) / 127.5 - 1 - grey);
  }
  return out;
}

function ramp(heat: number, channel: number): number {
  const at = heat * (RAMP.length - 1);
  const i = Math.min(RAMP.length - 2, Math.floor(at));
  const low = RAMP[i]![channel]!;
  const high = RAMP[i + 1]![channel]!;
  return low + (at - i) * (high - low);
}
