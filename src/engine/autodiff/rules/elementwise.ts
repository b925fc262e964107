/** Gradients of the elementwise ops: d f(x) = f'(x) g. Where f(x) itself helps, it is used. */
import type { GraphBuilder } from '../../graph/build.ts';
import type { Value } from '../../graph/ir.ts';
import { sizeOf } from '../../graph/shape.ts';
import type { Family } from './rule.ts';

/** By op. Where an input was broadcast, vjp.ts sums its part down. */
export const elementwiseRules: Family<
  | 'detach'
  | 'neg'
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'sin'
  | 'cos'
  | 'sigmoid'
  | 'silu'
  | 'clip'
  | 'inside'
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'affine'
> = {
  detach: () => ['stop'],
  neg: (b, _, g) => [() => b.neg(g)],
  exp: (b, { output }, g) => [() => b.mul(g, output)],
  log: (b, { inputs: [x] }, g) => [() => b.div(g, x!)],
  sqrt: (b, { output }, g) => [() => b.div(g, b.mul(output, b.scalar(2)))],
  sin: (b, { inputs: [x] }, g) => [() => b.mul(g, b.cos(x!))],
  cos: (b, { inputs: [x] }, g) => [() => b.neg(b.mul(g, b.sin(x!)))],
  sigmoid: (b, { output }, g) => [() => b.mul(g, b.mul(output, b.sub(b.scalar(1), output)))],
  silu: (b, { inputs: [x], output }, g) => [
    () => {
      // s (1 + x (1 - s)) = s (1 + x - silu(x))
      const s = b.sigmoid(x!);
      return b.mul(g, b.mul(s, b.sub(b.add(x!, b.scalar(1)), output)));
    },
  ],
  clip: (b, { inputs: [x], attributes }, g) => [() => b.mul(g, b.op('inside', [x!], attributes))],
  inside: () => ['stop'],
  add: (_, __, g) => [() => g, () => g],
  sub: (b, _, g) => [() => g, () => b.neg(g)],
  mul: (b, { inputs: [x, y] }, g) => [() => b.mul(g, y!), () => b.mul(g, x!)],
  div: (b, { inputs: [, y], output }, g) => [() => b.div(g, y!), () => b.neg(b.mul(g, b.div(output, y!)))],
  affine: (b, { inputs: [x, a] }, g) => [
    () => b.affine(g, a!, zeros(b, a!)),
    () => b.sum(b.mul(g, x!), [2, 3]),
    () => b.sum(g, [2, 3]),
  ],
};

/** A constant of zeros in the shape of `like`. */
export function zeros(b: GraphBuilder, like: Value): Value {
  return b.constant(like.shape, new Float32Array(sizeOf(like.shape)));
}
