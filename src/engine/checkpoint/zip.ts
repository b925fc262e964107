/**
 * Reads the directory of a zip file whose entries are stored uncompressed, as torch.save writes it (zip64 included).
 * Follows PKWARE's APPNOTE 6.3, sections 4.3 and 4.5.3; every offset is checked. Read next: torch.ts.
 */
import { quoted } from '../../domain/text.ts';
import type { ByteSource } from './source.ts';

/** One entry of the central directory. */
export interface ZipEntry {
  readonly name: string;
  /** Uncompressed bytes. */
  readonly size: number;
  readonly method: number;
  readonly encrypted: boolean;
  /** Where its local header begins. */
  readonly headerAt: number;
  /** Its name as raw bytes, to compare with the local header's. */
  readonly rawName: Buffer;
}

const MAX_DIRECTORY = 16 * 2 ** 20;
const END = 0x06054b50;
const END64 = 0x06064b50;
const END64_LOCATOR = 0x07064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;

/** The entries by name; throws UserError `checkpoint.unreadable` for a damaged directory or a repeated name. */
export function readZipDirectory(source: ByteSource): ReadonlyMap<string, ZipEntry> {
  const { position, length } = findDirectory(source);
  if (length > MAX_DIRECTORY) throw source.broken('claims a zip directory larger than any model needs');
  const bytes = source.bytes(position, length, 'its zip directory');
  const entries = new Map<string, ZipEntry>();
  for (let at = 0; at < length;) {
    if (length - at < 46 || bytes.readUInt32LE(at) !== CENTRAL)
      throw source.broken('has a damaged zip directory');
    const nameEnd = at + 46 + bytes.readUInt16LE(at + 28);
    const extraEnd = nameEnd + bytes.readUInt16LE(at + 30);
    const next = extraEnd + bytes.readUInt16LE(at + 32);
    if (next > length) throw source.broken('has a damaged zip directory');
    const rawName = bytes.subarray(at + 46, nameEnd);
    const name = rawName.toString('utf8');
    if (entries.has(name)) throw source.broken(`holds the zip entry ${quoted(name)} twice`);
    const wide = wideFields(source, bytes.subarray(nameEnd, extraEnd));
    // Order matters: the zip64 extra field holds only those values that are all ones here.
    const size = wide(bytes.readUInt32LE(at + 24));
    const packed = wide(bytes.readUInt32LE(at + 20));
    const headerAt = wide(bytes.readUInt32LE(at + 42));
    const encrypted = (bytes.readUInt16LE(at + 8) & 1) !== 0;
    const method = bytes.readUInt16LE(at + 10);
    if (method === 0 && packed !== size) throw source.broken(`is damaged at its zip entry ${quoted(name)}`);
    entries.set(name, { name, size, method, encrypted, headerAt, rawName });
    at = next;
  }
  return entries;
}

/** Where an entry's bytes begin; throws for an entry that is compressed, encrypted or not wholly in the file. */
export function locateEntry(source: ByteSource, entry: ZipEntry): number {
  const what = `zip entry ${quoted(entry.name)}`;
  if (entry.method !== 0 || entry.encrypted) {
    const how = entry.encrypted ? 'encrypted' : 'compressed';
    const advice = 'Save it again with torch.save, which stores entries as they are, or use safetensors.';
    throw source.broken(`keeps ${what} ${how}, which PyTorch checkpoints never do`, advice);
  }
  const local = source.bytes(entry.headerAt, 30 + entry.rawName.length, what);
  const nameLength = local.readUInt16LE(26);
  const sameName = nameLength === entry.rawName.length && local.subarray(30).equals(entry.rawName);
  if (local.readUInt32LE(0) !== LOCAL || !sameName) throw source.broken(`is damaged at its ${what}`);
  // The local extra field differs from the directory's: torch pads it so that data lies at multiples of 64.
  const position = entry.headerAt + 30 + nameLength + local.readUInt16LE(28);
  source.require(position, entry.size, what);
  return position;
}

function findDirectory(source: ByteSource): { position: number; length: number } {
  const tailLength = Math.min(source.size, 22 + 0xffff);
  const tailAt = source.size - tailLength;
  const tail = source.bytes(tailAt, tailLength, 'its end');
  for (let at = tailLength - 22; at >= 0; at -= 1) {
    if (tail.readUInt32LE(at) !== END || at + 22 + tail.readUInt16LE(at + 20) !== tailLength) continue;
    const wide = findDirectory64(source, tailAt + at);
    const found = wide ?? { position: tail.readUInt32LE(at + 16), length: tail.readUInt32LE(at + 12) };
    source.require(found.position, found.length, 'its zip directory');
    return found;
  }
  throw source.broken('is cut short: the directory at the end of its zip file is missing');
}

function findDirectory64(
  source: ByteSource,
  endAt: number,
): { position: number; length: number } | undefined {
  if (endAt < 20) return undefined;
  const locator = source.bytes(endAt - 20, 20, 'its zip directory');
  if (locator.readUInt32LE(0) !== END64_LOCATOR) return undefined;
  const end = source.bytes(safe(source, locator.readBigUInt64LE(8)), 56, 'its zip directory');
  if (end.readUInt32LE(0) !== END64) throw source.broken('has a damaged zip directory');
  return { position: safe(source, end.readBigUInt64LE(48)), length: safe(source, end.readBigUInt64LE(40)) };
}

/** A reader of 32-bit fields that takes the next value of the zip64 extra field (id 1) for each that is all ones. */
function wideFields(source: ByteSource, extra: Buffer): (narrow: number) => number {
  let field = Buffer.alloc(0);
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) === 1)
      field = Buffer.from(extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2)));
  }
  let used = 0;
  return (narrow) => {
    if (narrow !== 0xffffffff) return narrow;
    if (used + 8 > field.length) throw source.broken('has a damaged zip directory');
    used += 8;
    return safe(source, field.readBigUInt64LE(used - 8));
  };
}

function safe(source: ByteSource, value: bigint): number {
  if (value > BigInt(source.size))
    throw source.broken('has a damaged zip directory that points outside the file');
  return Number(value);
}
