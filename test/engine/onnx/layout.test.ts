/** Blocked kernels: every element stands where the layout's formula says, and filled-up channels are zero. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { arrange, roundUp } from '../../../src/engine/onnx/layout.ts';

test('OIHWio and OIHWo put element (o, i, y, x) where they say', () => {
  const sizes = fc.record({
    o: fc.integer({ min: 1, max: 21 }),
    blocks: fc.integer({ min: 1, max: 3 }),
    k: fc.constantFrom(1, 3),
    block: fc.constantFrom(4, 8),
  });
  fc.assert(
    fc.property(sizes, ({ o, blocks, k, block: b }) => {
      const i = blocks * b;
      const data = Float32Array.from({ length: o * i * k * k }, (_, n) => n + 1);
      const io = arrange(data, [o, i, k, k], { kind: 'OIHWio', block: b });
      const oOnly = arrange(data, [o, i, k, k], { kind: 'OIHWo', block: b });
      expect(io.length).toBe(roundUp(o, b) * i * k * k);
      for (let oc = 0; oc < o; oc++) {
        for (let ic = 0; ic < i; ic++) {
          for (let tap = 0; tap < k * k; tap++) {
            const value = data[(oc * i + ic) * k * k + tap];
            const ob = Math.floor(oc / b);
            const ib = Math.floor(ic / b);
            expect(io[(((ob * (i / b) + ib) * k * k + tap) * b + (ic % b)) * b + (oc % b)]).toBe(value);
            expect(oOnly[((ob * i + ic) * k * k + tap) * b + (oc % b)]).toBe(value);
          }
        }
      }
      const sum = (a: Float32Array): number => a.reduce((s, v) => s + v, 0);
      expect(sum(io)).toBeCloseTo(sum(data), -1);
    }),
    { numRuns: 20 },
  );
});

test('plain data is passed through, a vector is filled up with zeros', () => {
  const data = Float32Array.of(1, 2, 3);
  expect(arrange(data, [3], { kind: 'plain' })).toBe(data);
  expect([...arrange(data, [3], { kind: 'filled', block: 8 })]).toEqual([1, 2, 3, 0, 0, 0, 0, 0]);
});
