/**
 * Each op in row-major order: standard ONNX everywhere, com.microsoft's fused kernels where the dialect is `cpu`.
 * The table is total, so a new op does not compile until it has a row here.
 */
import type { OpName } from '../graph/attributes.ts';
import type { NodeOf } from '../graph/ir.ts';
import { sizeOf } from '../graph/shape.ts';
import type { Shape } from '../graph/shape.ts';
import { convInputGradient, convWeightGradient, windowOf } from './conv-gradients.ts';
import type { Emitter, PlainLowering } from './emit.ts';
import type { OnnxAttribute } from './model.ts';

/** ONNX's number for float32. */
const FLOAT = 1;

type ElementwiseName =
  'neg' | 'exp' | 'log' | 'sqrt' | 'sin' | 'cos' | 'sigmoid' | 'add' | 'sub' | 'mul' | 'div';

const elementwise =
  (op: string) =>
  (e: Emitter, node: NodeOf<ElementwiseName>): string =>
    e.node(
      op,
      node.inputs.map((v) => e.plain(v)),
    );

const reduction =
  (op: string) =>
  (e: Emitter, { inputs: [x], attributes }: NodeOf<'sum' | 'mean'>): string =>
    e.node(op, [e.plain(x!), e.integers(attributes.axes)]);

/** How each op is written; every row returns the name of its output. */
export const plainLowerings: { readonly [K in OpName]: PlainLowering<K> } = {
  constant: (e, { attributes: { shape, data } }) => e.floats(shape, data),
  // no node: what reads the output reads the input
  detach: (e, { inputs: [x] }) => e.plain(x!),
  neg: elementwise('Neg'),
  exp: elementwise('Exp'),
  log: elementwise('Log'),
  sqrt: elementwise('Sqrt'),
  sin: elementwise('Sin'),
  cos: elementwise('Cos'),
  sigmoid: elementwise('Sigmoid'),
  silu: (e, { inputs: [x] }) => silu(e, e.plain(x!)),
  clip: (e, { inputs: [x], attributes: { min, max } }) =>
    e.node('Clip', [e.plain(x!), e.scalar(min), e.scalar(max)]),
  inside: (e, { inputs: [x], attributes: { min, max } }) => {
    const above = e.node('GreaterOrEqual', [e.plain(x!), e.scalar(min)]);
    const below = e.node('LessOrEqual', [e.plain(x!), e.scalar(max)]);
    return e.node('Cast', [e.node('And', [above, below])], { to: { int: FLOAT } });
  },
  add: elementwise('Add'),
  sub: elementwise('Sub'),
  mul: elementwise('Mul'),
  div: elementwise('Div'),
  affine: (e, { inputs: [x, a, b] }) =>
    e.node('Add', [e.node('Mul', [e.plain(x!), e.plain(a!)]), e.plain(b!)]),
  sum: reduction('ReduceSum'),
  mean: reduction('ReduceMean'),
  groupMean: (e, { inputs: [x], attributes: { groups } }) => groupMean(e, e.plain(x!), x!.shape, groups),
  groupMeanSquare: (e, { inputs: [x], attributes: { groups } }) =>
    groupMean(e, square(e, e.plain(x!)), x!.shape, groups),
  softmax: (e, { inputs: [x] }) => e.node('Softmax', [e.plain(x!)], { axis: { int: -1 } }),
  reshape: (e, { inputs: [x], attributes: { shape } }) => e.reshape(e.plain(x!), shape),
  transpose: (e, { inputs: [x], attributes: { order } }) =>
    e.node('Transpose', [e.plain(x!)], { perm: { ints: order } }),
  slice: (e, { inputs: [x], attributes: { axis, from, to } }) =>
    e.node('Slice', [e.plain(x!), e.integers([from]), e.integers([to]), e.integers([axis])]),
  concat: (e, { inputs, attributes: { axis } }) =>
    e.node(
      'Concat',
      inputs.map((v) => e.plain(v)),
      { axis: { int: axis } },
    ),
  place: (e, { inputs: [x], attributes: { axis, from, size } }) => {
    const after = size - from - (x!.shape[axis] ?? 0);
    return e.node('Pad', [e.plain(x!), e.integers([from, after]), '', e.integers([axis])]);
  },
  expand: (e, { inputs: [x], attributes: { shape } }) => e.node('Expand', [e.plain(x!), e.integers(shape)]),
  upsample: (e, { inputs: [x], attributes: { factor } }) =>
    e.node('Resize', [e.plain(x!), '', e.floats([4], Float32Array.of(1, 1, factor, factor))], {
      mode: { text: 'nearest' },
      coordinate_transformation_mode: { text: 'asymmetric' },
      nearest_mode: { text: 'floor' },
    }),
  averagePool: (e, { inputs: [x], attributes: { factor } }) =>
    e.node('AveragePool', [e.plain(x!)], squareWindow(factor)),
  matmul,
  conv: (e, { inputs, attributes }) =>
    e.node(
      'Conv',
      inputs.map((v) => e.plain(v)),
      windowOf(inputs[1]!.shape, attributes),
    ),
  convInputGradient,
  convWeightGradient,
};

/** x * x. */
export function square(e: Emitter, x: string): string {
  return e.node('Mul', [x, x]);
}

/** The mean over each group; right in any order of elements that keeps groups apart. */
export function groupMean(e: Emitter, x: string, shape: Shape, groups: number): string {
  const [n = 1] = shape;
  const rows = e.reshape(x, [n, groups, sizeOf(shape) / (n * groups)]);
  return e.node('ReduceMean', [rows, e.integers([2])]);
}

/** x sigmoid(x), which is QuickGelu with alpha = 1. */
export function silu(e: Emitter, x: string): string {
  if (e.dialect.kind === 'cpu') return e.node('QuickGelu', [x], { alpha: { float: 1 } }, 'com.microsoft');
  return e.node('Mul', [x, e.node('Sigmoid', [x])]);
}

/** The attributes of a pooling over squares that do not overlap. */
export function squareWindow(factor: number): Record<string, OnnxAttribute> {
  return { kernel_shape: { ints: [factor, factor] }, strides: { ints: [factor, factor] } };
}

/**
 * Two axes: Gemm transposes for free everywhere. More: FusedMatMul does on the CPU, elsewhere a Transpose goes before.
 */
function matmul(
  e: Emitter,
  { inputs: [a, b], attributes: { transposeA, transposeB } }: NodeOf<'matmul'>,
): string {
  const rank = a!.shape.length;
  const flags = { transA: { int: Number(transposeA) }, transB: { int: Number(transposeB) } };
  if (rank === 2) return e.node('Gemm', [e.plain(a!), e.plain(b!)], flags);
  if (e.dialect.kind === 'cpu' && (transposeA || transposeB))
    return e.node('FusedMatMul', [e.plain(a!), e.plain(b!)], flags, 'com.microsoft');
  const order = [...Array(rank - 2).keys(), rank - 1, rank - 2];
  const turned = (name: string, turn: boolean): string =>
    turn ? e.node('Transpose', [name], { perm: { ints: order } }) : name;
  return e.node('MatMul', [turned(e.plain(a!), transposeA), turned(e.plain(b!), transposeB)]);
}
