/**
 * What each op means, written as plainly as possible in float64: the judge of every lowering. Slow on purpose; for
 * tensors of a few hundred elements.
 */
import type { OpAttributes, OpName } from '../../src/engine/graph/attributes.ts';
import type { Graph, Node, NodeOf, Value } from '../../src/engine/graph/ir.ts';
import { sizeOf } from '../../src/engine/graph/shape.ts';
import type { Shape } from '../../src/engine/graph/shape.ts';

export type Data = Readonly<Record<string, ArrayLike<number>>>;
/** An element of a tensor by its index. */
type Read = (index: readonly number[]) => number;
type Element<A> = (
  inputs: readonly Read[],
  node: { readonly inputs: readonly Value[]; readonly attributes: A; readonly output: Value },
  index: readonly number[],
) => number;

/** Evaluates a graph; inputs and parameters by name. */
export function evaluate(graph: Graph, data: Data): Record<string, Float64Array> {
  const values = new Map<Value, Float64Array>();
  for (const { name, value } of [...graph.inputs, ...graph.parameters])
    values.set(value, Float64Array.from(data[name]!));
  for (const node of graph.nodes) values.set(node.output, evaluateNode(node, values));
  return Object.fromEntries(graph.outputs.map(({ name, value }) => [name, values.get(value)!]));
}

function evaluateNode<K extends OpName>(
  node: NodeOf<K> & Node,
  values: ReadonlyMap<Value, Float64Array>,
): Float64Array {
  const reads = node.inputs.map((value): Read => {
    const data = values.get(value)!;
    return (index) => data[offset(index, value.shape)]!;
  });
  const element = elements[node.op] as Element<OpAttributes[K]>;
  return Float64Array.from(indices(node.output.shape), (index) => element(reads, node, index));
}

const unary =
  (f: (x: number) => number): Element<unknown> =>
  ([x], _, index) =>
    f(x!(index));

/** Broadcasting: a missing or single axis is read at 0. */
const binary =
  (f: (a: number, b: number) => number): Element<unknown> =>
  ([a, b], { inputs }, index) => {
    const at = (shape: Shape): number[] =>
      shape.map((d, i) => (d === 1 ? 0 : index[i + index.length - shape.length]!));
    return f(a!(at(inputs[0]!.shape)), b!(at(inputs[1]!.shape)));
  };

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const total = (values: readonly number[]): number => values.reduce((s, v) => s + v, 0);

const group =
  (f: (x: number) => number): Element<OpAttributes['groupMean']> =>
  ([x], { inputs, attributes: { groups } }, [n, g]) => {
    const [, c = 1, h = 1, w = 1] = inputs[0]!.shape;
    const each = c / groups;
    return (
      total(indices([each, h, w]).map(([i, y, z]) => f(x!([n!, g! * each + i!, y!, z!])))) / (each * h * w)
    );
  };

const elements: { readonly [K in OpName]: Element<OpAttributes[K]> } = {
  constant: (_, { attributes: { shape, data } }, index) => data[offset(index, shape)]!,
  detach: unary((x) => x),
  neg: unary((x) => -x),
  exp: unary(Math.exp),
  log: unary(Math.log),
  sqrt: unary(Math.sqrt),
  sin: unary(Math.sin),
  cos: unary(Math.cos),
  sigmoid: unary(sigmoid),
  silu: unary((x) => x * sigmoid(x)),
  clip: ([x], { attributes: { min, max } }, index) => Math.min(max, Math.max(min, x!(index))),
  inside: ([x], { attributes: { min, max } }, index) => Number(x!(index) >= min && x!(index) <= max),
  add: binary((a, b) => a + b),
  sub: binary((a, b) => a - b),
  mul: binary((a, b) => a * b),
  div: binary((a, b) => a / b),
  affine: ([x, a, b], _, index) =>
    x!(index) * a!([index[0]!, index[1]!, 0, 0]) + b!([index[0]!, index[1]!, 0, 0]),
  sum: ([x], { inputs, attributes: { axes } }, index) => total(along(inputs[0]!.shape, axes, index).map(x!)),
  mean: ([x], { inputs, attributes: { axes } }, index) => {
    const all = along(inputs[0]!.shape, axes, index);
    return total(all.map(x!)) / all.length;
  },
  groupMean: group((x) => x),
  groupMeanSquare: group((x) => x * x),
  softmax: ([x], { inputs: [value] }, index) => {
    const row = along(value!.shape, [value!.shape.length - 1], index).map(x!);
    const most = Math.max(...row);
    return Math.exp(x!(index) - most) / total(row.map((v) => Math.exp(v - most)));
  },
  reshape: ([x], { inputs: [value], output }, index) =>
    x!(unravel(offset(index, output.shape), value!.shape)),
  transpose: ([x], { attributes: { order } }, index) => {
    const source: number[] = [];
    order.forEach((axis, i) => (source[axis] = index[i]!));
    return x!(source);
  },
  slice: ([x], { attributes: { axis, from } }, index) => x!(index.map((d, i) => (i === axis ? d + from : d))),
  concat: (reads, { inputs, attributes: { axis } }, index) => {
    let at = index[axis]!;
    const which = inputs.findIndex(({ shape }) => at < shape[axis]! || ((at -= shape[axis]!), false));
    return reads[which]!(index.map((d, i) => (i === axis ? at : d)));
  },
  place: ([x], { inputs: [value], attributes: { axis, from } }, index) => {
    const at = index[axis]! - from;
    return at < 0 || at >= value!.shape[axis]! ? 0 : x!(index.map((d, i) => (i === axis ? at : d)));
  },
  expand: ([x], { inputs: [value], output }, index) => {
    const extra = output.shape.length - value!.shape.length;
    return x!(value!.shape.map((d, i) => (d === 1 ? 0 : index[i + extra]!)));
  },
  upsample: ([x], { attributes: { factor: f } }, [n, c, y, z]) =>
    x!([n!, c!, Math.floor(y! / f), Math.floor(z! / f)]),
  averagePool: ([x], { attributes: { factor: f } }, [n, c, y, z]) =>
    total(indices([f, f]).map(([i, j]) => x!([n!, c!, y! * f + i!, z! * f + j!]))) / (f * f),
  matmul: ([a, b], { inputs, attributes: { transposeA, transposeB } }, index) => {
    const lead = index.slice(0, -2);
    const [row, column] = [index.at(-2)!, index.at(-1)!];
    const inner = inputs[0]!.shape.at(transposeA ? -2 : -1)!;
    return total(
      Array.from({ length: inner }, (_, k) => {
        const left = transposeA ? [k, row] : [row, k];
        const right = transposeB ? [column, k] : [k, column];
        return a!([...lead, ...left]) * b!([...lead, ...right]);
      }),
    );
  },
  conv: ([x, weight, bias], { inputs, attributes: { stride, pads } }, [n, o, y, z]) => {
    const [, c = 1, kh = 1, kw = 1] = inputs[1]!.shape;
    const products = indices([c, kh, kw]).map(
      ([i, p, q]) =>
        readImage(x!, inputs[0]!.shape, n!, i!, y! * stride - pads[0] + p!, z! * stride - pads[1] + q!) *
        weight!([o!, i!, p!, q!]),
    );
    return total(products) + (bias ? bias([o!]) : 0);
  },
  // every product of the convolution that holds the element asked for
  convInputGradient: ([g, weight], { inputs, attributes: { stride, pads } }, [n, c, y, z]) => {
    const [o = 1, , kh = 1, kw = 1] = inputs[1]!.shape;
    return total(
      indices([o, kh, kw]).map(([oc, p, q]) => {
        const [gy, gz] = [(y! + pads[0] - p!) / stride, (z! + pads[1] - q!) / stride];
        const hit = Number.isInteger(gy) && Number.isInteger(gz);
        return hit ? readImage(g!, inputs[0]!.shape, n!, oc!, gy, gz) * weight!([oc!, c!, p!, q!]) : 0;
      }),
    );
  },
  convWeightGradient: ([x, g], { inputs, attributes: { stride, pads } }, [o, c, p, q]) => {
    const [n = 1, , h = 1, w = 1] = inputs[1]!.shape;
    return total(
      indices([n, h, w]).map(
        ([i, y, z]) =>
          g!([i!, o!, y!, z!]) *
          readImage(x!, inputs[0]!.shape, i!, c!, y! * stride - pads[0] + p!, z! * stride - pads[1] + q!),
      ),
    );
  },
};

/** Zero outside the image. */
function readImage(x: Read, [, , h = 1, w = 1]: Shape, n: number, c: number, y: number, z: number): number {
  return y < 0 || z < 0 || y >= h || z >= w ? 0 : x([n, c, y, z]);
}

function along(shape: Shape, axes: readonly number[], index: readonly number[]): readonly number[][] {
  const free = shape.map((d, i) => (axes.includes(i) ? d : 1));
  return indices(free).map((offsetIndex) => offsetIndex.map((d, i) => (axes.includes(i) ? d : index[i]!)));
}

function offset(index: readonly number[], shape: Shape): number {
  return shape.reduce((at, d, i) => at * d + index[i]!, 0);
}

function unravel(at: number, shape: Shape): number[] {
  return shape.toReversed().reduce<number[]>((index, d) => {
    index.unshift(at % d);
    at = Math.floor(at / d);
    return index;
  }, []);
}

const known = new Map<string, readonly (readonly number[])[]>();

function indices(shape: Shape): readonly (readonly number[])[] {
  const key = shape.join();
  const all = known.get(key) ?? Array.from({ length: sizeOf(shape) }, (_, i) => unravel(i, shape));
  known.set(key, all);
  return all;
}
