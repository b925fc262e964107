/**
 * Every rule: the gradient graph in float64 (reference.ts) against central differences of the forward graph, and the same
 * graph run by onnxruntime in float32 against that; over random data, broadcasts included.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gradients } from '../../../src/engine/autodiff/vjp.ts';
import { GraphBuilder } from '../../../src/engine/graph/build.ts';
import type { Graph } from '../../../src/engine/graph/ir.ts';
import { sizeOf } from '../../../src/engine/graph/shape.ts';
import { openRuntime } from '../../../src/engine/runtime/ort.ts';
import type { Runtime } from '../../../src/engine/runtime/session.ts';
import { S, cases, weightsFor } from '../op-cases.ts';
import { randomData, relativeError } from '../random.ts';
import { evaluate } from '../reference.ts';

/** loss = sum(y * r) with random r; and the same with its gradients by x and by every parameter. */
function graphsOf(name: string): { readonly forward: Graph; readonly both: Graph } {
  const b = new GraphBuilder();
  const x = b.input('x', S);
  const y = cases[name]!(b, x);
  const all = y.shape.map((_, i) => i);
  const loss = b.sum(b.mul(y, b.constant(y.shape, randomData(sizeOf(y.shape), 99))), all);
  const forward = b.finish(name, { loss });
  const wrt = [{ name: 'x', value: x }, ...forward.parameters];
  const grads = gradients(
    b,
    loss,
    wrt.map((w) => w.value),
  );
  const outputs = Object.fromEntries(wrt.map((w, i) => [`d ${w.name}`, grads[i]!]));
  return { forward, both: b.finish(name, outputs) };
}

type Wide = Record<string, Float64Array>;

/** Along one random direction v: (f(p + h v) - f(p - h v)) / 2h against the gradient's dot product with v. */
function directionalError(forward: Graph, data: Wide, name: string, gradient: Float64Array): number {
  const h = 1e-5;
  const v = randomData(data[name]!.length, 11);
  const at = (sign: number): number => {
    const moved = data[name]!.map((p, i) => p + sign * h * v[i]!);
    return evaluate(forward, { ...data, [name]: moved })['loss']![0]!;
  };
  const numeric = (at(1) - at(-1)) / (2 * h);
  const exact = gradient.reduce((sum, g, i) => sum + g * v[i]!, 0);
  return Math.abs(numeric - exact) / Math.max(1e-3, Math.abs(numeric), Math.abs(exact));
}

// a step of 1 at the edge of `inside` has no derivative there; its rule is stop, and its data keeps away from the edge
describe.each(Object.keys(cases))('%s', (name) => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await openRuntime('cpu', { threads: 1 });
  });
  afterAll(() => runtime.release());

  test('central differences agree, and onnxruntime with both', async () => {
    const { forward, both } = graphsOf(name);
    const { source, data } = weightsFor(forward);
    const x = randomData(sizeOf(S), 1);
    const wide: Wide = Object.fromEntries(
      Object.entries({ x, ...data }).map(([k, v]) => [k, Float64Array.from(v)]),
    );
    const expected = evaluate(both, wide);
    for (const parameter of Object.keys(wide))
      expect(directionalError(forward, wide, parameter, expected[`d ${parameter}`]!), parameter).toBeLessThan(
        1e-4,
      );

    const executable = await runtime.compile(both, source);
    const found = await executable.run({ x });
    for (const [output, values] of Object.entries(expected))
      expect(relativeError(found[output]!, values), output).toBeLessThan(1e-4);
  });
});

test('a value used often gets the sum; a frozen one costs nothing', () => {
  const b = new GraphBuilder();
  const x = b.input('x', [3]);
  const w = b.parameter('w', [3]);
  const loss = b.sum(b.mul(b.mul(x, x), b.mul(w, x)), [0]);
  const [dx] = gradients(b, loss, [x]);
  const graph = b.finish('cubic', { dx: dx! });
  const { dx: found } = evaluate(graph, { x: [1, 2, 3], w: [1, 1, 2] });
  expect([...found!]).toEqual([3, 12, 54]);
  expect(graph.nodes.length).toBeLessThan(12);
});

test('slices that tile an axis come back as one concatenation', () => {
  const b = new GraphBuilder();
  const x = b.input('x', [2, 6]);
  const [first, second] = [b.slice(x, 1, 0, 2), b.slice(x, 1, 2, 6)];
  const loss = b.add(b.sum(b.mul(first, first), [0, 1]), b.sum(second, [0, 1]));
  const [dx] = gradients(b, loss, [x]);
  const graph = b.finish('slices', { dx: dx! });
  expect(graph.nodes.map((n) => n.op)).not.toContain('place');
  const { dx: found } = evaluate(graph, { x: Array.from({ length: 12 }, (_, i) => i) });
  expect([...found!]).toEqual([0, 2, 1, 1, 1, 1, 12, 14, 1, 1, 1, 1]);
});

test('a result that does not depend on what is asked for is an error of ours', () => {
  const b = new GraphBuilder();
  const x = b.input('x', [1]);
  expect(() => gradients(b, b.sum(x, [0]), [b.input('y', [1])])).toThrow(
    'internal: the result does not depend',
  );
});
