/**
 * Zip directories: padded local headers, zip64, and the ways a directory can lie.
 * Read next: torch.test.ts.
 */
import { deflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { openCheckpoint } from '../../../src/engine/checkpoint/open.ts';
import { expectUserError, fileOf, pickleOf, readAll, temporaryFolder, u32, zipOf } from './helpers.ts';
import type { ZipPart } from './helpers.ts';

const folder = temporaryFolder();
const values = Float32Array.of(0.5, -1, 2);
const pickle = pickleOf([{ name: 'w', numel: 3, shape: [3], strides: [1] }]);
const numbers: ZipPart = { name: 'x/data/0', data: new Uint8Array(values.buffer), padding: 51 };
const parts: readonly ZipPart[] = [{ name: 'x/data.pkl', data: pickle, padding: 7 }, numbers];

function refuse(bytes: Uint8Array, sentence: RegExp): void {
  const path = fileOf(folder, 'bad.pt', bytes);
  expectUserError(() => openCheckpoint(path), 'checkpoint.unreadable', sentence, 'bad.pt');
}

test('plain and zip64 directories read alike', () => {
  for (const wide of [false, true]) {
    expect(readAll(fileOf(folder, 'good.pt', zipOf(parts, wide))).get('w')).toEqual(values);
  }
});

test('a compressed or encrypted entry is named', () => {
  refuse(
    zipOf([{ name: 'x/data.pkl', data: deflateRawSync(pickle), method: 8 }, numbers]),
    /"x\/data\.pkl" compressed/,
  );
  refuse(zipOf([...parts.slice(0, 1), { ...numbers, method: 8 }]), /"x\/data\/0" compressed/);
  refuse(zipOf([...parts.slice(0, 1), { ...numbers, flags: 1 }]), /encrypted/);
});

test('a repeated entry, two checkpoints in one file, and no checkpoint at all', () => {
  refuse(zipOf([...parts, numbers]), /"x\/data\/0" twice/);
  refuse(zipOf([...parts, { name: 'y/data.pkl', data: pickle }]), /not a PyTorch checkpoint/);
  refuse(zipOf([{ name: 'photo.jpg', data: pickle }]), /not a PyTorch checkpoint/);
  refuse(zipOf([]), /not a PyTorch checkpoint/);
});

test('a directory that points outside the file, or at something else', () => {
  const bytes = zipOf(parts);
  const end = bytes.length - 22;
  const patched = (at: number, value: number): Buffer => {
    const copy = Buffer.from(bytes);
    u32(value).copy(copy, at);
    return copy;
  };
  refuse(patched(end + 16, 0xfffffff0), /outside/);
  refuse(patched(end + 12, 0xfffffff0), /outside/);
  refuse(patched(end + 16, 0), /damaged zip directory/);
  const central = bytes.readUInt32LE(end + 16);
  refuse(patched(central + 42, 0x7fffffff), /outside/); // local header offset
  refuse(patched(central + 42, 1), /damaged at its zip entry/);
  refuse(patched(central + 24, 0x7fffffff), /damaged at its zip entry/); // size, unlike the packed size
  const both = patched(central + 24, 0x7fffffff);
  u32(0x7fffffff).copy(both, central + 20);
  refuse(both, /outside/);
});

test('zip64 fields beyond the file', () => {
  const bytes = zipOf(parts, true);
  const record = bytes.indexOf(u32(0x06064b50));
  for (const at of [record + 40, record + 48]) {
    const copy = Buffer.from(bytes);
    copy.writeBigUInt64LE(2n ** 63n, at);
    refuse(copy, /outside the file/);
  }
});
