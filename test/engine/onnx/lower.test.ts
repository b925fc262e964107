/**
 * Every op, lowered in every way and run by onnxruntime, equals the plain reference of reference.ts; and chains that stay
 * in blocked order equal those that do not.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sizeOf } from '../../../src/engine/graph/shape.ts';
import { lower } from '../../../src/engine/onnx/lower.ts';
import { openRuntime } from '../../../src/engine/runtime/ort.ts';
import type { Runtime } from '../../../src/engine/runtime/session.ts';
import { S, buildCase, cases, weightsFor } from '../op-cases.ts';
import { randomData, relativeError } from '../random.ts';
import { evaluate } from '../reference.ts';

describe.each(['blocked', 'plain', 'portable'] as const)('%s', (lowering) => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await openRuntime('cpu', { lowering, threads: 1 });
  });
  afterAll(() => runtime.release());

  test.each(Object.keys(cases))('%s', async (name) => {
    const graph = buildCase(name);
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
    const ops = lower(buildCase('residual addition'), blocked).graph.nodes.map((n) => n.op);
    expect(ops).not.toContain('Add');
    expect(ops.filter((op) => op === 'Conv')).toHaveLength(2);
  });

  test('goes in and out of blocks once', () => {
    const ops = lower(buildCase('everything that stays blocked'), blocked).graph.nodes.map((n) => n.op);
    expect(ops.filter((op) => op === 'ReorderInput')).toHaveLength(1);
    expect(ops.filter((op) => op === 'ReorderOutput')).toHaveLength(1);
  });

  test('carries no weight, and passes a weight once in each arrangement', () => {
    const model = lower(buildCase('sum of two convolutions'), blocked);
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
      const { graph } = lower(buildCase(name), { dialect: { kind: 'portable' }, weights: 'initializers' });
      expect(graph.nodes.filter((n) => n.domain !== undefined)).toEqual([]);
    }
  });
});
