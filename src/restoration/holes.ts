/**
 * The damage mask of a photo, seen from a face: in the crop that the prior is to fill, and in the region it is pasted
 * into. imaging/repair makes the masks.
 */
import { apply } from '../faces/align.ts';
import type { Affine } from '../faces/align.ts';
import { maskOf, weightAt } from '../imaging/paste/geometry.ts';
import type { Rect } from '../imaging/photograph.ts';
import type { Mask } from '../imaging/repair/mask.ts';

/** A crop with less damage than this share of the face is left to the print's repair. */
const WORTH_IT = 0.002;

/**
 * [side,side] in 0..1: 1 where the photo under the face is damaged (with a rim, since what the filters of a crop mix is
 * damaged too). Undefined where there is little of it.
 */
export function inCrop(mask: Mask, map: Affine, side: number): Float32Array | undefined {
  const hard = new Float32Array(side * side);
  const oval = maskOf(side, 'oval');
  const reach = 0.5 * (Math.hypot(map.a, map.c) / mask.scale);
  let damaged = 0;
  let weight = 0;
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const at = apply(map, { x: x + 0.5, y: y + 0.5 });
      const inside = weightAt(oval, x + 0.5, y + 0.5);
      const value = mostIn(mask, at.x / mask.scale, at.y / mask.scale, reach);
      hard[y * side + x] = value;
      damaged += inside * value;
      weight += inside;
    }
  if (damaged < WORTH_IT * weight) return undefined;
  return widened(hard, side);
}

/** The most damage within `reach` mask pixels of a place: thin scratches are not to slip between the samples. */
function mostIn({ width, height, data }: Mask, x: number, y: number, reach: number): number {
  const range = (middle: number, end: number): [number, number] => [
    Math.max(0, Math.floor(middle - reach)),
    Math.min(end - 1, Math.max(Math.floor(middle), Math.ceil(middle + reach) - 1)),
  ];
  const [left, right] = range(x, width);
  const [top, bottom] = range(y, height);
  let most = 0;
  for (let row = top; row <= bottom; row++)
    for (let column = left; column <= right; column++) most = Math.max(most, data[row * width + column]!);
  return most / 255;
}

/** One pixel wider on each side, half as strong there. */
function widened(hard: Float32Array, side: number): Float32Array {
  return hard.map((value, i) => {
    const [x, y] = [i % side, Math.floor(i / side)];
    let most = value;
    for (const [dx, dy] of [
      [-1, 0],
      [1, 0],
      [0, -1],
      [0, 1],
    ] as const) {
      const [u, v] = [x + dx, y + dy];
      if (u >= 0 && v >= 0 && u < side && v < side) most = Math.max(most, 0.5 * hard[v * side + u]!);
    }
    return most;
  });
}

/** The mask at the size of a rectangle of the photo, [height,width] in 0..1; undefined where it holds no damage. */
export function inRegion({ width, data, scale }: Mask, rect: Rect): Float32Array | undefined {
  const out = new Float32Array(rect.width * rect.height);
  let any = false;
  for (let y = 0; y < rect.height; y++) {
    const row = Math.floor((rect.top + y) / scale) * width;
    for (let x = 0; x < rect.width; x++) {
      const value = data[row + Math.floor((rect.left + x) / scale)]!;
      if (value === 0) continue;
      out[y * rect.width + x] = value / 255;
      any = true;
    }
  }
  return any ? out : undefined;
}
