/**
 * Reads safetensors files: u64 header length, JSON header, then the tensors' bytes without holes or overlaps
 * (https://github.com/huggingface/safetensors#format). Read next: header-json.ts; safetensors-write.ts for writing.
 */
import { quoted } from '../../domain/text.ts';
import { bytesOf, elementsOf } from './convert.ts';
import { FileTensorStore, MAX_ELEMENTS, MAX_RANK } from './file-store.ts';
import { HeaderFault, parseHeader } from './header-json.ts';
import type { HeaderObject, HeaderValue } from './header-json.ts';
import type { ByteSource } from './source.ts';
import type { StoredType, TensorStore } from './store.ts';
import { rowMajorStrides } from './strided.ts';
import type { Layout } from './strided.ts';

/** A header names each tensor in about 100 bytes; a network of 1,000 tensors needs 0.1 MB. */
const MAX_HEADER = 16 * 2 ** 20;

const TYPES: ReadonlyMap<string, StoredType> = new Map([
  ['F32', 'float32'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
  ['F64', 'float64'],
  ['I64', 'int64'],
  ['I32', 'int32'],
  ['I16', 'int16'],
  ['I8', 'int8'],
  ['U8', 'uint8'],
  ['BOOL', 'bool'],
]);

/** Reads and checks the header; throws UserError `checkpoint.unreadable`, and then leaves `source` open. */
export function openSafetensors(source: ByteSource): TensorStore {
  const length = source.bytes(0, 8, 'its header').readBigUInt64LE(0);
  if (length > BigInt(source.size - 8)) {
    throw source.broken(
      `is cut short or damaged: it claims a header of ${length} bytes and has ${source.size} in all`,
    );
  }
  if (length > MAX_HEADER)
    throw source.broken(`claims a header of ${length} bytes, more than any model needs`);
  const header = headerOf(source, source.bytes(8, Number(length), 'its header'));
  const start = 8 + Number(length);

  const metadata = new Map<string, string>();
  const layouts = new Map<string, Layout>();
  for (const [name, value] of header) {
    if (name === '__metadata__') readMetadata(source, value, metadata);
    else layouts.set(name, layoutOf(source, name, value, start));
  }
  if (layouts.size === 0) throw source.broken('holds no tensors', 'Choose a file that holds model weights.');
  checkTiling(source, layouts, start);
  return new FileTensorStore(source, 'safetensors', layouts, metadata);
}

function headerOf(source: ByteSource, bytes: Buffer): HeaderObject {
  try {
    const header = parseHeader(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (header instanceof Map) return header;
    throw new HeaderFault('is not an object');
  } catch (cause) {
    if (cause instanceof HeaderFault) throw source.broken(`is damaged: its header ${cause.message}`);
    if (cause instanceof TypeError) throw source.broken('is damaged: its header is not UTF-8 text');
    throw cause;
  }
}

function readMetadata(source: ByteSource, value: HeaderValue, metadata: Map<string, string>): void {
  if (value === null) return;
  if (!(value instanceof Map)) throw source.broken('is damaged: its __metadata__ is not an object');
  for (const [key, text] of value) {
    if (typeof text !== 'string') throw source.broken(`is damaged: its metadata ${quoted(key)} is not text`);
    metadata.set(key, text);
  }
}

function layoutOf(source: ByteSource, name: string, value: HeaderValue, start: number): Layout {
  const what = `tensor ${quoted(name)}`;
  if (!(value instanceof Map)) throw source.broken(`is damaged: ${what} is not described by an object`);
  const dtype = value.get('dtype');
  const type = typeof dtype === 'string' ? TYPES.get(dtype) : undefined;
  if (type === undefined) {
    const shown = typeof dtype === 'string' ? quoted(dtype) : 'nothing';
    throw source.broken(
      `stores ${what} as ${shown}, which is not read here`,
      'Use a float32 or float16 version.',
    );
  }
  const shape = sizesOf(value.get('shape'));
  const count = shape && elementsOf(shape);
  if (shape === undefined || count === undefined || count > MAX_ELEMENTS || shape.length > MAX_RANK) {
    throw source.broken(`is damaged: ${what} has an impossible shape`);
  }
  const [begin, end, ...more] = sizesOf(value.get('data_offsets')) ?? [];
  if (begin === undefined || end === undefined || more.length > 0 || end < begin) {
    throw source.broken(`is damaged: ${what} has impossible offsets`);
  }
  if (end - begin !== count * bytesOf(type)) {
    throw source.broken(
      `is damaged: ${what} has ${end - begin} bytes where its shape needs ${count * bytesOf(type)}`,
    );
  }
  source.require(start + begin, end - begin, what);
  return { position: start + begin, type, shape, strides: rowMajorStrides(shape), bigEndian: false };
}

/** The value as a list of sizes, `undefined` when it is anything else. */
function sizesOf(value: HeaderValue | undefined): number[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const sizes = value.filter((size) => typeof size === 'number' && Number.isSafeInteger(size) && size >= 0);
  return sizes.length === value.length ? sizes.map(Number) : undefined;
}

/** The format's own rule: the tensors cover the rest of the file exactly, so no two share bytes and none are hidden. */
function checkTiling(source: ByteSource, layouts: ReadonlyMap<string, Layout>, start: number): void {
  const pieces = [...layouts].map(([name, { position, shape, type }]) => {
    return { name, position, bytes: (elementsOf(shape) ?? 0) * bytesOf(type) };
  });
  pieces.sort((a, b) => a.position - b.position || a.bytes - b.bytes);
  let at = start;
  for (const { name, position, bytes } of pieces) {
    if (position !== at) {
      throw source.broken(
        `is damaged: tensor ${quoted(name)} ${position < at ? 'overlaps another' : 'follows a gap'}`,
      );
    }
    at += bytes;
  }
  if (at !== source.size)
    throw source.broken(`is damaged: ${source.size - at} bytes at its end belong to no tensor`);
}
