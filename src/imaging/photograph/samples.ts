/**
 * A photograph's values as encoders want them, colours and transparency side by side, and taken apart again.
 * encode.ts and smaller.ts join them, read.ts splits what it decoded.
 */
import type { Photograph } from '../photograph.ts';

export interface Samples {
  readonly data: Uint8Array | Uint16Array;
  readonly channels: 1 | 2 | 3 | 4;
}

/**
 * The photograph's own array where it is what is asked for, else a copy: at another depth (257 v, or v / 257 rounded),
 * with transparency between the pixels, or on white instead, or with grey three times.
 */
export function samples(photo: Photograph, bits: 8 | 16, keepAlpha: boolean, asRgb = false): Samples {
  const { width, height, depth, data, alpha } = photo;
  const three = asRgb || photo.channels === 3;
  const repeated = three && photo.channels === 1;
  if (bits === depth && !alpha && !repeated) return { data, channels: photo.channels };
  const pixels = width * height;
  const colours = three ? 3 : 1;
  const joined = alpha !== undefined && keepAlpha;
  const channels = joined ? (three ? 4 : 2) : colours;
  const out = bits === 8 ? new Uint8Array(channels * pixels) : new Uint16Array(channels * pixels);
  const white = 2 ** depth - 1;
  const scale = bits === depth ? 1 : bits === 16 ? 257 : 1 / 257;
  for (let p = 0; p < pixels; p++) {
    for (let c = 0; c < colours; c++) {
      let value = data[repeated ? p : colours * p + c]!;
      if (alpha && !joined) value = white + ((value - white) * alpha[p]!) / white;
      out[channels * p + c] = Math.round(value * scale);
    }
    if (alpha && joined) out[channels * p + colours] = Math.round(alpha[p]! * scale);
  }
  return { data: out, channels };
}

/** The colours of a pixel, and the value after them, where there is one: in place, so that a picture is not held twice. */
export function split(
  data: Uint8Array | Uint16Array,
  pixels: number,
  colours: 1 | 3,
): Pick<Photograph, 'data' | 'alpha'> {
  const channels = data.length / pixels;
  if (channels === colours) return { data };
  const alpha = data instanceof Uint8Array ? new Uint8Array(pixels) : new Uint16Array(pixels);
  for (let p = 0; p < pixels; p++) {
    const at = channels * p;
    alpha[p] = data[at + colours]!;
    for (let c = 0; c < colours; c++) data[colours * p + c] = data[at + c]!;
  }
  return { data: data.subarray(0, colours * pixels), alpha };
}
