/**
 * Messages as WebSocket frames: JSON as a text frame; with bytes or unusual numbers inside, a binary frame of
 * [length of the header, uint32 little-endian][header, JSON in UTF-8][the bytes, one after the other].
 */

type Path = readonly (string | number)[];
/** What JSON cannot say, by where it stands: a count of bytes, or a number by name. */
type Part = readonly [Path, number | 'NaN' | 'Infinity' | '-Infinity'];

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

const isUnusual = (value: unknown): value is number => typeof value === 'number' && !Number.isFinite(value);

function needsParts(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return isUnusual(value);
  if (value instanceof Uint8Array) return true;
  return Object.values(value).some(needsParts);
}

/** `value` with a null wherever JSON fails, which goes into `parts` and `blobs`. */
function strip(value: unknown, path: Path, parts: Part[], blobs: Uint8Array[]): unknown {
  if (isUnusual(value)) {
    parts.push([path, `${value}` as 'NaN']);
    return null;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) {
    parts.push([path, value.length]);
    blobs.push(value);
    return null;
  }
  if (Array.isArray(value)) return value.map((item, i) => strip(item, [...path, i], parts, blobs));
  const entries = Object.entries(value);
  return Object.fromEntries(entries.map(([key, item]) => [key, strip(item, [...path, key], parts, blobs)]));
}

/** A message of plain data (plain.ts) as one frame. */
export function encodeFrame(message: unknown): string | Uint8Array<ArrayBuffer> {
  if (!needsParts(message)) return JSON.stringify(message);
  const parts: Part[] = [];
  const blobs: Uint8Array[] = [];
  const stripped = strip(message, [], parts, blobs);
  const header = encoder.encode(JSON.stringify({ message: stripped, parts }));
  const size = blobs.reduce((sum, blob) => sum + blob.length, 4 + header.length);
  const frame = new Uint8Array(size);
  new DataView(frame.buffer).setUint32(0, header.length, true);
  frame.set(header, 4);
  let at = 4 + header.length;
  for (const blob of blobs) {
    frame.set(blob, at);
    at += blob.length;
  }
  return frame;
}

/** The message in a frame. Throws where it is not one: frames come from anyone. */
export function decodeFrame(frame: string | ArrayBuffer): unknown {
  if (typeof frame === 'string') return JSON.parse(frame);
  const bytes = new Uint8Array(frame);
  if (bytes.length < 4) throw new Error('a frame shorter than its length');
  const start = 4 + new DataView(frame).getUint32(0, true);
  if (start > bytes.length) throw new Error('a header longer than its frame');
  const header: unknown = JSON.parse(decoder.decode(bytes.subarray(4, start)));
  if (typeof header !== 'object' || header === null) throw new Error('a header that is no object');
  if (!('message' in header) || !('parts' in header) || !Array.isArray(header.parts)) {
    throw new Error('a header without message and parts');
  }
  let at = start;
  for (const part of header.parts as unknown[]) {
    const [path, what] = readPart(part);
    if (typeof what !== 'number') put(header.message, path, Number(what));
    else {
      if (at + what > bytes.length) throw new Error('bytes beyond the end of the frame');
      put(header.message, path, bytes.slice(at, at + what));
      at += what;
    }
  }
  if (at !== bytes.length) throw new Error('bytes that belong to nothing');
  return header.message;
}

function readPart(part: unknown): Part {
  if (!Array.isArray(part) || part.length !== 2) throw new Error('a part that is no pair');
  const [path, what] = part as unknown[];
  const known = what === 'NaN' || what === 'Infinity' || what === '-Infinity';
  if (!known && !(typeof what === 'number' && Number.isSafeInteger(what) && what >= 0)) {
    throw new Error('a part of no known kind');
  }
  if (!Array.isArray(path) || !path.every((key) => typeof key === 'string' || typeof key === 'number')) {
    throw new Error('a part without a path');
  }
  return [path, what];
}

/** Replaces the null at `path`, which must be there: nothing is created, no prototype is walked. */
function put(root: unknown, path: Path, value: unknown): void {
  let target = root;
  path.forEach((key, i) => {
    if (typeof target !== 'object' || target === null || !Object.hasOwn(target, key)) {
      throw new Error('a path that leads nowhere');
    }
    const holder = target as Record<string | number, unknown>;
    if (i < path.length - 1) target = holder[key];
    else if (holder[key] === null) holder[key] = value;
    else throw new Error('a path to what is there already');
  });
}
