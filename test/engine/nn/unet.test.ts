/** Both UNets against the published implementations' figures, in each lowering, and one of them as text. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../../src/engine/checkpoint/open.ts';
import { print } from '../../../src/engine/graph/print.ts';
import { forwardGraph, openPrior } from '../../../src/engine/prior.ts';
import { openRuntime } from '../../../src/engine/runtime/ort.ts';
import type { Runtime } from '../../../src/engine/runtime/session.ts';
import { golden, goldenModels } from '../fixtures.ts';
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

test('the graph of a small ADM UNet reads as it always did', () => {
  using prior = openPrior(golden('adm-plain.pt'));
  expect(print(forwardGraph(prior.config, 1))).toMatchSnapshot();
});
