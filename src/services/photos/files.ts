/**
 * Reads an original for the library: hashed whole, and looked into from the same bytes. Originals are only ever opened
 * for reading.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Look, ThumbnailSide } from '../../domain/look.ts';
import { placeOf, titleOf } from './names.ts';
import type { LookAt } from './ports.ts';

/** Larger files are hashed in pieces and looked into by path, so that a few at a time never fill the memory. */
const HELD_BYTES = 64e6;

export interface ReadOriginal {
  /** SHA-256. */
  readonly hash: Buffer;
  readonly size: number;
  /** Whole milliseconds, of the moment it was read. */
  readonly mtime: number;
  /** Absent where `wanted` declined. */
  readonly look: Look | undefined;
}

/**
 * Reads `path` below `root`. `wanted` hears the hash and says which thumbnails to make, or undefined where nothing needs
 * to be looked into. Throws what the file system throws.
 */
export async function readOriginal(
  root: string,
  path: string,
  lookAt: LookAt,
  wanted: (hash: Buffer) => readonly ThumbnailSide[] | undefined,
): Promise<ReadOriginal> {
  const place = placeOf(root, path);
  const file = await open(place, 'r');
  let bytes: Buffer | undefined;
  let seen;
  try {
    seen = await file.stat();
    if (seen.size <= HELD_BYTES || typeof place !== 'string') bytes = await file.readFile();
  } finally {
    await file.close();
  }
  const hash = bytes ? createHash('sha256').update(bytes).digest() : await hashInPieces(place);
  const sides = wanted(hash);
  const known = { hash, size: bytes?.length ?? seen.size, mtime: Math.round(seen.mtimeMs) };
  if (sides === undefined) return { ...known, look: undefined };
  return { ...known, look: await lookAt(titleOf(path), bytes ?? place.toString(), sides) };
}

async function hashInPieces(place: string | Buffer): Promise<Buffer> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(place, { highWaterMark: 1 << 20 })) hash.update(piece as Buffer);
  return hash.digest();
}
