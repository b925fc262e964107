/**
 * Reads an original for the library: hashed whole, and looked into from the same bytes. Originals are only ever opened
 * for reading.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
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
  let seen;
  let held: Held | undefined;
  try {
    try {
      seen = await file.stat();
      if (seen.size <= HELD_BYTES || typeof place !== 'string') held = await hold(file, seen.size);
    } finally {
      await file.close();
    }
    const hash = held ? createHash('sha256').update(held.bytes).digest() : await hashInPieces(place);
    const sides = wanted(hash);
    const known = { hash, size: held?.bytes.length ?? seen.size, mtime: Math.round(seen.mtimeMs) };
    if (sides === undefined) return { ...known, look: undefined };
    return { ...known, look: await lookAt(titleOf(path), held?.bytes ?? place.toString(), sides) };
  } finally {
    held?.free();
  }
}

/** The bytes of a file, in memory that is used again after `free`. */
interface Held {
  readonly bytes: Uint8Array;
  readonly free: () => void;
}

/** Memory of files that were read: a new piece for each file of a few megabytes keeps the garbage collector busy. */
const spare: Uint8Array[] = [];
const SPARE_BYTES = 8 << 20;
const MOST_SPARE = 8;

async function hold(file: FileHandle, size: number): Promise<Held> {
  const fitting = spare.findIndex(({ length }) => length > size);
  const [memory = new Uint8Array(Math.max(1 << 20, 2 ** Math.ceil(Math.log2(size + 1))))] =
    fitting < 0 ? [] : spare.splice(fitting, 1);
  const free = (): void => {
    if (memory.length <= SPARE_BYTES && spare.length < MOST_SPARE) spare.push(memory);
  };
  let length = 0;
  for (;;) {
    const { bytesRead } = await file.read(memory, length, memory.length - length, length);
    length += bytesRead;
    if (bytesRead === 0) return { bytes: memory.subarray(0, length), free };
    // it has grown since
    if (length === memory.length) return { bytes: await readWhole(file), free };
  }
}

async function readWhole(file: FileHandle): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let [at, read] = [0, 1];
  while (read > 0) {
    const piece = Buffer.alloc(1 << 20);
    ({ bytesRead: read } = await file.read(piece, 0, piece.length, at));
    pieces.push(piece.subarray(0, read));
    at += read;
  }
  return Buffer.concat(pieces);
}

async function hashInPieces(place: string | Buffer): Promise<Buffer> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(place, { highWaterMark: 1 << 20 })) hash.update(piece as Buffer);
  return hash.digest();
}
