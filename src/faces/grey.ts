/**
 * Grey pictures, which is what the bundled detector sees: made of coloured ones, made smaller, cut out of turned. network.ts
 * looks at them whole, refine.ts at squares around faces.
 */
import type { Affine, Pixels } from './align.ts';

export interface GreyPlane {
  readonly width: number;
  readonly height: number;
  /** Luma (Rec. 601) in [-1,1]. */
  readonly data: Float32Array;
}

/** The picture's luma; middle grey to its right and below it where `wide` and `high` are more than its own size. */
export function greyPlane(picture: Pixels, wide = picture.width, high = picture.height): GreyPlane {
  const { width, height, data: from } = picture;
  const data = new Float32Array(wide * high);
  for (let y = 0; y < height; y++) {
    let at = 3 * y * width;
    for (let to = y * wide, end = to + width; to < end; to++, at += 3)
      data[to] = (0.299 * from[at]! + 0.587 * from[at + 1]! + 0.114 * from[at + 2]!) / 127.5 - 1;
  }
  return { width: wide, height: high, data };
}

/**
 * The crop [side,side] that `map` (crop to picture) cuts out, by bilinear interpolation: for crops about as fine as the
 * picture. Beyond its border the picture goes on as it ends.
 */
export function cutGrey({ width, height, data }: GreyPlane, map: Affine, side: number): Float32Array {
  const crop = new Float32Array(side * side);
  const within = (value: number, last: number): number => Math.max(0, Math.min(last, value));
  for (let row = 0, i = 0; row < side; row++)
    for (let column = 0; column < side; column++, i++) {
      const x = map.a * (column + 0.5) + map.b * (row + 0.5) + map.tx - 0.5;
      const y = map.c * (column + 0.5) + map.d * (row + 0.5) + map.ty - 0.5;
      const [u, v] = [within(x, width - 1), within(y, height - 1)];
      const [left, top] = [Math.floor(u), Math.floor(v)];
      const [fx, fy] = [u - left, v - top];
      const [at, below] = [top * width, Math.min(top + 1, height - 1) * width];
      const right = Math.min(left + 1, width - 1);
      const upper = data[at + left]! * (1 - fx) + data[at + right]! * fx;
      const lower = data[below + left]! * (1 - fx) + data[below + right]! * fx;
      crop[i] = upper * (1 - fy) + lower * fy;
    }
  return crop;
}
