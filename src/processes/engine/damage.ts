/**
 * Damage masks on the engine's side: where a print is damaged, small enough to be shown, and the mask somebody painted as
 * a restoration takes it. imaging/repair has masks; processes/library/masks.ts asks and keeps them.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { MASK_SIDE } from '../../contract/damage.ts';
import type { RestoreOrder } from '../../contract/engine.ts';
import { UserError } from '../../domain/errors.ts';
import type { FaceBox } from '../../domain/person.ts';
import type { Photograph } from '../../imaging/photograph.ts';
import { readPhotograph } from '../../imaging/photograph/read.ts';
import { findDamage } from '../../imaging/repair/damage.ts';
import { decodeMask, encodeMask } from '../../imaging/repair/mask.ts';
import type { Mask } from '../../imaging/repair/mask.ts';
import { repairPhoto } from '../../imaging/repair/repair.ts';
import type * as v from 'valibot';

interface Asked {
  readonly photo: { readonly file: string };
  readonly faces: readonly v.InferOutput<typeof FaceBox>[];
  readonly tone: number;
}

/** What a repair with these settings would find. Throws UserError as readPhotograph does, and `cancelled`. */
export async function findMask(
  { photo: { file }, faces, tone }: Asked,
  signal: AbortSignal,
): Promise<{ png: Uint8Array<ArrayBuffer> }> {
  const photo = await readPhotograph(file, { signal });
  // faded damage hides, so a repair looks for it afterwards
  await repairPhoto(photo, { tone, scratches: 0, denoise: 0 }, { signal });
  const mask = await findDamage(photo, { faces, signal });
  return { png: new Uint8Array(await encodeMask(shrunk(mask, MASK_SIDE))) };
}

/** At most `longest` pixels a side, a whole number of times smaller; a scratch one pixel wide is still there. */
export function shrunk(mask: Mask, longest: number): Mask {
  const times = Math.ceil(Math.max(mask.width, mask.height) / longest);
  if (times <= 1) return mask;
  const [width, height] = [Math.ceil(mask.width / times), Math.ceil(mask.height / times)];
  const data = new Uint8Array(width * height);
  for (let y = 0; y < mask.height; y++) {
    const row = Math.floor(y / times) * width;
    for (let x = 0; x < mask.width; x++) {
      const to = row + Math.floor(x / times);
      data[to] = Math.max(data[to]!, mask.data[y * mask.width + x]!);
    }
  }
  return { width, height, scale: mask.scale * times, data };
}

/** Throws UserError `missing` where it is not there as it was painted. */
export async function paintedMask(
  { file, sha256 }: NonNullable<RestoreOrder['mask']>,
  { width, height }: Photograph,
): Promise<Mask> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw gone(cause);
  });
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) throw gone();
  return decodeMask(bytes, width, height);
}

const gone = (cause?: unknown): UserError =>
  new UserError(
    'missing',
    'The damage that was painted for this photo is not there any more.',
    'Paint it again, or restore without it.',
    { cause },
  );
