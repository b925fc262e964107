/** The runtime port: caching, sharing and releasing, the choice of a provider and its reasons, and webgpu in software. */
import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../../src/engine/checkpoint/open.ts';
import { GraphBuilder } from '../../../src/engine/graph/build.ts';
import type { Graph } from '../../../src/engine/graph/ir.ts';
import { forwardGraph, openPrior } from '../../../src/engine/prior.ts';
import { physicalCores } from '../../../src/engine/runtime/cores.ts';
import { blockSize } from '../../../src/engine/runtime/ort-block.ts';
import { openRuntime } from '../../../src/engine/runtime/ort.ts';
import { chooseRuntime } from '../../../src/engine/runtime/providers.ts';
import type { WeightSource } from '../../../src/engine/runtime/session.ts';
import { vulkan } from '../../../tools/vulkan.ts';
import { golden } from '../fixtures.ts';
import { randomData, relativeError } from '../random.ts';

function convGraph(batch: number): Graph {
  const b = new GraphBuilder();
  const x = b.input('x', [batch, 16, 4, 4]);
  return b.finish('conv', { y: b.conv(x, b.parameter('w', [16, 16, 3, 3]), undefined, 1, [1, 1, 1, 1]) });
}

/** Counts how often the weight is read. */
function counted(id: string): WeightSource & { reads: number } {
  return {
    id,
    reads: 0,
    readInto(_, target) {
      this.reads++;
      target.set(randomData(target.length, 3));
    },
  };
}

describe('sessions and weights', () => {
  test('the same graph and weights are compiled once; another batch shares the weights', async () => {
    await using runtime = await openRuntime('cpu', { threads: 1 });
    const weights = counted('a');
    const first = await runtime.compile(convGraph(1), weights);
    expect(await runtime.compile(convGraph(1), weights)).toBe(first);
    const second = await runtime.compile(convGraph(2), weights);
    expect(second).not.toBe(first);
    expect(weights.reads).toBe(1);
    await first.release();
    const x = randomData(2 * 256, 1);
    const both = await second.run({ x });
    expect(both['y']).toHaveLength(2 * 256);
  });

  test('released weights are read again, other weights give other results', async () => {
    await using runtime = await openRuntime('cpu', { threads: 1 });
    const weights = counted('a');
    const x = randomData(256, 1);
    const before = await runtime.compile(convGraph(1), weights);
    const { y } = await before.run({ x });
    await before.release();
    await expect(before.run({ x })).rejects.toThrow('run after release');
    const after = await runtime.compile(convGraph(1), weights);
    expect(weights.reads).toBe(2);
    expect((await after.run({ x }))['y']).toEqual(y);
    const other = await runtime.compile(convGraph(1), {
      id: 'b',
      readInto: (_, t) => {
        t.fill(1);
      },
    });
    expect((await other.run({ x }))['y']).not.toEqual(y);
  });

  test('inputs of the wrong size or name are caught before the runtime sees them', async () => {
    await using runtime = await openRuntime('cpu', { threads: 1 });
    const executable = await runtime.compile(convGraph(1), counted('a'));
    await expect(executable.run({ x: new Float32Array(3) })).rejects.toThrow('input x has 3 elements');
    await expect(executable.run({})).rejects.toThrow('input x is missing');
  });

  test('a weight that cannot be read fails the compile, and leaves nothing behind', async () => {
    await using runtime = await openRuntime('cpu', { threads: 1 });
    const broken: WeightSource = {
      id: 'a',
      readInto: () => {
        throw new Error('no such tensor');
      },
    };
    await expect(runtime.compile(convGraph(1), broken)).rejects.toThrow('no such tensor');
    await expect(runtime.compile(convGraph(1), counted('a'))).resolves.toBeDefined();
  });
});

describe('the choice of a provider', () => {
  test('the CPU when asked for, with the reason', async () => {
    const { runtime, report } = await chooseRuntime('cpu');
    expect(runtime.provider).toBe('cpu');
    expect(report).toMatchObject({ chosen: 'cpu', threads: physicalCores() });
    expect(report.trials).toEqual([{ provider: 'cpu', outcome: 'chosen', reason: 'it was asked for.' }]);
    await runtime.release();
  });

  test('a provider this system cannot have falls back to the CPU, or is an error where that was forbidden', async () => {
    const missing = process.platform === 'darwin' ? 'dml' : 'coreml';
    const { runtime, report } = await chooseRuntime(missing);
    expect(runtime.provider).toBe('cpu');
    expect(report.trials.map((t) => [t.provider, t.outcome])).toEqual([
      [missing, 'unavailable'],
      ['cpu', 'chosen'],
    ]);
    expect(report.trials[0]?.reason).toContain(missing);
    await runtime.release();
    await expect(chooseRuntime(missing, { fallback: false })).rejects.toMatchObject({
      code: 'device.unavailable',
    });
  });

  test('cores are counted', () => {
    expect(physicalCores()).toBeGreaterThanOrEqual(1);
  });

  test('blocks are of a size that divides common channel counts', async () => {
    expect([1, 4, 8, 16]).toContain(await blockSize());
  });
});

test.skipIf(vulkan().missing)("webgpu gives the CPU's forward pass within 1e-3", async () => {
  await using gpu = await openRuntime('webgpu');
  using prior = openPrior(golden('adm-like-gen2res.pt'));
  using figures = openCheckpoint(golden('adm-like-gen2res.golden.safetensors'));
  const network = await gpu.compile(forwardGraph(prior.config, 2), prior.weights);
  const { out } = await network.run({
    x_t: figures.read('forward.x'),
    t: Float32Array.from(figures.readIntegers('forward.t')),
  });
  expect(relativeError(out!, figures.read('forward.out'))).toBeLessThan(1e-3);
});
