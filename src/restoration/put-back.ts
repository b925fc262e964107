/**
 * Restored faces back into their photograph: imaging/paste for all but the very large, which are pasted on a reduced copy
 * and added in strips, so that memory has a bound at any size. restore-photograph.ts decides which candidates.
 */
import type { Affine } from '../faces/align.ts';
import { faceRegion } from '../imaging/paste/geometry.ts';
import { pasteFace } from '../imaging/paste/paste.ts';
import type { PasteOptions } from '../imaging/paste/paste.ts';
import { pasteFaces } from '../imaging/paste/several.ts';
import type { PastedFace } from '../imaging/paste/several.ts';
import type { Photograph, Rect, Region } from '../imaging/photograph.ts';
import { readRegion, writeRegion } from '../imaging/photograph/region.ts';
import { readScaled } from '../imaging/photograph/scaled.ts';

/** Photo pixels of a face's region beyond which it is pasted on a reduced copy: it takes some 60 bytes a pixel. */
const MOST_PIXELS = 9e6;
/** Photo pixels of a strip. */
const STRIP_PIXELS = 2e6;

export async function putBack(photo: Photograph, faces: readonly PastedFace[]): Promise<void> {
  const isLarge = (face: PastedFace): boolean => {
    const { width, height } = faceRegion(face.map, sideOf(face), photo);
    return width * height > MOST_PIXELS;
  };
  await pasteFaces(
    photo,
    faces.filter((face) => !isLarge(face)),
  );
  for (const face of faces) if (isLarge(face)) await pasteLarge(photo, face);
}

function sideOf({ input }: Pick<PastedFace, 'input'>): number {
  return Math.sqrt(input.length / 3);
}

/**
 * P + U(paste(D(P)) - D(P)), D the reduction and U linear interpolation: all of the photo's own detail stays (a face this
 * large has far more of it than any prior), and pixels around which nothing changed keep their values bit for bit.
 */
async function pasteLarge(photo: Photograph, face: PastedFace): Promise<void> {
  const rect = faceRegion(face.map, sideOf(face), photo);
  const reduce = Math.sqrt((rect.width * rect.height) / MOST_PIXELS) * 2;
  const small = { left: 0, top: 0, width: count(rect.width / reduce), height: count(rect.height / reduce) };
  const { data } = await readScaled(photo, rect, small.width, small.height);
  const before: Region = { rect: small, data: planar(data) };
  const [sx, sy] = [small.width / rect.width, small.height / rect.height];
  // in the reduced copy there is no grain to match: what is added keeps the photo's
  const options: PasteOptions = { ...onlyChosen(face.options), grain: 0, detail: 1 };
  const after = pasteFace(before, { ...face, map: scaled(face.map, rect, sx, sy) }, options);
  const delta = after.data.map((value, i) => value - before.data[i]!);
  const rows = Math.max(1, Math.floor(STRIP_PIXELS / rect.width));
  for (let top = 0; top < rect.height; top += rows) {
    const height = Math.min(rows, rect.height - top);
    const strip = await readRegion(photo, { ...rect, top: rect.top + top, height });
    await writeRegion(photo, strip, added(strip, delta, { small, sx, sy, top }));
  }
}

function count(value: number): number {
  return Math.max(1, Math.round(value));
}

/** Without what has the size of the region. */
function onlyChosen({ keep: _keep, mended: _mended, ...chosen }: PasteOptions = {}): PasteOptions {
  return chosen;
}

function scaled({ a, b, c, d, tx, ty }: Affine, { left, top }: Rect, sx: number, sy: number): Affine {
  return { a: sx * a, b: sx * b, c: sy * c, d: sy * d, tx: sx * (tx - left), ty: sy * (ty - top) };
}

function planar(interleaved: Uint8Array): Float32Array {
  const pixels = interleaved.length / 3;
  const out = new Float32Array(interleaved.length);
  for (let p = 0; p < pixels; p++)
    for (let c = 0; c < 3; c++) out[c * pixels + p] = interleaved[3 * p + c]! / 127.5 - 1;
  return out;
}

/** The strip and the change of the reduced copy at each of its pixels. */
function added(
  { rect, data }: Region,
  delta: Float32Array,
  grid: { readonly small: Rect; readonly sx: number; readonly sy: number; readonly top: number },
): Region {
  const { small, sx, sy, top } = grid;
  const { width, height } = small;
  const out = data.slice();
  const pixels = rect.width * rect.height;
  const clamp = (i: number, end: number): number => Math.max(0, Math.min(end - 1, i));
  for (let y = 0; y < rect.height; y++) {
    const v = (top + y + 0.5) * sy - 0.5;
    const row = Math.floor(v);
    const fy = v - row;
    const [upper, lower] = [clamp(row, height) * width, clamp(row + 1, height) * width];
    for (let x = 0; x < rect.width; x++) {
      const u = (x + 0.5) * sx - 0.5;
      const column = Math.floor(u);
      const fx = u - column;
      const [left, right] = [clamp(column, width), clamp(column + 1, width)];
      const at = y * rect.width + x;
      for (let c = 0; c < 3; c++) {
        const from = c * width * height;
        const above = (1 - fx) * delta[from + upper + left]! + fx * delta[from + upper + right]!;
        const below = (1 - fx) * delta[from + lower + left]! + fx * delta[from + lower + right]!;
        const change = (1 - fy) * above + fy * below;
        if (change !== 0) out[c * pixels + at] = Math.max(-1, Math.min(1, out[c * pixels + at]! + change));
      }
    }
  }
  return { rect, data: out };
}
