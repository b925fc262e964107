/**
 * The tagged directories that TIFF files and EXIF blocks share (TIFF 6.0, section 2), read from anything bytes can be
 * asked of, untrusted, and written back. exif.ts edits blocks with it, container/tiff.ts files.
 */

/** One tag. `bytes` holds its value in the byte order of what it was read from. */
export interface Tag {
  readonly id: number;
  readonly type: number;
  readonly count: number;
  readonly bytes: Uint8Array;
}

/** A directory, ordered by tag, and those that hang from it (EXIF, GPS, interoperability), by the tag that names them. */
export interface Directory {
  readonly little: boolean;
  readonly tags: readonly Tag[];
  readonly below: ReadonlyMap<number, Directory>;
  /** Where the next directory begins, 0 for none (in EXIF: the thumbnail's). */
  readonly next: number;
  /** Where the furthest byte of the directory, its values and those below it ends. */
  readonly end: number;
}

/** Up to `length` bytes from `offset`. */
export type ByteSource = (offset: number, length: number) => Promise<Uint8Array>;

export const EXIF = 0x8769;
export const GPS = 0x8825;
const INTEROPERABILITY = 0xa005;
const BELOW: readonly number[] = [EXIF, GPS, INTEROPERABILITY];

/** Bytes of one value of each type, 1 to 13. */
const SIZES: readonly number[] = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4];
/** What is swapped as one number: rationals are two. */
const WORDS: readonly number[] = [0, 1, 1, 2, 4, 4, 1, 1, 2, 4, 4, 4, 8, 4];
/** Values larger than this are no description of a photo (Photoshop's layers, for one) and are left out. */
const LARGEST = 1 << 20;

/** The first directory of a TIFF file or EXIF block; undefined where it is damaged, or another kind (BigTIFF). */
export async function readTiff(source: ByteSource): Promise<Directory | undefined> {
  const head = await source(0, 8);
  const order = Buffer.from(head.subarray(0, 4)).toString('latin1');
  if (head.length < 8 || (order !== 'II*\0' && order !== 'MM\0*')) return undefined;
  const little = order.startsWith('II');
  return readDirectory(source, little, viewOf(head).getUint32(4, little), 0);
}

async function readDirectory(
  source: ByteSource,
  little: boolean,
  offset: number,
  depth: number,
): Promise<Directory | undefined> {
  const counted = await source(offset, 2);
  if (counted.length < 2) return undefined;
  const count = viewOf(counted).getUint16(0, little);
  const bytes = await source(offset + 2, 12 * count + 4);
  if (count === 0 || count > 1000 || bytes.length < 12 * count) return undefined;
  const view = viewOf(bytes);
  const tags: Tag[] = [];
  const below = new Map<number, Directory>();
  let end = offset + 2 + bytes.length;
  for (let i = 0; i < count; i++) {
    const at = 12 * i;
    const [id, type, n] = [
      view.getUint16(at, little),
      view.getUint16(at + 2, little),
      view.getUint32(at + 4, little),
    ];
    const size = n * (SIZES[type] ?? 0);
    if (size === 0 || size > LARGEST) continue;
    const place = view.getUint32(at + 8, little);
    if (BELOW.includes(id)) {
      const under = depth < 2 ? await readDirectory(source, little, place, depth + 1) : undefined;
      if (under) below.set(id, under);
      if (under) end = Math.max(end, under.end);
      continue;
    }
    const value = size <= 4 ? bytes.subarray(at + 8, at + 8 + size) : await source(place, size);
    if (value.length < size) continue;
    if (size > 4) end = Math.max(end, place + size);
    tags.push({ id, type, count: n, bytes: value });
  }
  const next = bytes.length >= 12 * count + 4 ? view.getUint32(12 * count, little) : 0;
  return { little, tags, below, next, end };
}

/** The same directory in little-endian order. Vendors' own notes (UNDEFINED bytes) stay as they are. */
export function toLittle({ little, tags, below, ...rest }: Directory): Directory {
  if (little) return { little, tags, below, ...rest };
  return {
    ...rest,
    little: true,
    tags: tags.map((tag) => ({ ...tag, bytes: swapped(tag) })),
    below: new Map([...below].map(([id, directory]) => [id, toLittle(directory)])),
  };
}

function swapped({ type, bytes }: Tag): Uint8Array {
  const word = WORDS[type] ?? 1;
  const out = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at += word)
    for (let i = 0; i < word; i++) out[at + i] = bytes[at + word - 1 - i]!;
  return out;
}

/**
 * A directory's bytes for `offset` (even) in its file: entries, then values, then the directories below. Tags are put in
 * order; of two with one id the later counts.
 */
export function directoryBytes({ little, tags, below, next }: Directory, offset: number): Uint8Array {
  const byId = new Map<number, Tag>(tags.map((tag) => [tag.id, tag]));
  const ids = [...new Set([...byId.keys(), ...below.keys()])].sort((a, b) => a - b);
  const head = new Uint8Array(6 + 12 * ids.length);
  const view = viewOf(head);
  view.setUint16(0, ids.length, little);
  view.setUint32(head.length - 4, next, little);
  const pieces: Uint8Array[] = [head];
  let end = offset + head.length;
  const place = (bytes: Uint8Array): number => {
    const at = end;
    const even = bytes.length + (bytes.length % 2);
    pieces.push(bytes, new Uint8Array(even - bytes.length));
    end += even;
    return at;
  };
  ids.forEach((id, i) => {
    const at = 2 + 12 * i;
    const under = below.get(id);
    const tag = byId.get(id);
    view.setUint16(at, id, little);
    if (under) {
      view.setUint16(at + 2, 4, little);
      view.setUint32(at + 4, 1, little);
      view.setUint32(at + 8, place(directoryBytes(under, end)), little);
    } else if (tag) {
      view.setUint16(at + 2, tag.type, little);
      view.setUint32(at + 4, tag.count, little);
      if (tag.bytes.length <= 4) head.set(tag.bytes, at + 8);
      else view.setUint32(at + 8, place(tag.bytes), little);
    }
  });
  return Buffer.concat(pieces);
}

/** An ASCII tag. */
export function textTag(id: number, text: string): Tag {
  const bytes = Buffer.from(`${text.replace(/[^\x20-\x7e]/g, '?')}\0`, 'latin1');
  return { id, type: 2, count: bytes.length, bytes };
}

/** A tag of one or more numbers: BYTE (1), SHORT (3), LONG (4); RATIONAL (5) as thousandths. */
export function numberTag(id: number, type: 3 | 4 | 5, value: number, little: boolean): Tag {
  const bytes = new Uint8Array(SIZES[type] ?? 4);
  const view = viewOf(bytes);
  if (type === 3) view.setUint16(0, value, little);
  else view.setUint32(0, type === 5 ? Math.round(1000 * value) : value, little);
  if (type === 5) view.setUint32(4, 1000, little);
  return { id, type, count: 1, bytes };
}

/** The first number of a SHORT, LONG or RATIONAL tag. */
export function numberOf(directory: Directory | undefined, id: number): number | undefined {
  const tag = directory?.tags.find((t) => t.id === id);
  if (!directory || !tag) return undefined;
  const view = viewOf(tag.bytes);
  if (tag.type === 3) return view.getUint16(0, directory.little);
  if (tag.type === 4) return view.getUint32(0, directory.little);
  if (tag.type !== 5) return undefined;
  const below = view.getUint32(4, directory.little);
  return below === 0 ? undefined : view.getUint32(0, directory.little) / below;
}

/** An ASCII tag's text, without what pads it; undefined where there is none. */
export function textOf(directory: Directory | undefined, id: number): string | undefined {
  const tag = directory?.tags.find((t) => t.id === id && t.type === 2);
  const text = tag && Buffer.from(tag.bytes).toString('latin1').replace(/\0.*$/s, '').trim();
  return text === '' ? undefined : text;
}

/** A source over bytes in memory. */
export function memorySource(bytes: Uint8Array): ByteSource {
  return (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length));
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
