/**
 * The two forms a picture has here, and the way between them: planar floats as models see them, interleaved bytes as
 * files and screens do. read.ts and write.ts are the way in and out of files.
 */
import { invariant } from '../domain/errors.ts';

/** Interleaved sRGB bytes, [height, width, 3]. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** S of a square RGB image [3,S,S]. */
export function sideOf(image: Float32Array): number {
  const side = Math.sqrt(image.length / 3);
  invariant(Number.isInteger(side) && side > 0, `${image.length} values are no square RGB image`);
  return side;
}

/** [3,S,S] in [-1,1] to bytes, rounded to nearest; what lies outside is clipped. */
export function toRaster(image: Float32Array): Raster {
  const side = sideOf(image);
  const pixels = side * side;
  const data = new Uint8ClampedArray(3 * pixels);
  for (let p = 0; p < pixels; p++)
    for (let c = 0; c < 3; c++) data[3 * p + c] = (image[c * pixels + p]! + 1) * 127.5;
  return { width: side, height: side, data: new Uint8Array(data.buffer) };
}

/** A square raster to [3,S,S] in [-1,1]: 0 is -1 and 255 is 1. */
export function fromRaster({ width, height, data }: Raster): Float32Array {
  invariant(width === height, `a raster of ${width} x ${height} is not square`);
  const pixels = width * height;
  const image = new Float32Array(3 * pixels);
  for (let p = 0; p < pixels; p++)
    for (let c = 0; c < 3; c++) image[c * pixels + p] = data[3 * p + c]! / 127.5 - 1;
  return image;
}
