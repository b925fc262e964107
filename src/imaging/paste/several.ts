/**
 * Several restored faces back into one photograph, in any order: each is pasted as if it were the only one, and where
 * masks overlap a pixel is shared. paste.ts does one face; ../photograph/region.ts reads and writes the photograph.
 */
import type { Photograph, Rect, Region } from '../photograph.ts';
import { readRegion, writeRegion } from '../photograph/region.ts';
import { faceRegion, inverted, maskOf, weightAt } from './geometry.ts';
import { pasteFace } from './paste.ts';
import type { PasteOptions, RestoredFace } from './paste.ts';

export interface PastedFace extends RestoredFace {
  readonly options?: PasteOptions;
}

/**
 * Of a pixel under the masks M_j of several faces, face i has the share M_i^4 / sum M_j^4: nearly all of it in its heart,
 * where another's mask only begins, and no edge anywhere.
 */
const POWER = 4;

/**
 * Pastes the faces into `photo`. Every face is made from the photo as it was before any of them, and what each changes is
 * added: their order moves a value by no more than the rounding to the photo's depth. A face whose square is outside the
 * photo is left out. Memory: 24 bytes for each pixel of the faces that overlap one another.
 */
export async function pasteFaces(photo: Photograph, faces: readonly PastedFace[]): Promise<void> {
  const placed = faces
    .map((face) => ({ face, rect: faceRegion(face.map, sideOf(face), photo) }))
    .filter(({ rect }) => rect.width > 0 && rect.height > 0);
  for (const group of groupsOf(placed)) {
    const before = await Promise.all(group.map(({ rect }) => readRegion(photo, rect)));
    for (const [i, { face, rect }] of group.entries()) {
      const own = before[i]!;
      const others = group.filter((_, k) => k !== i).map((other) => other.face);
      const after = pasteFace(own, face, shared(face, others, rect));
      if (i === 0) {
        await writeRegion(photo, own, after);
        continue;
      }
      const now = await readRegion(photo, rect);
      await writeRegion(photo, now, added(now, own, after));
    }
  }
}

interface Placed {
  readonly face: PastedFace;
  readonly rect: Rect;
}

/** Faces whose rectangles touch one another, directly or through others. */
function groupsOf(placed: readonly Placed[]): Placed[][] {
  let groups: Placed[][] = [];
  for (const one of placed) {
    const near = groups.filter((group) => group.some(({ rect }) => overlap(rect, one.rect)));
    groups = [...groups.filter((group) => !near.includes(group)), [...near.flat(), one]];
  }
  return groups;
}

function overlap(one: Rect, other: Rect): boolean {
  return (
    one.left < other.left + other.width &&
    other.left < one.left + one.width &&
    one.top < other.top + other.height &&
    other.top < one.top + one.height
  );
}

/** The face's options, with all of a pixel kept from it that is not its share. */
function shared(face: PastedFace, others: readonly PastedFace[], rect: Rect): PasteOptions {
  const { options = {} } = face;
  if (others.length === 0) return options;
  const own = weights(face, rect);
  const sum = own.map((weight) => weight ** POWER);
  for (const other of others) {
    const weight = weights(other, rect);
    for (let p = 0; p < sum.length; p++) sum[p] = sum[p]! + weight[p]! ** POWER;
  }
  const keep = own.map((weight, p) => {
    const share = weight === 0 ? 0 : weight ** POWER / sum[p]!;
    return 1 - share * (1 - (options.keep?.[p] ?? 0));
  });
  return { ...options, keep };
}

/** A face's mask over a rectangle of the photo, [height,width]. */
function weights(
  { map, options = {}, ...face }: PastedFace,
  { left, top, width, height }: Rect,
): Float32Array {
  const mask = maskOf(sideOf(face), options.shape ?? 'oval', options.widen);
  const { a, b, c, d, tx, ty } = inverted(map);
  const out = new Float32Array(width * height);
  for (let j = 0; j < height; j++)
    for (let i = 0; i < width; i++) {
      const [x, y] = [left + i + 0.5, top + j + 0.5];
      out[j * width + i] = weightAt(mask, a * x + b * y + tx, c * x + d * y + ty);
    }
  return out;
}

function sideOf({ input }: Pick<RestoredFace, 'input'>): number {
  return Math.sqrt(input.length / 3);
}

/** now + (after - before), exactly `now` where these two are equal. */
function added(now: Region, before: Region, after: Region): Region {
  const data = now.data.map((value, i) => {
    const change = after.data[i]! - before.data[i]!;
    return change === 0 ? value : Math.max(-1, Math.min(1, value + change));
  });
  return { rect: now.rect, data };
}
