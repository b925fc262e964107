/**
 * Every op, lowered in every way and run by onnxruntime, equals the plain reference of reference.ts; and chains that stay
 * in blocked order equal those that do not.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../../src/engine/graph/build.ts';
import type { Graph, Value } from '../../../src/engine/graph/ir.ts';
import { sizeOf } from '../../../src/engine/graph/shape.ts';
import { lower } from '../../../src/engine/onnx/lower.ts';
import { openRuntime } from '../../../src/engine/runtime/ort.ts';
import type { Runtime, WeightSource } from '../../../src/engine/runtime/session.ts';
import { randomData, relativeError } from '../random.ts';
import { evaluate } from '../reference.ts';

type Build = (b: GraphBuilder, x: Value) => Value;
const S = [2, 16, 6, 4];
const vector = (b: GraphBuilder): [Value, Value] => [
  b.parameter('a', [2, 16, 1, 1]),
  b.parameter('c', [2, 16, 1, 1]),
];
const conv = (b: GraphBuilder, x: Value, name: string, o: number, k: 1 | 3, stride = 1): Value => {
  const p = k === 3 ? 1 : 0;
  const weight = b.parameter(`${name}.w`, [o, x.shape[1]!, k, k]);
  return b.conv(x, weight, b.parameter(`${name}.b`, [o]), stride, [p, p, p, p]);
};

const cases: Readonly<Record<string, Build>> = {
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
  pad: (b, x) => b.pad(x, [1, 2, 0, 3]),
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

function weightsFor(graph: Graph): {
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

function build(name: string): Graph {
  const b = new GraphBuilder();
  return b.finish(name, { y: cases[name]!(b, b.input('x', S)) });
}

describe.each(['blocked', 'plain', 'portable'] as const)('%s', (lowering) => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await openRuntime('cpu', { lowering, threads: 1 });
  });
  afterAll(() => runtime.release());

  test.each(Object.keys(cases))('%s', async (name) => {
    const graph = build(name);
    const x = randomData(sizeOf(S), 1);
    const { source, data } = weightsFor(graph);
    const executable = await runtime.compile(graph, source);
    const { y } = await executable.run({ x });
    expect(relativeError(y!, evaluate(graph, { x, ...data })['y']!)).toBeLessThan(2e-6);
  });
});

describe('the blocked model', () => {
  const blocked = { dialect: { kind: 'cpu', block: 8 }, weights: 'inputs' } as const;

  test('lets a convolution absorb the addition that follows', () => {
    const ops = lower(build('residual addition'), blocked).graph.nodes.map((n) => n.op);
    expect(ops).not.toContain('Add');
    expect(ops.filter((op) => op === 'Conv')).toHaveLength(2);
  });

  test('goes in and out of blocks once', () => {
    const ops = lower(build('everything that stays blocked'), blocked).graph.nodes.map((n) => n.op);
    expect(ops.filter((op) => op === 'ReorderInput')).toHaveLength(1);
    expect(ops.filter((op) => op === 'ReorderOutput')).toHaveLength(1);
  });

  test('carries no weight, and passes a weight once in each arrangement', () => {
    const model = lower(build('sum of two convolutions'), blocked);
    expect(model.parameters.map((p) => p.onnxName).sort()).toEqual([
      'k.b',
      'k.w@OIHWio',
      'l.b',
      'l.w@OIHWio',
    ]);
    expect(model.bytes.length).toBeLessThan(3000);
  });

  test('elsewhere uses standard ONNX alone', () => {
    for (const name of Object.keys(cases)) {
      const { graph } = lower(build(name), { dialect: { kind: 'portable' }, weights: 'initializers' });
      expect(graph.nodes.filter((n) => n.domain !== undefined)).toEqual([]);
    }
  });
});
