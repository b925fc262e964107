/** Gradients of what only moves elements: they are moved back. */
import type { Family } from './rule.ts';

/** By op. */
export const movementRules: Family<
  'constant' | 'reshape' | 'transpose' | 'slice' | 'concat' | 'place' | 'expand' | 'upsample' | 'averagePool'
> = {
  constant: () => [],
  reshape: (b, { inputs: [x] }, g) => [() => b.reshape(g, x!.shape)],
  transpose: (b, { attributes: { order } }, g) => [
    () => {
      const back = order.map((_, axis) => order.indexOf(axis));
      return b.transpose(g, back);
    },
  ],
  slice: (b, { inputs: [x], attributes: { axis, from } }, g) => [
    () => b.op('place', [g], { axis, from, size: x!.shape[axis]! }),
  ],
  concat: (b, { inputs, attributes: { axis } }, g) => {
    let end = 0;
    return inputs.map((x) => {
      const from = end;
      const to = (end += x.shape[axis]!);
      return () => b.slice(g, axis, from, to);
    });
  },
  place: (b, { inputs: [x], attributes: { axis, from } }, g) => [
    () => b.slice(g, axis, from, from + x!.shape[axis]!),
  ],
  // vjp.ts sums over the repeated axes
  expand: (_, __, g) => [() => g],
  upsample: (b, { attributes: { factor } }, g) => [
    () => b.mul(b.averagePool(g, factor), b.scalar(factor * factor)),
  ],
  averagePool: (b, { attributes: { factor } }, g) => [
    () => b.mul(b.upsample(g, factor), b.scalar(1 / (factor * factor))),
  ],
};
