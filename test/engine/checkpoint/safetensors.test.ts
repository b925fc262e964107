/**
 * safetensors: what is written reads back exactly, and headers that lie are named.
 * Read next: torch.test.ts.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openCheckpoint } from '../../../src/engine/checkpoint/open.ts';
import { writeSafetensors } from '../../../src/engine/checkpoint/safetensors-write.ts';
import { expectUserError, fileOf, safetensorsOf, temporaryFolder, u64 } from './helpers.ts';

const folder = temporaryFolder();

const tensor = fc
  .record({
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
    type: fc.constantFrom('float32' as const, 'float16' as const),
  })
  .chain(({ shape, type }) => {
    const count = shape.reduce((product, size) => product * size, 1);
    const values = fc.float32Array({ minLength: count, maxLength: count });
    return values.map((data) => ({ shape, type, data }));
  });

test('what is written reads back, in order, with its metadata', () => {
  const names = fc.string({ unit: 'binary', maxLength: 12 }).filter((name) => name !== '__metadata__');
  const named = fc.tuple(names, tensor).map(([name, rest]) => ({ name, ...rest }));
  const list = fc.uniqueArray(named, { minLength: 1, maxLength: 5, selector: ({ name }) => name });
  const metadata = fc.uniqueArray(fc.tuple(names, fc.string()), { maxLength: 3, selector: ([key]) => key });
  const path = join(folder, 'round.safetensors');
  fc.assert(
    fc.property(list, metadata, (tensors, notes) => {
      writeSafetensors(path, tensors, notes);
      using store = openCheckpoint(path);
      expect([...store.tensors.values()]).toEqual(
        tensors.map(({ name, shape, type }) => ({ name, shape, type })),
      );
      expect([...store.metadata]).toEqual(notes);
      expect(readFileSync(path).readUInt32LE(0) % 8).toBe(0);
      for (const { name, type, data } of tensors) {
        const stored = type === 'float16' ? Float32Array.from(new Float16Array(data)) : data;
        expect(store.read(name)).toEqual(new Float32Array(stored));
      }
    }),
    { numRuns: 150 },
  );
  expect(readdirSync(folder)).toEqual(['round.safetensors']);
});

test('the writer asks for each tensor once, in turn, and leaves nothing behind when one fails', () => {
  const asked: string[] = [];
  const lazy = (name: string, data: Float32Array) => ({
    name,
    shape: [2],
    type: 'float32' as const,
    get data(): Float32Array {
      asked.push(name);
      return data;
    },
  });
  const path = join(folder, 'lazy.safetensors');
  writeSafetensors(path, [lazy('b', Float32Array.of(1, 2)), lazy('a', Float32Array.of(3, 4))]);
  expect(asked).toEqual(['b', 'a']);
  const before = readFileSync(path);

  const short = [lazy('b', Float32Array.of(1, 2)), lazy('a', Float32Array.of(3))];
  expect(() => writeSafetensors(path, short)).toThrow(/^internal:/);
  expect(() =>
    writeSafetensors(path, [lazy('b', new Float32Array(2)), lazy('b', new Float32Array(2))]),
  ).toThrow(/^internal:/);
  expect(readFileSync(path).equals(before)).toBe(true);
  expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  const lost = join(folder, 'no-such-folder', 'x.safetensors');
  expectUserError(() => writeSafetensors(lost, []), 'output.unwritable', /ENOENT/, 'x.safetensors');
});

const f32 = (shape: unknown, begin: unknown, end: unknown): object => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});
const eight = new Uint8Array(8);

test.each<readonly [string, Buffer, RegExp]>([
  [
    'a header of 2^60 bytes',
    Buffer.concat([u64(2n ** 60n), Buffer.from('{}')]),
    /header of 1152921504606846976 bytes/,
  ],
  ['a header longer than the file', Buffer.concat([u64(100), Buffer.from('{}')]), /header of 100 bytes/],
  ['a header that is no JSON', safetensorsOf('{"a": nope}'), /not JSON/],
  ['a header cut off in a string', safetensorsOf('{"a'), /never ends/],
  ['a header that goes on', safetensorsOf('{} {}'), /goes on/],
  ['a header nested deeply', safetensorsOf(`{"a":${'['.repeat(100_000)}`), /nested too deeply/],
  ['a header that is not UTF-8', safetensorsOf('{"a').fill(0xff, 9), /not UTF-8/],
  ['no tensors', safetensorsOf({}), /no tensors/],
  ['2^50 elements', safetensorsOf({ a: f32([2 ** 50], 0, 2 ** 52) }), /impossible shape/],
  ['a product beyond 2^53', safetensorsOf({ a: f32([2 ** 40, 2 ** 40, 0], 0, 0) }), /impossible shape/],
  [
    'too few bytes for the shape',
    safetensorsOf({ a: f32([3], 0, 8) }, eight),
    /8 bytes where its shape needs 12/,
  ],
  ['a negative size', safetensorsOf({ a: f32([-1, -2], 0, 8) }, eight), /impossible shape/],
  ['a fractional size', safetensorsOf({ a: f32([0.5, 4], 0, 8) }, eight), /impossible shape/],
  ['a shape that is no list', safetensorsOf({ a: f32('2', 0, 8) }, eight), /impossible shape/],
  ['a negative offset', safetensorsOf({ a: f32([2], -8, 0) }, eight), /impossible offsets/],
  ['offsets the wrong way round', safetensorsOf({ a: f32([0], 8, 4) }, eight), /impossible offsets/],
  [
    'three offsets',
    safetensorsOf({ a: { ...f32([2], 0, 8), data_offsets: [0, 8, 8] } }, eight),
    /impossible offsets/,
  ],
  ['an end outside the file', safetensorsOf({ a: f32([3], 0, 12) }, eight), /"a" lies outside/],
  ['overlap', safetensorsOf({ a: f32([2], 0, 8), b: f32([1], 4, 8) }, eight), /"b" overlaps/],
  ['a gap', safetensorsOf({ a: f32([1], 4, 8) }, eight), /"a" follows a gap/],
  ['bytes of no tensor', safetensorsOf({ a: f32([1], 0, 4) }, eight), /4 bytes at its end/],
  ['a type not read here', safetensorsOf({ a: { ...f32([8], 0, 8), dtype: 'F8_E4M3' } }, eight), /"F8_E4M3"/],
  [
    'a type named like a method',
    safetensorsOf({ a: { ...f32([8], 0, 8), dtype: 'toString' } }, eight),
    /"toString"/,
  ],
  ['a tensor that is no object', safetensorsOf({ a: 1 }, eight), /not described by an object/],
  ['metadata that is no text', safetensorsOf({ __metadata__: { a: 1 } }, eight), /metadata "a" is not text/],
  [
    'a name given twice',
    safetensorsOf(`{"a":${JSON.stringify(f32([1], 0, 4))},"a":${JSON.stringify(f32([1], 4, 8))}}`, eight),
    /names "a" twice/,
  ],
])('%s is damage', (_, bytes, sentence) => {
  const path = fileOf(folder, 'bad.safetensors', bytes);
  expectUserError(() => openCheckpoint(path), 'checkpoint.unreadable', sentence, 'bad.safetensors');
});

test("order is the file's, names are only names, and a header of 0x0280 bytes is not taken for a pickle", () => {
  const header =
    `{"10":${JSON.stringify(f32([1], 4, 8))},"__proto__":${JSON.stringify(f32([], 0, 4))}}`.padEnd(640);
  const data = new Uint8Array(Float32Array.of(1.5, 2.5).buffer);
  using store = openCheckpoint(fileOf(folder, 'order.safetensors', safetensorsOf(header, data)));
  expect([...store.tensors.keys()]).toEqual(['10', '__proto__']);
  expect(store.read('__proto__')).toEqual(Float32Array.of(1.5));
  expect(store.read('10')).toEqual(Float32Array.of(2.5));
});

test('an int64 beyond 2^53 is not read as a whole number', () => {
  const header = { a: { dtype: 'I64', shape: [1], data_offsets: [0, 8] } };
  using store = openCheckpoint(fileOf(folder, 'big.safetensors', safetensorsOf(header, u64(2n ** 60n))));
  expect(store.read('a')).toEqual(Float32Array.of(2 ** 60));
  expectUserError(() => store.readIntegers('a'), 'checkpoint.unreadable', /beyond 2\^53/, 'big.safetensors');
});
