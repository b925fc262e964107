/** Gradients of sums, means and softmax: the cotangent is spread over what was reduced. */
import type { GraphBuilder } from '../../graph/build.ts';
import type { Value } from '../../graph/ir.ts';
import { sizeOf } from '../../graph/shape.ts';
import { zeros } from './elementwise.ts';
import type { Family } from './rule.ts';

/** By op. */
export const reductionRules: Family<'sum' | 'mean' | 'groupMean' | 'groupMeanSquare' | 'softmax'> = {
  sum: (b, { inputs: [x] }, g) => [() => b.expand(g, x!.shape)],
  mean: (b, { inputs: [x], output }, g) => [
    () => b.expand(b.mul(g, b.scalar(sizeOf(output.shape) / sizeOf(x!.shape))), x!.shape),
  ],
  // both are one affine pass over x, so that accumulate.ts can make one of the two
  groupMean: (b, { inputs: [x], output }, g) => [
    () => {
      const shift = perChannel(b, x!, b.mul(g, b.scalar(sizeOf(output.shape) / sizeOf(x!.shape))));
      return b.affine(x!, zeros(b, shift), shift);
    },
  ],
  groupMeanSquare: (b, { inputs: [x], output }, g) => [
    () => {
      const gain = perChannel(b, x!, b.mul(g, b.scalar((2 * sizeOf(output.shape)) / sizeOf(x!.shape))));
      return b.affine(x!, gain, zeros(b, gain));
    },
  ],
  softmax: (b, { output }, g) => [
    () => {
      const along = [output.shape.length - 1];
      return b.mul(output, b.sub(g, b.sum(b.mul(g, output), along)));
    },
  ],
};

/** [N,G,1] repeated for each channel of its group: [N,C,1,1]. */
function perChannel(b: GraphBuilder, x: Value, v: Value): Value {
  const [n = 1, c = 1] = x.shape;
  const [, groups = 1] = v.shape;
  return b.reshape(b.expand(v, [n, groups, c / groups]), [n, c, 1, 1]);
}
