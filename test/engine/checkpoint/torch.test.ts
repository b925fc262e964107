/**
 * Checkpoints made by PyTorch (test/fixtures/checkpoint/make.py) against the values PyTorch sees in them.
 * Read next: zip.test.ts and pickle.test.ts for files PyTorch would not write.
 */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openCheckpoint } from '../../../src/engine/checkpoint/open.ts';
import {
  FIXTURES,
  expectUserError,
  fileOf,
  fixture,
  op,
  pickleOf,
  readAll,
  temporaryFolder,
  torchZipOf,
  u64,
  zipOf,
} from './helpers.ts';

interface Expected {
  readonly tensors: Readonly<Record<string, { readonly shape: number[]; readonly values: number[] }>>;
  readonly metadata?: Readonly<Record<string, string>>;
}

const expected = JSON.parse(fixture('expected.json').toString()) as Readonly<Record<string, Expected>>;
const folder = temporaryFolder();

/** The magic number, protocol 1001, and an empty description of the system, each a pickle. */
const LEGACY_START = [
  Buffer.from('80028a0a6cfc9c46f9206aa850192e', 'hex'),
  Buffer.from('80024de9032e', 'hex'),
  Buffer.from([0x80, 2, 0x7d, 0x2e]),
];

test.each(Object.entries(expected))('%s reads as PyTorch reads it', (file, { tensors, metadata = {} }) => {
  using store = openCheckpoint(join(FIXTURES, file));
  expect([...store.tensors.keys()].toSorted()).toEqual(Object.keys(tensors).toSorted());
  expect(Object.fromEntries(store.metadata)).toEqual(metadata);
  for (const [name, { shape, values }] of Object.entries(tensors)) {
    expect(store.tensors.get(name)?.shape, name).toEqual(shape);
    expect(Array.from(store.read(name)), name).toEqual(values.map(Math.fround));
    if (/^(u?int|bool)/.test(name)) expect(store.readIntegers(name), name).toEqual(values);
  }
});

test('types are reported as stored', () => {
  using store = openCheckpoint(join(FIXTURES, 'types.pt'));
  const types = [...store.tensors.values()].slice(0, 10).map(({ name, type }) => [name, type]);
  expect(types).toEqual(types.map(([name]) => [name, name]));
  expect(types).toHaveLength(10);
});

test.each([
  ['namespace.pt', /"argparse\.Namespace"/],
  ['namespace.legacy.pt', /"argparse\.Namespace"/],
  ['whole-model.pt', /"torch\.nn\.modules\.linear\.Linear"/],
])('%s is refused by name', (file, name) => {
  expectUserError(() => openCheckpoint(join(FIXTURES, file)), 'checkpoint.refused', name, file);
});

test.each([
  ['list.pt', /other than a state dict/],
  ['no-weights.pt', /"loss", "net"/],
])('%s has no state dict', (file, sentence) => {
  expectUserError(() => openCheckpoint(join(FIXTURES, file)), 'checkpoint.unreadable', sentence, file);
});

const sound = { name: 'w', numel: 4, shape: [2, 2], strides: [2, 1] };

test('a handmade checkpoint reads, also with big-endian numbers', () => {
  const values = Float32Array.of(1, 2, 3, -4.5);
  const little = fileOf(folder, 'little.pt', torchZipOf(pickleOf([sound]), [...values], 37));
  using store = openCheckpoint(little);
  expect(store.read('w')).toEqual(values);
  const target = new Float32Array(6);
  store.readInto('w', target, 1);
  expect(target).toEqual(Float32Array.of(0, 1, 2, 3, -4.5, 0));
  expect(() => store.readInto('w', target, 3)).toThrow(/^internal:/);

  const data = Buffer.from(values.buffer.slice(0)).swap32();
  const parts = { 'a/data.pkl': pickleOf([sound]), 'a/data/0': data, 'a/byteorder': Buffer.from('big') };
  const zip = zipOf(Object.entries(parts).map(([name, data]) => ({ name, data })));
  using swapped = openCheckpoint(fileOf(folder, 'big.pt', zip));
  expect(swapped.read('w')).toEqual(values);
});

test.each([
  ['a storage of another size', { ...sound, numel: 5 }, /instead of 20/],
  ['a storage that is not there', { ...sound, key: '../0' }, /lacks its storage/],
  ['a view past its storage', { ...sound, offset: 1 }, /reaches beyond/],
  ['strides past its storage', { ...sound, strides: [3, 1] }, /reaches beyond/],
  ['strides beyond all numbers', { ...sound, strides: [2n ** 62n, 1] }, /described wrongly/],
  ['2^50 elements', { ...sound, shape: [2 ** 50], strides: [1] }, /impossible shape/],
  ['2^50 elements by stride 0', { ...sound, shape: [2 ** 50, 1], strides: [0, 0] }, /impossible shape/],
  ['2^29 elements by stride 0', { ...sound, shape: [2 ** 29], strides: [0] }, /reaches beyond/],
  [
    'a product beyond 2^53',
    { ...sound, shape: [2 ** 30, 2 ** 30, 0], strides: [0, 0, 0] },
    /impossible shape/,
  ],
  ['a negative size', { ...sound, shape: [-2, -2] }, /described wrongly/],
  ['a negative stride', { ...sound, strides: [-2, 1] }, /described wrongly/],
  ['a negative offset', { ...sound, offset: -1 }, /described wrongly/],
  ['a negative count', { ...sound, numel: -4 }, /described wrongly/],
  ['fewer strides than sizes', { ...sound, strides: [1] }, /described wrongly/],
  ['65 dimensions', { ...sound, shape: Array(65).fill(1), strides: Array(65).fill(1) }, /described wrongly/],
])('%s is damage', (_, tensor, sentence) => {
  const path = fileOf(folder, 'damaged.pt', torchZipOf(pickleOf([tensor]), [1, 2, 3, 4]));
  expectUserError(() => openCheckpoint(path), 'checkpoint.unreadable', sentence, 'damaged.pt');
});

test('many broadcast views cannot add up to endless reading', () => {
  const views = Array.from({ length: 40 }, (_, i) => ({
    ...sound,
    name: `w${i}`,
    shape: [2 ** 20],
    strides: [0],
  }));
  const path = fileOf(folder, 'many.pt', torchZipOf(pickleOf(views), [1, 2, 3, 4]));
  expectUserError(() => openCheckpoint(path), 'checkpoint.unreadable', /many times/, 'many.pt');
});

test('two tensors of one name are damage', () => {
  const path = fileOf(folder, 'twice.pt', torchZipOf(pickleOf([sound, sound]), [1, 2, 3, 4]));
  expectUserError(() => openCheckpoint(path), 'checkpoint.unreadable', /name "w" twice/, 'twice.pt');
});

test('"module." goes only where every name has it', () => {
  const named = (...names: string[]): string[] => {
    const pickle = pickleOf(names.map((name) => ({ ...sound, name })));
    using store = openCheckpoint(fileOf(folder, 'module.pt', torchZipOf(pickle, [1, 2, 3, 4])));
    return [...store.tensors.keys()];
  };
  expect(named('module.a', 'module.b')).toEqual(['a', 'b']);
  expect(named('module.a', 'b')).toEqual(['module.a', 'b']);
});

test('names that mean something to JavaScript are only names', () => {
  const names = ['__proto__', 'constructor', 'toString', '1', '0'];
  const pickle = pickleOf(names.map((name) => ({ ...sound, name })));
  using store = openCheckpoint(fileOf(folder, 'proto.pt', torchZipOf(pickle, [1, 2, 3, 4])));
  expect([...store.tensors.keys()]).toEqual(names);
  expect(store.read('__proto__')).toHaveLength(4);
  expect(Object.keys(Object.prototype)).toEqual([]);
});

test('a handmade legacy file reads, and one whose counts or storages disagree is damage', () => {
  const values = Float32Array.of(1, 2, 3, -4.5);
  const legacy = (count: bigint, ...keys: string[]): string => {
    const names = keys.map((key) => Buffer.concat([op.text(key), Buffer.from('a')]));
    const list = Buffer.concat([op.proto, Buffer.from(']'), ...names, op.stop]);
    const numbers = [u64(BigInt.asUintN(64, count)), new Uint8Array(values.buffer)];
    return fileOf(folder, 'old.pt', ...LEGACY_START, pickleOf([sound]), list, ...numbers);
  };
  expect(readAll(legacy(4n, '0')).get('w')).toEqual(values);
  const damaged = (path: string, sentence: RegExp): void =>
    expectUserError(() => openCheckpoint(path), 'checkpoint.unreadable', sentence, 'old.pt');
  for (const count of [5n, -1n, 2n ** 60n]) damaged(legacy(count, '0'), /numbers instead of 4/);
  damaged(legacy(4n), /lacks its storage "0"/);
  damaged(legacy(4n, '1'), /list of storages is wrong/);
  damaged(legacy(4n, '0', '0'), /list of storages is wrong/);
});

test('a pickle of something else, and a hostile one that only claims to be legacy', () => {
  const plain = fileOf(folder, 'plain.pkl', op.proto, op.text('hello'), op.stop);
  expectUserError(
    () => openCheckpoint(plain),
    'checkpoint.unreadable',
    /not a PyTorch checkpoint/,
    'plain.pkl',
  );
  const hostile = fileOf(folder, 'hostile.pkl', op.proto, op.global('builtins', 'eval'), op.stop);
  expectUserError(() => openCheckpoint(hostile), 'checkpoint.refused', /"builtins\.eval"/, 'hostile.pkl');
});
