/**
 * Every op's signature: how many inputs it takes and how its output's shape follows from theirs. Read attributes.ts for
 * what the ops mean; build.ts and verify.ts use this table.
 */
import type { OpAttributes, OpName } from './attributes.ts';
import type { Value } from './ir.ts';
import { sameShape, showShape, sizeOf } from './shape.ts';
import type { Shape } from './shape.ts';

interface Signature<A> {
  readonly inputs: readonly [least: number, most: number];
  /** Throws a RangeError that says what does not fit; the caller adds the node's name. */
  readonly shape: (inputs: readonly Shape[], attributes: A) => Shape;
}

const unary: Signature<unknown> = { inputs: [1, 1], shape: ([x]) => given(x) };
const binary: Signature<unknown> = { inputs: [2, 2], shape: ([a, b]) => broadcastShapes(given(a), given(b)) };
const reduction: Signature<OpAttributes['sum']> = {
  inputs: [1, 1],
  shape: ([x], { axes }) => {
    const shape = given(x);
    for (const axis of axes) checkAxis(shape, axis);
    return shape.map((d, i) => (axes.includes(i) ? 1 : d));
  },
};

const groupReduction: Signature<OpAttributes['groupMean']> = {
  inputs: [1, 1],
  shape: ([x], { groups }) => {
    const [n, c] = image(x);
    expect(c % groups === 0, `${c} channels do not part into ${groups} groups`);
    return [n, groups, 1];
  },
};

const signatures: { readonly [K in OpName]: Signature<OpAttributes[K]> } = {
  constant: {
    inputs: [0, 0],
    shape: (_, { shape, data }) => {
      expect(data.length === sizeOf(shape), `${data.length} elements do not fill ${showShape(shape)}`);
      return shape;
    },
  },
  detach: unary,
  neg: unary,
  exp: unary,
  log: unary,
  sqrt: unary,
  sin: unary,
  cos: unary,
  sigmoid: unary,
  silu: unary,
  clip: unary,
  inside: unary,
  add: binary,
  sub: binary,
  mul: binary,
  div: binary,
  affine: {
    inputs: [3, 3],
    shape: ([x, a, b]) => {
      const [n, c] = image(x);
      for (const s of [given(a), given(b)])
        expect(
          sameShape(s, [n, c, 1, 1]),
          `wants [${n},${c},1,1] beside ${showShape(given(x))}, not ${showShape(s)}`,
        );
      return given(x);
    },
  },
  sum: reduction,
  mean: reduction,
  groupMean: groupReduction,
  groupMeanSquare: groupReduction,
  softmax: unary,
  reshape: {
    inputs: [1, 1],
    shape: ([x], { shape }) => {
      expect(
        sizeOf(given(x)) === sizeOf(shape),
        `${showShape(given(x))} does not reshape to ${showShape(shape)}`,
      );
      return shape;
    },
  },
  transpose: {
    inputs: [1, 1],
    shape: ([x], { order }) => {
      const shape = given(x);
      const sorted = [...order].sort((a, b) => a - b);
      expect(
        order.length === shape.length && sorted.every((axis, i) => axis === i),
        `[${order.join(',')}] is no order of ${showShape(shape)}`,
      );
      return order.map((axis) => at(shape, axis));
    },
  },
  slice: {
    inputs: [1, 1],
    shape: ([x], { axis, from, to }) => {
      const shape = given(x);
      checkAxis(shape, axis);
      expect(
        from >= 0 && from < to && to <= at(shape, axis),
        `${from}..${to} is outside axis ${axis} of ${showShape(shape)}`,
      );
      return shape.map((d, i) => (i === axis ? to - from : d));
    },
  },
  concat: {
    inputs: [1, 64],
    shape: (inputs, { axis }) => {
      const first = given(inputs[0]);
      checkAxis(first, axis);
      for (const s of inputs) {
        const fits = s.length === first.length && s.every((d, i) => i === axis || d === first[i]);
        expect(fits, `${showShape(s)} does not join ${showShape(first)} along axis ${axis}`);
      }
      const total = inputs.reduce((sum, s) => sum + at(s, axis), 0);
      return first.map((d, i) => (i === axis ? total : d));
    },
  },
  place: {
    inputs: [1, 1],
    shape: ([x], { axis, from, size }) => {
      const shape = given(x);
      const fits = from >= 0 && from + at(shape, axis) <= size;
      expect(fits, `${showShape(shape)} does not fit at ${from} into ${size} along axis ${axis}`);
      return shape.map((d, i) => (i === axis ? size : d));
    },
  },
  expand: {
    inputs: [1, 1],
    shape: ([x], { shape }) => {
      const wide = broadcastShapes(given(x), shape);
      expect(sameShape(wide, shape), `${showShape(given(x))} does not expand to ${showShape(shape)}`);
      return shape;
    },
  },
  upsample: {
    inputs: [1, 1],
    shape: ([x], { factor }) => {
      const [n, c, h, w] = image(x);
      return [n, c, h * factor, w * factor];
    },
  },
  averagePool: {
    inputs: [1, 1],
    shape: ([x], { factor }) => {
      const [n, c, h, w] = image(x);
      expect(h % factor === 0 && w % factor === 0, `${h} x ${w} does not divide by ${factor}`);
      return [n, c, h / factor, w / factor];
    },
  },
  matmul: {
    inputs: [2, 2],
    shape: ([a, b], { transposeA, transposeB }) => {
      const x = lastTwoSwapped(given(a), transposeA);
      const y = lastTwoSwapped(given(b), transposeB);
      const fits =
        x.length === y.length && sameShape(x.slice(0, -2), y.slice(0, -2)) && x.at(-1) === y.at(-2);
      expect(fits, `${showShape(x)} does not multiply ${showShape(y)}`);
      return [...x.slice(0, -1), at(y, y.length - 1)];
    },
  },
  conv: {
    inputs: [2, 3],
    shape: ([x, weight, bias], window) => {
      const [o] = image(weight);
      if (bias) expect(sameShape(bias, [o]), `a bias ${showShape(bias)} does not fit ${o} channels`);
      return convShape(image(x), image(weight), window);
    },
  },
  convInputGradient: {
    inputs: [2, 2],
    shape: ([g, weight], { shape, ...window }) => {
      checkGradient(given(g), convShape(image(shape), image(weight), window));
      return shape;
    },
  },
  convWeightGradient: {
    inputs: [2, 2],
    shape: ([x, g], { shape, ...window }) => {
      checkGradient(given(g), convShape(image(x), image(shape), window));
      return shape;
    },
  },
};

type Sizes = readonly [number, number, number, number];

function convShape([n, c, h, w]: Sizes, weight: Sizes, { stride, pads }: OpAttributes['conv']): Shape {
  const [o, ci, kh, kw] = weight;
  const [top, left, bottom, right] = pads;
  expect(ci === c, `a kernel ${showShape(weight)} does not fit ${c} channels`);
  const oh = Math.floor((h + top + bottom - kh) / stride) + 1;
  const ow = Math.floor((w + left + right - kw) / stride) + 1;
  expect(oh > 0 && ow > 0, `a kernel ${kh} x ${kw} is larger than the padded ${h} x ${w}`);
  return [n, o, oh, ow];
}

function checkGradient(g: Shape, made: Shape): void {
  expect(sameShape(g, made), `a gradient ${showShape(g)} is none of ${showShape(made)}`);
}

/** The output shape of `op`; throws a RangeError that says what does not fit. */
export function inferShape<K extends OpName>(
  op: K,
  inputs: readonly Shape[],
  attributes: OpAttributes[K],
): Shape {
  const {
    inputs: [least, most],
    shape,
  }: Signature<OpAttributes[K]> = signatures[op];
  expect(
    inputs.length >= least && inputs.length <= most,
    `takes ${least === most ? least : `${least} to ${most}`} inputs, not ${inputs.length}`,
  );
  const result = shape(inputs, attributes);
  expect(
    result.every((d) => Number.isSafeInteger(d) && d > 0),
    `makes ${showShape(result)}, which is no shape`,
  );
  return result;
}

/** As inferShape, of values; throws `internal: <where>: ...` instead. */
export function shapeAt<K extends OpName>(
  where: string,
  op: K,
  inputs: readonly Value[],
  attributes: OpAttributes[K],
): Shape {
  const shapes = inputs.map((value) => value.shape);
  try {
    return inferShape(op, shapes, attributes);
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw new Error(`internal: ${where}: ${what}`, { cause: error });
  }
}

/** NumPy's rule: aligned at the right, sizes equal or 1. */
function broadcastShapes(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[i - rank + a.length] ?? 1;
    const y = b[i - rank + b.length] ?? 1;
    expect(x === y || x === 1 || y === 1, `${showShape(a)} and ${showShape(b)} do not broadcast`);
    return Math.max(x, y);
  });
}

function expect(condition: boolean, what: string): asserts condition {
  if (!condition) throw new RangeError(what);
}

function given(shape: Shape | undefined): Shape {
  expect(shape !== undefined, 'an input is missing');
  return shape;
}

function image(shape: Shape | undefined): Sizes {
  const [n, c, h, w, ...more] = given(shape);
  const four = n !== undefined && c !== undefined && h !== undefined && w !== undefined && more.length === 0;
  expect(four, `wants [N,C,H,W], not ${showShape(given(shape))}`);
  return [n, c, h, w];
}

function at(shape: Shape, axis: number): number {
  const d = shape[axis];
  expect(d !== undefined, `${showShape(shape)} has no axis ${axis}`);
  return d;
}

function checkAxis(shape: Shape, axis: number): void {
  at(shape, axis);
}

function lastTwoSwapped(shape: Shape, swap: boolean): Shape {
  const rank = shape.length;
  expect(rank >= 2, `wants two axes or more, not ${showShape(shape)}`);
  return swap ? [...shape.slice(0, -2), at(shape, rank - 1), at(shape, rank - 2)] : shape;
}
