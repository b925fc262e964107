/** The graph's builder, its shape rules, verify and print. */
import { describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../../src/engine/graph/build.ts';
import type { Graph } from '../../../src/engine/graph/ir.ts';
import { inferShape } from '../../../src/engine/graph/ops.ts';
import { print } from '../../../src/engine/graph/print.ts';
import { verify } from '../../../src/engine/graph/verify.ts';

function smallGraph(): Graph {
  const b = new GraphBuilder();
  const x = b.input('x', [2, 3, 8, 8]);
  const h = b.scope('stem', () =>
    b.conv(x, b.parameter('w', [4, 3, 3, 3]), b.parameter('b', [4]), 2, [1, 1, 1, 1]),
  );
  b.sqrt(h);
  return b.finish('small', { y: b.silu(h) });
}

describe('shapes', () => {
  test.each([
    [
      'add',
      [
        [2, 3, 1],
        [3, 5],
      ],
      {},
      [2, 3, 5],
    ],
    [
      'matmul',
      [
        [7, 2, 3],
        [7, 4, 3],
      ],
      { transposeA: false, transposeB: true },
      [7, 2, 4],
    ],
    ['conv', [[1, 3, 9, 9], [5, 3, 3, 3], [5]], { stride: 2, pads: [0, 0, 1, 1] }, [1, 5, 4, 4]],
    [
      'concat',
      [
        [1, 2, 4],
        [1, 3, 4],
      ],
      { axis: 1 },
      [1, 5, 4],
    ],
    ['slice', [[4, 6]], { axis: 1, from: 2, to: 5 }, [4, 3]],
    ['transpose', [[2, 3, 4]], { order: [2, 0, 1] }, [4, 2, 3]],
    ['sum', [[2, 3, 4]], { axes: [0, 2] }, [1, 3, 1]],
    ['groupMean', [[2, 6, 4, 4]], { groups: 3 }, [2, 3, 1]],
    ['upsample', [[1, 2, 3, 4]], { factor: 2 }, [1, 2, 6, 8]],
    ['averagePool', [[1, 2, 6, 4]], { factor: 2 }, [1, 2, 3, 2]],
    ['place', [[1, 2]], { axis: 1, from: 1, size: 4 }, [1, 4]],
  ] as const)('%s', (op, inputs, attributes, shape) => {
    expect(inferShape(op, inputs, attributes as never)).toEqual(shape);
  });

  test.each([
    [
      'add',
      [
        [2, 3],
        [4, 3],
      ],
      {},
      'do not broadcast',
    ],
    [
      'matmul',
      [
        [2, 3],
        [4, 5],
      ],
      { transposeA: false, transposeB: false },
      'does not multiply',
    ],
    [
      'conv',
      [
        [1, 3, 9, 9],
        [5, 4, 3, 3],
      ],
      { stride: 1, pads: [1, 1, 1, 1] },
      'does not fit',
    ],
    [
      'conv',
      [
        [1, 3, 2, 2],
        [5, 3, 3, 3],
      ],
      { stride: 1, pads: [0, 0, 0, 0] },
      'larger than',
    ],
    ['reshape', [[2, 3]], { shape: [7] }, 'does not reshape'],
    ['slice', [[4]], { axis: 0, from: 2, to: 5 }, 'outside'],
    ['averagePool', [[1, 2, 5, 4]], { factor: 2 }, 'does not divide'],
    ['affine', [[1, 2, 3, 3], [1, 2, 1, 1], [2]], {}, 'wants'],
    ['silu', [], {}, 'takes 1 inputs'],
    ['transpose', [[2, 3]], { order: [0, 0] }, 'no order'],
  ] as const)('%s refuses what does not fit', (op, inputs, attributes, message) => {
    expect(() => inferShape(op, inputs, attributes as never)).toThrow(message);
  });
});

describe('the builder', () => {
  test('names the node where a shape does not fit', () => {
    const b = new GraphBuilder();
    const x = b.input('x', [1, 2]);
    const y = b.input('y', [3, 4]);
    expect(() => b.scope('block.3', () => b.add(x, y))).toThrow(
      /internal: block\.3\/add#0: \[1,2\] and \[3,4\]/,
    );
  });

  test('leaves out what the outputs do not need, keeps inputs, and freezes the graph', () => {
    const graph = smallGraph();
    expect(graph.nodes.map((n) => n.op)).toEqual(['conv', 'silu']);
    expect(graph.inputs.map((i) => i.name)).toEqual(['x']);
    expect(Object.isFrozen(graph.nodes)).toBe(true);
    expect(Object.isFrozen(graph.nodes[0])).toBe(true);
  });

  test('asks for the same parameter once, and never in two sizes', () => {
    const b = new GraphBuilder();
    expect(b.parameter('w', [2, 3])).toBe(b.parameter('w', [2, 3]));
    expect(() => b.parameter('w', [4])).toThrow('two sizes');
  });
});

describe('verify', () => {
  test('accepts what the builder makes', () => {
    expect(() => {
      verify(smallGraph());
    }).not.toThrow();
  });

  test('names the node whose input comes too late', () => {
    const graph = smallGraph();
    const turned = { ...graph, nodes: graph.nodes.toReversed() };
    expect(() => {
      verify(turned);
    }).toThrow(/small: \/silu#\d: input 0 is not made before it/);
  });

  test('names the node whose shape is not what its op says', () => {
    const graph = smallGraph();
    const nodes = graph.nodes.map((n) =>
      n.op === 'silu' ? { ...n, output: { ...n.output, shape: [1] } } : n,
    );
    expect(() => {
      verify({ ...graph, nodes });
    }).toThrow(/silu#\d: makes \[2,4,4,4\], not \[1\]/);
  });

  test('refuses an output that no node makes, and two nodes of one name', () => {
    const graph = smallGraph();
    expect(() => {
      verify({ ...graph, nodes: graph.nodes.slice(0, 1) });
    }).toThrow('output y is made by no node');
    expect(() => {
      verify({ ...graph, nodes: [...graph.nodes, graph.nodes[0]!] });
    }).toThrow('two things are named');
  });
});

test('print shows one line a node', () => {
  expect(print(smallGraph())).toMatchInlineSnapshot(`
    "graph small
      input x [2,3,8,8]
      parameter w [4,3,3,3]
      parameter b [4]
      %0 = conv(x, w, b) {stride 2, pads [1,1,1,1]} [2,4,4,4]
      %1 = silu(%0) [2,4,4,4]
      output y = %1
    "
  `);
});
