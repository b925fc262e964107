/**
 * Photographs with a face's square in them, made in code, and what tests of src/imaging/paste measure on them.
 * Read next: border.test.ts.
 */
import { cutOut } from '../../../src/faces/align.ts';
import type { Region } from '../../../src/imaging/photograph.ts';
import { faceRegion, inverted, maskOf, weightAt } from '../../../src/imaging/paste/geometry.ts';
import type { Affine } from '../../../src/imaging/paste/geometry.ts';
import { random } from '../../../src/imaging/random.ts';
import type { Random } from '../../../src/imaging/random.ts';

/** In [-1,1], of a channel and a place; `draw` for noise. */
export type Paint = (c: number, x: number, y: number, draw: Random) => number;

/** A region that is a photo of its own, rounded to 8 bits as files are. */
export function photoOf(width: number, height: number, paint: Paint): Region {
  const draw = random(5, 0);
  const data = new Float32Array(3 * width * height);
  for (let c = 0; c < 3; c++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        data[(c * height + y) * width + x] = Math.fround(
          levelOf(paint(c, x + 0.5, y + 0.5, draw)) / 127.5 - 1,
        );
  return { rect: { left: 0, top: 0, width, height }, data };
}

function levelOf(value: number): number {
  return Math.max(0, Math.min(255, Math.round((value + 1) * 127.5)));
}

/** A square of `size` photo pixels around (x, y), turned by `degrees`, as a crop of `side` pixels. */
export function squareAt(x: number, y: number, size: number, side: number, degrees = 0): Affine {
  const a = (size / side) * Math.cos((degrees * Math.PI) / 180);
  const c = (size / side) * Math.sin((degrees * Math.PI) / 180);
  return { a, b: -c, c, d: a, tx: x - (side / 2) * (a - c), ty: y - (side / 2) * (c + a) };
}

/** What the prior sees: the crop as faces/align.ts cuts it. */
export function cropOf({ rect, data }: Region, map: Affine, side: number): Float32Array {
  const pixels = rect.width * rect.height;
  const bytes = new Uint8Array(3 * pixels);
  for (let p = 0; p < pixels; p++)
    for (let c = 0; c < 3; c++) bytes[3 * p + c] = levelOf(data[c * pixels + p]!);
  return cutOut({ width: rect.width, height: rect.height, data: bytes }, map, side);
}

/** The part of a photo that pasteFace is given. */
export function regionOf(photo: Region, map: Affine, side: number): Region {
  const rect = faceRegion(map, side, photo.rect);
  const data = new Float32Array(3 * rect.width * rect.height);
  for (let c = 0; c < 3; c++)
    for (let y = 0; y < rect.height; y++)
      for (let x = 0; x < rect.width; x++)
        data[(c * rect.height + y) * rect.width + x] =
          photo.data[(c * photo.rect.height + y + rect.top) * photo.rect.width + x + rect.left]!;
  return { rect, data };
}

/** A plane [height,width] of the mask's weight over a region. */
export function weightsOf(
  { left, top, width, height }: Region['rect'],
  map: Affine,
  side: number,
): Float32Array {
  const mask = maskOf(side, 'oval');
  const { a, b, c, d, tx, ty } = inverted(map);
  return Float32Array.from({ length: width * height }, (_, p) => {
    const [x, y] = [left + (p % width) + 0.5, top + Math.floor(p / width) + 0.5];
    return weightAt(mask, a * x + b * y + tx, c * x + d * y + ty);
  });
}

/** The mean of |f(x + 1) - f(x)| and |f(y + 1) - f(y)| over the three channels where `where` says so of a pixel. */
export function meanGradient({ rect, data }: Region, where: (p: number) => boolean): number {
  const { width, height } = rect;
  let [sum, count] = [0, 0];
  for (let y = 0; y + 1 < height; y++)
    for (let x = 0; x + 1 < width; x++) {
      const p = y * width + x;
      if (!where(p)) continue;
      for (let c = 0; c < 3; c++) {
        const at = c * width * height + p;
        sum += Math.abs(data[at + 1]! - data[at]!) + Math.abs(data[at + width]! - data[at]!);
        count += 2;
      }
    }
  return sum / count;
}

/** The root mean square of a channel's difference from the mean of its 3 x 3 neighbourhood, where `where` says so. */
export function roughness({ rect, data }: Region, where: (p: number) => boolean, channel = 1): number {
  const { width, height } = rect;
  const plane = data.subarray(channel * width * height, (channel + 1) * width * height);
  let [sum, count] = [0, 0];
  for (let y = 1; y + 1 < height; y++)
    for (let x = 1; x + 1 < width; x++) {
      const p = y * width + x;
      if (!where(p)) continue;
      let mean = 0;
      for (let j = -1; j <= 1; j++) for (let i = -1; i <= 1; i++) mean += plane[p + j * width + i]! / 9;
      sum += (plane[p]! - mean) ** 2;
      count++;
    }
  return Math.sqrt(sum / count);
}
