/**
 * Writes safetensors files, one tensor at a time, to a temporary file that then takes the place of the target.
 * Read next: safetensors.ts, which reads them.
 */
import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UserError, invariant } from '../../domain/errors.ts';
import { quoted } from '../../domain/text.ts';
import { bytesOf, elementsOf } from './convert.ts';
import { systemCode } from './source.ts';

/** One tensor to write; `data` is row-major in `shape`, and is asked for once, when its turn comes. */
export interface WritableTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** int8: whole numbers from -128 to 127. */
  readonly type: 'float32' | 'float16' | 'int8';
  readonly data: Float32Array;
}

/** Elements written at once. */
const CHUNK = 1 << 18;

const NAMES = { float32: 'F32', float16: 'F16', int8: 'I8' } as const;

/**
 * Writes the tensors in the order given, whole or not at all. To stream, make `data` a getter: name, shape and type are
 * read first, for the header. A float32 beyond 65504 becomes infinite in float16. Throws UserError `output.unwritable`.
 */
export function writeSafetensors(
  path: string,
  tensors: Iterable<WritableTensor>,
  metadata: Iterable<readonly [string, string]> = [],
): void {
  const list = [...tensors];
  const header = headerOf(list, metadata);
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  let descriptor: number | undefined;
  try {
    descriptor = openSync(temporary, 'wx');
    writeAll(descriptor, header);
    for (const tensor of list) writeTensor(descriptor, tensor);
    fsyncSync(descriptor);
    closeSync(descriptor);
    descriptor = undefined;
    renameSync(temporary, path);
  } catch (cause) {
    if (descriptor !== undefined) closeSync(descriptor);
    rmSync(temporary, { force: true });
    if (!(cause instanceof Error && 'syscall' in cause)) throw cause;
    throw new UserError(
      'output.unwritable',
      `${quoted(basename(path))} could not be written (${systemCode(cause)}).`,
      'Check that the folder exists, may be written to, and has room.',
      { cause },
    );
  }
}

/** u64 length and JSON, padded with spaces so that the data begins at a multiple of 8 bytes. */
function headerOf(tensors: readonly WritableTensor[], metadata: Iterable<readonly [string, string]>): Buffer {
  const parts: string[] = [];
  const noted = [...new Map(metadata)].map(([key, text]) => `${JSON.stringify(key)}:${JSON.stringify(text)}`);
  if (noted.length > 0) parts.push(`"__metadata__":{${noted.join(',')}}`);
  const names = new Set(['__metadata__']);
  let at = 0;
  for (const { name, shape, type } of tensors) {
    invariant(!names.has(name), `tensor name ${name} cannot be written twice, nor stand for the metadata`);
    names.add(name);
    const count = elementsOf(shape);
    invariant(count !== undefined, `tensor ${name} has an impossible shape`);
    const end = at + count * bytesOf(type);
    const entry = { dtype: NAMES[type], shape, data_offsets: [at, end] };
    parts.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
    at = end;
  }
  const json = Buffer.from(`{${parts.join(',')}}`);
  const header = Buffer.alloc(8 + 8 * Math.ceil(json.length / 8), ' ');
  header.writeBigUInt64LE(BigInt(header.length - 8), 0);
  json.copy(header, 8);
  return header;
}

function writeTensor(descriptor: number, tensor: WritableTensor): void {
  const { data } = tensor;
  invariant(data.length === elementsOf(tensor.shape), `tensor ${tensor.name} does not have its shape's size`);
  for (let done = 0; done < data.length; done += CHUNK) {
    const part = data.subarray(done, done + CHUNK);
    const stored = storedAs(tensor.type, part);
    writeAll(descriptor, new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength));
  }
}

function storedAs(type: WritableTensor['type'], part: Float32Array): Float32Array | Float16Array | Int8Array {
  if (type === 'float32') return part;
  return type === 'float16' ? new Float16Array(part) : new Int8Array(part);
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done);
}
