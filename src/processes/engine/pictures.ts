/**
 * Pictures of work in progress and of its outcome: previews of faces, and the map of what was invented in a photo.
 * restoring.ts and learning.ts send them.
 */
import type { Corners } from '../../domain/job.ts';
import type { Recipe } from '../../domain/recipe.ts';
import { apply } from '../../faces/align.ts';
import type { Affine } from '../../faces/align.ts';
import { heatOverlay } from '../../imaging/heat.ts';
import type { Photograph } from '../../imaging/photograph.ts';
import { readScaled } from '../../imaging/photograph/scaled.ts';
import { sideOf } from '../../imaging/pixels.ts';
import type { Raster } from '../../imaging/pixels.ts';
import { resizeImage } from '../../imaging/resample.ts';
import { encodeImage } from '../../imaging/write.ts';
import { mapOf } from '../../restoration/crops.ts';
import type { RestoredFace } from '../../restoration/restore-photograph.ts';
import type * as v from 'valibot';

const MOST_PREVIEW = 512;
const MOST_MAP = 2048;
/** No more often than this, in milliseconds: making one costs as much as a quick step. */
const PREVIEW_EVERY_MS = 200;

/** Says when another preview is due: at once, then every 200 ms. */
export class PreviewClock {
  #last = -Infinity;

  due(): boolean {
    const now = performance.now();
    if (now - this.#last < PREVIEW_EVERY_MS) return false;
    this.#last = now;
    return true;
  }
}

/** [3,S,S] in [-1,1] as WebP, at most 512 px. */
export async function previewOf(image: Float32Array): Promise<Uint8Array<ArrayBuffer>> {
  const small = sideOf(image) > MOST_PREVIEW ? resizeImage(image, MOST_PREVIEW) : image;
  return new Uint8Array(await encodeImage(small, 'webp', 80));
}

/** Where a face's square is in the photo. */
export function cornersOf(
  where: Recipe['faces'][number]['where'],
  photo: Photograph,
): v.InferOutput<typeof Corners> {
  const map = mapOf(where, 1, photo);
  return [
    apply(map, { x: 0, y: 0 }),
    apply(map, { x: 1, y: 0 }),
    apply(map, { x: 1, y: 1 }),
    apply(map, { x: 0, y: 1 }),
  ];
}

/** The photo in grey, its restored faces under the heat of what differs between candidates; at most 2048 px. */
export async function variationMap(
  photo: Photograph,
  recipe: Recipe,
  faces: readonly RestoredFace[],
): Promise<Raster> {
  const scale = Math.min(1, MOST_MAP / Math.max(photo.width, photo.height));
  const [width, height] = [photo.width, photo.height].map((side) =>
    Math.max(1, Math.round(scale * side)),
  ) as [number, number];
  const whole = { left: 0, top: 0, width: photo.width, height: photo.height };
  const { data } = await readScaled(photo, whole, width, height);
  for (let p = 0; p < width * height; p++) {
    const grey = Math.round(0.299 * data[3 * p]! + 0.587 * data[3 * p + 1]! + 0.114 * data[3 * p + 2]!);
    data.fill(grey, 3 * p, 3 * p + 3);
  }
  for (const {
    face,
    candidates: [first],
    variation,
  } of faces) {
    const where = recipe.faces[face]?.where;
    if (!first || !variation || !where) continue;
    drawSquare(
      { width, height, data },
      heatOverlay(first, variation),
      mapOf(where, sideOf(first), photo),
      scale,
    );
  }
  return { width, height, data };
}

/** Draws [3,S,S] where `map` (from its pixels to the photo's) puts it, nearest pixels. */
function drawSquare(onto: Raster, image: Float32Array, map: Affine, scale: number): void {
  const side = sideOf(image);
  const { a, b, c, d, tx, ty } = map;
  const det = a * d - b * c;
  const corners = [
    [0, 0],
    [side, 0],
    [0, side],
    [side, side],
  ].map(([x = 0, y = 0]) => apply(map, { x, y }));
  const range = (values: number[], end: number): [number, number] => [
    Math.max(0, Math.floor(scale * Math.min(...values))),
    Math.min(end, Math.ceil(scale * Math.max(...values))),
  ];
  const [left, right] = range(
    corners.map(({ x }) => x),
    onto.width,
  );
  const [top, bottom] = range(
    corners.map(({ y }) => y),
    onto.height,
  );
  for (let y = top; y < bottom; y++)
    for (let x = left; x < right; x++) {
      const [px, py] = [(x + 0.5) / scale - tx, (y + 0.5) / scale - ty];
      const u = Math.floor((d * px - b * py) / det);
      const w = Math.floor((a * py - c * px) / det);
      if (u < 0 || w < 0 || u >= side || w >= side) continue;
      for (let channel = 0; channel < 3; channel++) {
        const value = (image[channel * side * side + w * side + u]! + 1) * 127.5;
        onto.data[3 * (y * onto.width + x) + channel] = Math.max(0, Math.min(255, Math.round(value)));
      }
    }
}
