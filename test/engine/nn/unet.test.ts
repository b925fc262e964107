/** Both UNets against the published implementations' figures, in each lowering, and one of them as text. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../../src/engine/checkpoint/open.ts';
import type { UNetConfig } from '../../../src/engine/nn/config.ts';
import { print } from '../../../src/engine/graph/print.ts';
import { forwardGraph, openPrior } from '../../../src/engine/prior.ts';
import { openRuntime } from '../../../src/engine/runtime/ort.ts';
import type { Runtime, WeightSource } from '../../../src/engine/runtime/session.ts';
import { GOLDEN, golden, goldenModels } from '../fixtures.ts';
import { relativeError } from '../random.ts';

describe.each(['blocked', 'plain', 'portable'] as const)('%s', (lowering) => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await openRuntime('cpu', { lowering, threads: 1 });
  });
  afterAll(() => runtime.release());

  test.each(goldenModels)('%s: forward within 1e-4 of the largest value', async (checkpoint, figuresName) => {
    using prior = openPrior(golden(checkpoint), configFor(figuresName));
    using figures = openCheckpoint(golden(`${figuresName}.golden.safetensors`));
    const network = await runtime.compile(forwardGraph(prior.config, 2), prior.weights);
    const { out } = await network.run({
      x_t: figures.read('forward.x'),
      t: Float32Array.from(figures.readIntegers('forward.t')),
    });
    expect(relativeError(out!, figures.read('forward.out'))).toBeLessThan(1e-4);
  });
});

function configFor(name: string): string {
  return golden(name.startsWith('diffusers') ? `${name}.config.json` : `${name}.json`);
}

test('a UNet on squares of 2 x 2 pixels equals training/pretrain.py', async () => {
  const folder = join(GOLDEN, '../patch');
  using prior = openPrior(join(folder, 'model.pt'));
  using figures = openCheckpoint(join(folder, 'figures.pt'));
  expect(prior.config).toMatchObject({ patch: 2, channelMult: [1, 2], attentionLevels: [1] });
  await using runtime = await openRuntime('cpu', { threads: 1 });
  const network = await runtime.compile(forwardGraph(prior.config, 2), prior.weights);
  const t = Float32Array.from(figures.readIntegers('forward.t'));
  const { out } = await network.run({ x_t: figures.read('forward.x'), t });
  expect(relativeError(out!, figures.read('forward.out'))).toBeLessThan(1e-4);
});

test('the two orders of qkv rows are the same network when the rows are moved', async () => {
  using prior = openPrior(golden('adm-like-ffhq10m.pt'));
  using figures = openCheckpoint(golden('adm-like-ffhq10m.golden.safetensors'));
  const { config, weights } = prior;
  const each = 16;
  // legacy rows: head, then q k v; new rows: q k v, then head
  const moved: WeightSource = {
    id: 'moved',
    readInto(name, target) {
      weights.readInto(name, target);
      if (!/[.]qkv[.](weight|bias)$/.test(name)) return;
      const legacy = target.slice();
      const row = name.endsWith('weight') ? Math.sqrt(target.length / 3) : 1;
      const heads = target.length / row / 3 / each;
      for (let head = 0; head < heads; head++) {
        for (let part = 0; part < 3; part++) {
          const from = (head * 3 + part) * each * row;
          target.set(legacy.subarray(from, from + each * row), (part * heads + head) * each * row);
        }
      }
    },
  };
  await using runtime = await openRuntime('cpu', { threads: 1 });
  const x_t = figures.read('forward.x');
  const t = Float32Array.from(figures.readIntegers('forward.t'));
  const reordered = { ...config, qkvOrder: 'new' } as UNetConfig;
  const { out } = await (await runtime.compile(forwardGraph(reordered, 2), moved)).run({ x_t, t });
  expect(relativeError(out!, figures.read('forward.out'))).toBeLessThan(1e-4);
  const { out: unmoved } = await (await runtime.compile(forwardGraph(reordered, 2), weights)).run({ x_t, t });
  expect(relativeError(unmoved!, figures.read('forward.out'))).toBeGreaterThan(1e-3);
});

test('the graph of a small ADM UNet reads as it always did', () => {
  using prior = openPrior(golden('adm-plain.pt'));
  expect(print(forwardGraph(prior.config, 1))).toMatchSnapshot();
});
