/**
 * Strided reads against plain indexing, for small random views and for one far larger than the scratch memory.
 * Read next: torch.test.ts, where PyTorch itself made the views.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openSource } from '../../../src/engine/checkpoint/source.ts';
import { readStrided, rowMajorStrides, spanOf } from '../../../src/engine/checkpoint/strided.ts';
import { fileOf, temporaryFolder } from './helpers.ts';

const folder = temporaryFolder();

/** Element by element, in row-major order. */
function reference(
  values: Float32Array,
  shape: readonly number[],
  strides: readonly number[],
  first: number,
): number[] {
  const [size, ...rest] = shape;
  if (size === undefined) return [values[first] ?? NaN];
  const [stride = 0, ...others] = strides;
  return Array.from({ length: size }, (_, i) => reference(values, rest, others, first + i * stride)).flat();
}

test('rowMajorStrides', () => {
  expect(rowMajorStrides([2, 3, 4])).toEqual([12, 4, 1]);
  expect(rowMajorStrides([])).toEqual([]);
  expect(spanOf([2, 3], [10, 2])).toBe(15);
});

test('small views of any shape and strides', () => {
  const values = Float32Array.from({ length: 400 }, (_, i) => i + 0.5);
  using source = openSource(fileOf(folder, 'small.bin', new Uint8Array(values.buffer)));
  const axis = fc.record({ size: fc.integer({ min: 0, max: 4 }), stride: fc.integer({ min: 0, max: 25 }) });
  fc.assert(
    fc.property(fc.array(axis, { maxLength: 4 }), fc.nat(50), fc.nat(3), (axes, first, offset) => {
      const shape = axes.map(({ size }) => size);
      const strides = axes.map(({ stride }) => stride);
      const wanted = reference(values, shape, strides, first);
      const target = new Float32Array(offset + wanted.length + 1).fill(-1);
      readStrided(
        source,
        { position: 4 * first, type: 'float32', shape, strides, bigEndian: false },
        target,
        offset,
        '',
      );
      expect(Array.from(target)).toEqual([...Array<number>(offset).fill(-1), ...wanted, -1]);
    }),
    { numRuns: 300 },
  );
});

test.each([
  ['transposed', [1500, 700], [1, 1500]],
  ['every other row', [350, 1500], [3000, 1]],
  ['far apart', [3, 2, 5], [300_000, 1, 20_000]],
  ['overlapping windows', [700, 1400], [1, 700]],
  ['one long slow axis', [5, 200_000], [3, 5]],
  ['contiguous as float64 target', [700, 1500], [1500, 1]],
])('a large view: %s', (_, shape, strides) => {
  const values = Float32Array.from({ length: 1500 * 700 }, (_, i) => (i * 7919) % 100_003);
  using source = openSource(fileOf(folder, 'large.bin', new Uint8Array(values.buffer)));
  const [rows = 0] = shape;
  const target = new Float64Array(shape.reduce((product, size) => product * size, 1));
  readStrided(source, { position: 0, type: 'float32', shape, strides, bigEndian: false }, target, 0, '');
  const rest = shape.slice(1);
  const size = target.length / rows;
  let wrong = 0;
  for (let i = 0; i < rows; i += 1) {
    const wanted = reference(values, rest, strides.slice(1), i * (strides[0] ?? 0));
    for (let j = 0; j < size; j += 1) if (wanted[j] !== target[i * size + j]) wrong += 1;
  }
  expect(wrong).toBe(0);
});
