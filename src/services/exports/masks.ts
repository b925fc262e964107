/**
 * The mask that somebody painted for a restored version: it goes out beside the picture, where `albumen restore --recipe`
 * looks for it, or the recipe in the picture could not be followed again. write.ts copies it.
 */
import { createHash } from 'node:crypto';
import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Far more than any mask is kept with. */
const MOST_BYTES = 64e6;

/** Where a painted mask is kept, by its hash. */
export const paintedFile = (dataFolder: string, sha256: string): string =>
  join(dataFolder, 'masks', `${sha256}.png`);

/** What the mask of the picture at `path` is called: NAME.mask.png for NAME.jpg. */
export const maskBeside = (path: string): string => path.replace(/(?:\.[A-Za-z0-9]{1,8})?$/, '.mask.png');

/** A mask on its way out. */
export interface MaskCopy {
  readonly sha256: string;
  readonly dataFolder: string;
}

/** The mask, where it is still kept; without it the picture goes out alone. */
export async function keptMask(
  dataFolder: string,
  sha256: string | null | undefined,
): Promise<MaskCopy | undefined> {
  if (sha256 === null || sha256 === undefined) return undefined;
  return (await lstat(paintedFile(dataFolder, sha256)).catch(() => undefined))
    ? { sha256, dataFolder }
    : undefined;
}

/**
 * Whether the mask may be written to `place`: nothing is there, or the same mask; or, where the picture it is beside is
 * `replaced`, another of ours, which loses nothing.
 */
export async function maskFits(
  { sha256, dataFolder }: MaskCopy,
  place: string,
  replaced: boolean,
): Promise<boolean> {
  const there = await lstat(place).catch(() => undefined);
  if (!there) return true;
  if (!there.isFile() || there.size > MOST_BYTES) return false;
  const found = createHash('sha256')
    .update(await readFile(place))
    .digest('hex');
  return found === sha256 || (replaced && (await keptMask(dataFolder, found)) !== undefined);
}
