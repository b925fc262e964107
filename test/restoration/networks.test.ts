/**
 * The networks of a restoration are compiled once for each batch, and again where that failed.
 * faces.test.ts and restore-photograph.test.ts run them.
 */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openPrior } from '../../src/engine/prior.ts';
import { openRuntime } from '../../src/engine/runtime/ort.ts';
import { OpenNetworks } from '../../src/restoration/networks.ts';
import type { NetworkSource } from '../../src/restoration/networks.ts';
import { smallNetworks } from './helpers.ts';

test('the same batch is the same network', async () => {
  const networks = await smallNetworks();
  const [one, two] = [await networks.of(undefined, 1), await networks.of(undefined, 2)];
  expect(await networks.of(undefined, 1)).toBe(one);
  expect([one.shape[0], two.shape[0]]).toEqual([1, 2]);
  await networks[Symbol.asyncDispose]();
  expect((await one.predict(new Float32Array(3 * 16 * 16), 5)).x0hat).toHaveLength(3 * 16 * 16);
});

test('what could not be compiled is tried again', async () => {
  using prior = openPrior(join(import.meta.dirname, '../fixtures/golden/adm-plain.pt'));
  await using runtime = await openRuntime('cpu', { threads: 1 });
  let full = true;
  const compile: typeof runtime.compile = (...asked) =>
    full ? Promise.reject(new Error('no memory')) : runtime.compile(...asked);
  const source: NetworkSource = {
    ...{ prior, base: { id: 'small', sha256: 'ab'.repeat(32) }, adapterFile: () => '' },
    runtime: new Proxy(runtime, {
      get: (of, name) => (name === 'compile' ? compile : (Reflect.get(of, name) as unknown)),
    }),
  };
  await using networks = new OpenNetworks(source);
  await expect(networks.of(undefined, 1)).rejects.toThrow('no memory');
  full = false;
  expect((await networks.of(undefined, 1)).shape).toEqual([1, 3, 16, 16]);
});
