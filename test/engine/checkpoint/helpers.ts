/**
 * Makers of small checkpoint files, sound and unsound, for the tests beside it.
 * Read next: damage.test.ts, zip.test.ts, pickle.test.ts.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { UserError } from '../../../src/domain/errors.ts';
import type { ErrorCode } from '../../../src/domain/errors.ts';
import { openCheckpoint } from '../../../src/engine/checkpoint/open.ts';

export { temporaryFolder } from '../../folders.ts';

// Generous: these tests write many files, and the machine may be busy.
vi.setConfig({ testTimeout: 60_000 });

export const GOLDEN = join(import.meta.dirname, '../../fixtures/golden');
export const FIXTURES = join(import.meta.dirname, '../../fixtures/checkpoint');

export function fileOf(folder: string, name: string, ...parts: readonly (Uint8Array | string)[]): string {
  const path = join(folder, name);
  writeFileSync(path, Buffer.concat(parts.map((part) => Buffer.from(part))));
  return path;
}

export function fixture(name: string): Buffer {
  return readFileSync(join(FIXTURES, name));
}

/** Opens and reads everything, as a caller would. */
export function readAll(path: string): Map<string, Float32Array> {
  using store = openCheckpoint(path);
  return new Map([...store.tensors.keys()].map((name) => [name, store.read(name)]));
}

/** Expects a UserError of this code whose one sentence names the file and matches; returns the sentence. */
export function expectUserError(run: () => unknown, code: ErrorCode, sentence: RegExp, file: string): void {
  let caught: unknown;
  try {
    run();
  } catch (error) {
    caught = error;
  }
  if (!(caught instanceof UserError)) throw new Error('no UserError was thrown', { cause: caught });
  expect(caught.code).toBe(code);
  expect(caught.message).toContain(`"${file}"`);
  expect(caught.message).toMatch(sentence);
  expect(caught.message).toMatch(/^[^\n]*\.$/);
  expect(caught.advice).toMatch(/\.$/);
}

/** A safetensors file with any header, sound or not. */
export function safetensorsOf(header: unknown, data: Uint8Array = new Uint8Array(0)): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, data]);
}

export interface ZipPart {
  readonly name: string;
  readonly data: Uint8Array;
  readonly method?: number;
  readonly flags?: number;
  /** Bytes of the local header's extra field, which the central directory's entry does not have. */
  readonly padding?: number;
}

const u16 = (value: number): Buffer => Buffer.from([value & 255, value >> 8]);
export const u32 = (value: number): Buffer => Buffer.from(new Uint32Array([value]).buffer);
export const u64 = (value: number | bigint): Buffer =>
  Buffer.from(new BigUint64Array([BigInt(value)]).buffer);

/** A zip file of stored entries; `wide` writes every size and offset by way of zip64. */
export function zipOf(parts: readonly ZipPart[], wide = false): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, data, method = 0, flags = 0, padding = 0 } of parts) {
    const raw = Buffer.from(name);
    const common = [u16(45), u16(flags), u16(method), u32(0), u32(0)];
    const narrow = wide ? [u32(0xffffffff), u32(0xffffffff)] : [u32(data.length), u32(data.length)];
    const extra = wide
      ? Buffer.concat([u16(1), u16(24), u64(data.length), u64(data.length), u64(at)])
      : Buffer.alloc(0);
    const local = [
      u32(0x04034b50),
      ...common,
      ...narrow,
      u16(raw.length),
      u16(padding),
      raw,
      Buffer.alloc(padding),
      data,
    ];
    const counts = [
      u16(raw.length),
      u16(extra.length),
      u16(0),
      u16(0),
      u16(0),
      u32(0),
      u32(wide ? 0xffffffff : at),
    ];
    directory.push(u32(0x02014b50), u16(45), ...common, ...narrow, ...counts, raw, extra);
    const file = Buffer.concat(local);
    files.push(file);
    at += file.length;
  }
  const central = Buffer.concat(directory);
  const n = parts.length;
  const end64 = [
    u32(0x06064b50),
    u64(44),
    u16(45),
    u16(45),
    u32(0),
    u32(0),
    u64(n),
    u64(n),
    u64(central.length),
    u64(at),
  ];
  const locator = [u32(0x07064b50), u32(0), u64(at + central.length), u32(1)];
  const place = wide ? [u32(0xffffffff), u32(0xffffffff)] : [u32(central.length), u32(at)];
  const end = [
    u32(0x06054b50),
    u16(0),
    u16(0),
    u16(wide ? 0xffff : n),
    u16(wide ? 0xffff : n),
    ...place,
    u16(0),
  ];
  return Buffer.concat([...files, central, ...(wide ? [...end64, ...locator] : []), ...end]);
}

/** Pickle instructions as bytes. */
export const op = {
  proto: Buffer.from([0x80, 2]),
  stop: Buffer.from('.'),
  text: (text: string) => Buffer.concat([Buffer.from('X'), u32(Buffer.byteLength(text)), Buffer.from(text)]),
  global: (module: string, name: string) => Buffer.from(`c${module}\n${name}\n`),
  /** LONG1 of 8 bytes. */
  whole: (value: number | bigint) =>
    Buffer.concat([Buffer.from([0x8a, 8]), u64(BigInt.asUintN(64, BigInt(value)))]),
  tuple: (...items: readonly Uint8Array[]) => Buffer.concat([Buffer.from('('), ...items, Buffer.from('t')]),
  dict: (...items: readonly Uint8Array[]) => Buffer.concat([Buffer.from('}('), ...items, Buffer.from('u')]),
};

export interface RawTensor {
  readonly name: string;
  readonly storage?: string;
  readonly key?: string;
  readonly numel: number | bigint;
  readonly offset?: number | bigint;
  readonly shape: readonly (number | bigint)[];
  readonly strides: readonly (number | bigint)[];
}

/** The pickle of a dict of tensors, which may say anything. */
export function pickleOf(tensors: readonly RawTensor[]): Buffer {
  const entries = tensors.map(
    ({ name, storage = 'FloatStorage', key = '0', numel, offset = 0, shape, strides }) => {
      const id = op.tuple(
        op.text('storage'),
        op.global('torch', storage),
        op.text(key),
        op.text('cpu'),
        op.whole(numel),
      );
      const sizes = op.tuple(...shape.map(op.whole));
      const steps = op.tuple(...strides.map(op.whole));
      const args = [id, Buffer.from('Q'), op.whole(offset), sizes, steps, Buffer.from([0x89, 0x4e])];
      const rebuilt = [op.global('torch._utils', '_rebuild_tensor_v2'), op.tuple(...args), Buffer.from('R')];
      return Buffer.concat([op.text(name), ...rebuilt]);
    },
  );
  return Buffer.concat([op.proto, op.dict(...entries), op.stop]);
}

/** A torch zip checkpoint with one storage "0" of float32 values. */
export function torchZipOf(pickle: Uint8Array, values: readonly number[] = [], padding = 0): Buffer {
  const data = new Uint8Array(new Float32Array(values).buffer);
  return zipOf([
    { name: 'archive/data.pkl', data: pickle },
    { name: 'archive/data/0', data, padding },
  ]);
}
