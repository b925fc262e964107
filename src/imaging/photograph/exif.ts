/**
 * EXIF blocks (CIPA DC-008): what is read from one, and how one is edited so that everything it held, vendors' notes and
 * their offsets included, stays where it was. ifd.ts reads the directories; save.ts says what is to change.
 */
import {
  EXIF,
  directoryBytes,
  memorySource,
  numberOf,
  numberTag,
  readTiff,
  textOf,
  textTag,
  toLittle,
  viewOf,
} from './ifd.ts';
import type { Directory, Tag } from './ifd.ts';

const ORIENTATION = 0x112;
const X_RESOLUTION = 0x11a;
const Y_RESOLUTION = 0x11b;
const RESOLUTION_UNIT = 0x128;
const SOFTWARE = 0x131;
const TAKEN = 0x9003;
const DIGITISED = 0x9004;
const PIXEL_X = 0xa002;
const PIXEL_Y = 0xa003;
const VENDORS_NOTE = 0x927c;
const COLOUR_POSITIONS = 0x213;

export interface ExifFacts {
  readonly taken?: string;
  /** Pixels per inch. */
  readonly density?: number;
}

export interface ExifEdits {
  readonly software: string;
  /** The picture's size, which the block says again. */
  readonly width: number;
  readonly height: number;
  /** Pixels per inch, said where the block says none. */
  readonly density?: number;
  /** In JPEG files a new block has to say where the samples of colour lie. */
  readonly jpeg: boolean;
}

/** Without the marker that some containers put before the TIFF header. */
export function bareExif(bytes: Uint8Array): Uint8Array {
  return Buffer.from(bytes.subarray(0, 6)).toString('latin1') === 'Exif\0\0' ? bytes.subarray(6) : bytes;
}

/** When the photo was taken and at what density, as far as the block says and can be read. */
export async function exifFacts(exif: Uint8Array): Promise<ExifFacts> {
  const root = await readTiff(memorySource(exif));
  const inner = root?.below.get(EXIF);
  const taken = textOf(inner, TAKEN) ?? textOf(inner, DIGITISED);
  const value = numberOf(root, X_RESOLUTION);
  const density = value && numberOf(root, RESOLUTION_UNIT) === 3 ? value * 2.54 : value;
  return { ...(taken === undefined ? {} : { taken }), ...(density ? { density } : {}) };
}

/**
 * The block with orientation 1, the picture's size, the software's name, and no thumbnail (it would show the picture as
 * it was). Only the first directory moves, to the end. A block that cannot be read, or none, becomes a new one.
 */
export async function editExif(exif: Uint8Array | undefined, edits: ExifEdits): Promise<Uint8Array> {
  const root = exif && (await readTiff(memorySource(exif)));
  if (!exif || !root) return newBlock(editedTags(undefined, edits, true));
  const { little } = root;
  // a copy, also of a Buffer, whose own slice is none
  const kept = new Uint8Array(exif.subarray(0, await endWithoutThumbnail(exif, root)));
  const view = viewOf(kept);
  const first = view.getUint32(4, little);
  const entries: Uint8Array[] = [];
  for (let i = 0; i < view.getUint16(first, little); i++)
    entries.push(kept.subarray(first + 2 + 12 * i, first + 14 + 12 * i));
  setSize(kept, entries, edits, little);
  const at = kept.length + (kept.length % 2);
  const tail = appendedDirectory(entries, editedTags(root, edits, little), at, little);
  view.setUint32(4, at, little);
  return Buffer.concat([kept, new Uint8Array(at - kept.length), tail]);
}

/** A block without dead bytes or vendors' notes, for containers that hold no more than 64 KB. */
export async function compactExif(exif: Uint8Array): Promise<Uint8Array> {
  const root = await readTiff(memorySource(exif));
  if (!root) return exif;
  const inner = root.below.get(EXIF);
  const below = new Map(root.below);
  if (inner) below.set(EXIF, { ...inner, tags: inner.tags.filter(({ id }) => id !== VENDORS_NOTE) });
  return blockOf(toLittle({ ...root, below, next: 0 }));
}

/** A block that holds a directory (little-endian) and those below it. */
export function blockOf(directory: Directory): Uint8Array {
  return Buffer.concat([Buffer.from('II*\0\x08\0\0\0', 'latin1'), directoryBytes(directory, 8)]);
}

function newBlock(tags: readonly Tag[]): Uint8Array {
  return blockOf({ little: true, tags, below: new Map(), next: 0, end: 0 });
}

/** The tags of the first directory that are set, whatever it said. */
function editedTags(
  root: Directory | undefined,
  { software, density, jpeg }: ExifEdits,
  little: boolean,
): Tag[] {
  const tags = [numberTag(ORIENTATION, 3, 1, little), textTag(SOFTWARE, software)];
  if (jpeg && root === undefined) tags.push(numberTag(COLOUR_POSITIONS, 3, 1, little));
  if (density !== undefined && numberOf(root, X_RESOLUTION) === undefined)
    tags.push(
      numberTag(X_RESOLUTION, 5, density, little),
      numberTag(Y_RESOLUTION, 5, density, little),
      numberTag(RESOLUTION_UNIT, 3, 2, little),
    );
  return tags;
}

/** Where the block may be cut: before the thumbnail, where that is the last thing in it. */
async function endWithoutThumbnail(exif: Uint8Array, root: Directory): Promise<number> {
  if (root.next === 0) return exif.length;
  const pointed = new Uint8Array(exif);
  viewOf(pointed).setUint32(4, root.next, root.little);
  const thumbnail = await readTiff(memorySource(pointed));
  const start = numberOf(thumbnail, 0x201);
  return start !== undefined && start >= root.end ? Math.min(start, exif.length) : exif.length;
}

/** Sets the picture's size in place, in the EXIF directory that `entries` point to, where it says one. */
function setSize(
  block: Uint8Array,
  entries: readonly Uint8Array[],
  { width, height }: ExifEdits,
  little: boolean,
): void {
  const view = viewOf(block);
  const pointer = entries.map(viewOf).find((entry) => entry.getUint16(0, little) === EXIF);
  const inner = pointer?.getUint32(8, little);
  if (inner === undefined || inner + 2 > block.length) return;
  for (let i = 0; i < view.getUint16(inner, little); i++) {
    const at = inner + 2 + 12 * i;
    if (at + 12 > block.length) return;
    const id = view.getUint16(at, little);
    if (id !== PIXEL_X && id !== PIXEL_Y) continue;
    view.setUint16(at + 2, 4, little);
    view.setUint32(at + 4, 1, little);
    view.setUint32(at + 8, id === PIXEL_X ? width : height, little);
  }
}

/** A directory for `at` from entries that point to where they always did and tags that are new or take their place. */
function appendedDirectory(
  entries: readonly Uint8Array[],
  tags: readonly Tag[],
  at: number,
  little: boolean,
): Uint8Array {
  const idOf = (entry: Uint8Array): number => viewOf(entry).getUint16(0, little);
  const replaced = new Set(tags.map(({ id }) => id));
  const kept = entries.filter((entry) => !replaced.has(idOf(entry)));
  const values: Uint8Array[] = [];
  let end = at + 6 + 12 * (kept.length + tags.length);
  const added = tags.map(({ id, type, count, bytes }) => {
    const entry = new Uint8Array(12);
    const view = viewOf(entry);
    view.setUint16(0, id, little);
    view.setUint16(2, type, little);
    view.setUint32(4, count, little);
    if (bytes.length <= 4) entry.set(bytes, 8);
    else {
      view.setUint32(8, end, little);
      values.push(bytes, new Uint8Array(bytes.length % 2));
      end += bytes.length + (bytes.length % 2);
    }
    return entry;
  });
  const head = new Uint8Array(2);
  viewOf(head).setUint16(0, kept.length + added.length, little);
  const ordered = [...kept, ...added].sort((a, b) => idOf(a) - idOf(b));
  return Buffer.concat([head, ...ordered, new Uint8Array(4), ...values]);
}

/** Tags that say how a TIFF file stores its pixels, or hold other metadata: no part of EXIF. */
const STRUCTURE: readonly (readonly [from: number, to: number])[] = [
  [254, 269],
  [273, 273],
  [277, 281],
  [284, 284],
  [288, 293],
  [297, 297],
  [301, 301],
  [317, 325],
  [328, 347],
  [512, 532],
  [700, 700],
  [33421, 33422],
  [33723, 33723],
  [34377, 34377],
  [34675, 34675],
  [37724, 37724],
];

/** Whether a tag of a TIFF file's first directory describes the photo rather than its storage. */
export function describes({ id }: Tag): boolean {
  return id === ORIENTATION || !STRUCTURE.some(([from, to]) => id >= from && id <= to);
}
