/** Small graphs that between them use every op, for the tests of lowering and of gradients. */
import { GraphBuilder } from '../../src/engine/graph/build.ts';
import type { Graph, Value } from '../../src/engine/graph/ir.ts';
import { sizeOf } from '../../src/engine/graph/shape.ts';
import type { WeightSource } from '../../src/engine/runtime/session.ts';
import { randomData } from './random.ts';

type Build = (b: GraphBuilder, x: Value) => Value;
/** The shape of every case's input x. */
export const S = [2, 16, 6, 4];
const vector = (b: GraphBuilder): [Value, Value] => [
  b.parameter('a', [2, 16, 1, 1]),
  b.parameter('c', [2, 16, 1, 1]),
];
const conv = (b: GraphBuilder, x: Value, name: string, o: number, k: 1 | 3, stride = 1): Value => {
  const p = k === 3 ? 1 : 0;
  const weight = b.parameter(`${name}.w`, [o, x.shape[1]!, k, k]);
  return b.conv(x, weight, b.parameter(`${name}.b`, [o]), stride, [p, p, p, p]);
};

export const cases: Readonly<Record<string, Build>> = {
  'unary chain': (b, x) => b.neg(b.sin(b.cos(b.op('exp', [x], {})))),
  'log and sqrt': (b, x) => b.op('log', [b.sqrt(b.add(b.mul(x, x), b.scalar(1)))], {}),
  'sigmoid and silu': (b, x) => b.sub(b.op('sigmoid', [x], {}), b.silu(x)),
  clip: (b, x) => b.clip(x, -0.3, 0.4),
  'clip from below': (b, x) => b.clip(x, 0, Infinity),
  'broadcast arithmetic': (b, x) =>
    b.div(b.sub(x, vector(b)[0]), b.add(b.constant([4], [2, 3, 4, 5]), b.scalar(1))),
  affine: (b, x) => b.affine(x, ...vector(b)),
  sum: (b, x) => b.sum(x, [0, 2]),
  mean: (b, x) => b.mean(x, [2, 3]),
  'group means of small groups': (b, x) => b.add(b.groupMean(x, 8), b.groupMeanSquare(x, 8)),
  'group means of whole blocks': (b, x) => b.add(b.groupMean(x, 2), b.groupMeanSquare(x, 2)),
  softmax: (b, x) => b.softmax(x),
  'reshape of a reshape': (b, x) => b.reshape(b.reshape(x, [32, 24]), [2, 8, 48]),
  transpose: (b, x) => b.transpose(x, [0, 2, 3, 1]),
  slice: (b, x) => b.slice(x, 2, 1, 5),
  concat: (b, x) => b.concat([x, b.silu(x)], 1),
  place: (b, x) => b.op('place', [x], { axis: 1, from: 3, size: 24 }),
  expand: (b, x) => b.expand(b.sum(x, [0, 2]), [3, 16, 5, 4]),
  inside: (b, x) => b.mul(x, b.op('inside', [x], { min: -0.25, max: 0.5 })),
  'gradients of a convolution': (b, x) => {
    const window = { stride: 1, pads: [1, 1, 1, 1] } as const;
    const weight = b.parameter('k', [16, 8, 3, 3]);
    const back = b.op('convInputGradient', [x, weight], { ...window, shape: [2, 8, 6, 4] });
    return b.op('convWeightGradient', [back, b.silu(x)], { ...window, shape: [16, 8, 3, 3] });
  },
  'gradients of a strided convolution': (b, x) => {
    const window = { stride: 2, pads: [0, 0, 1, 1] } as const;
    const weight = b.parameter('k', [16, 8, 3, 3]);
    const back = b.op('convInputGradient', [x, weight], { ...window, shape: [2, 8, 12, 8] });
    return b.op('convWeightGradient', [back, b.silu(x)], { ...window, shape: [16, 8, 3, 3] });
  },
  upsample: (b, x) => b.upsample(x, 2),
  averagePool: (b, x) => b.averagePool(x, 2),
  'matmul in two axes': (b, x) => b.matmul(b.reshape(x, [32, 24]), b.parameter('m', [5, 24]), { b: true }),
  'matmul in batches': (b, x) => {
    const rows = b.reshape(x, [2, 16, 24]);
    return b.matmul(rows, b.matmul(rows, rows, { a: true }), { b: true });
  },
  'matmul without transposes': (b, x) => b.matmul(b.reshape(x, [2, 24, 16]), b.reshape(x, [2, 16, 24])),
  'conv 3x3': (b, x) => conv(b, x, 'k', 24, 3),
  'conv 1x1': (b, x) => conv(b, x, 'k', 8, 1),
  'conv strided': (b, x) => conv(b, x, 'k', 8, 3, 2),
  'conv padded at one side': (b, x) => b.conv(x, b.parameter('k', [8, 16, 3, 3]), undefined, 2, [0, 0, 1, 1]),
  'conv to few channels': (b, x) => conv(b, x, 'k', 6, 3),
  'conv from few channels': (b, x) => conv(b, conv(b, x, 'k', 3, 1), 'l', 16, 3),
  'conv to and from channels that fill no block': (b, x) => conv(b, conv(b, x, 'k', 12, 3), 'l', 20, 3),
  'conv with a computed kernel': (b, x) =>
    b.conv(x, b.silu(b.parameter('k', [8, 16, 1, 1])), undefined, 1, [0, 0, 0, 0]),
  'residual addition': (b, x) => b.add(x, conv(b, b.silu(conv(b, x, 'k', 16, 3)), 'l', 16, 3)),
  'sum of two convolutions': (b, x) => b.add(conv(b, x, 'k', 8, 3), conv(b, x, 'l', 8, 1)),
  'a convolution added to itself': (b, x) => {
    const y = conv(b, x, 'k', 8, 3);
    return b.add(y, y);
  },
  'everything that stays blocked': (b, x) => {
    const h = conv(b, x, 'k', 16, 3);
    const wide = b.concat([b.averagePool(b.silu(b.affine(h, ...vector(b))), 2), b.averagePool(h, 2)], 1);
    return b.mul(b.upsample(wide, 2), b.concat([h, x], 1));
  },
  'a convolution per image': (b, x) =>
    b.matmul(b.reshape(conv(b, x, 'k', 8, 3), [2, 8, 24]), b.reshape(x, [2, 24, 16])),
};

export function weightsFor(graph: Graph): {
  readonly source: WeightSource;
  readonly data: Record<string, Float32Array>;
} {
  const data: Record<string, Float32Array> = {};
  graph.parameters.forEach(({ name, value }, i) => (data[name] = randomData(sizeOf(value.shape), i + 2)));
  return {
    data,
    source: {
      id: graph.name,
      readInto: (name, target) => {
        target.set(data[name]!);
      },
    },
  };
}

/** The graph of one case: x -> y. */
export function buildCase(name: string): Graph {
  const b = new GraphBuilder();
  return b.finish(name, { y: cases[name]!(b, b.input('x', S)) });
}
