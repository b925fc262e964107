/** Gradients of matrix products and convolutions: products and convolutions again. */
import type { Family } from './rule.ts';

/** By op. */
export const contractionRules: Family<'matmul' | 'conv' | 'convInputGradient' | 'convWeightGradient'> = {
  // c = a' b', where ' is the node's own transposes: da' = g b'T, db' = a'T g, each written into the order a and b lie in
  matmul: (b, { inputs: [x, y], attributes: { transposeA, transposeB } }, g) => [
    () => (transposeA ? b.matmul(y!, g, { a: transposeB, b: true }) : b.matmul(g, y!, { b: !transposeB })),
    () => (transposeB ? b.matmul(g, x!, { a: true, b: transposeA }) : b.matmul(x!, g, { a: !transposeA })),
  ],
  conv: (b, { inputs: [x, weight], attributes: window }, g) => [
    () => b.op('convInputGradient', [g, weight!], { ...window, shape: x!.shape }),
    () => b.op('convWeightGradient', [x!, g], { ...window, shape: weight!.shape }),
    () => b.reshape(b.sum(g, [0, 2, 3]), [g.shape[1]!]),
  ],
  // both are linear in each input, and are adjoints of the convolution
  convInputGradient: (b, { inputs: [x, weight], attributes: { stride, pads } }, g) => [
    () => b.op('conv', [g, weight!], { stride, pads }),
    () => b.op('convWeightGradient', [g, x!], { stride, pads, shape: weight!.shape }),
  ],
  convWeightGradient: (b, { inputs: [x, y], attributes: { stride, pads } }, g) => [
    () => b.op('convInputGradient', [y!, g], { stride, pads, shape: x!.shape }),
    () => b.op('conv', [x!, g], { stride, pads }),
  ],
};
