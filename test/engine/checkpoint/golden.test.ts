/**
 * The golden checkpoints: one set of weights in three torch files must read alike, and a hostile file must not run.
 * Read next: torch.test.ts, which compares with PyTorch's own values.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { firstNonFinite, openCheckpoint } from '../../../src/engine/checkpoint/open.ts';
import { GOLDEN, expectUserError } from './helpers.ts';

test('the zip and the legacy file hold exactly the same weights', () => {
  using zip = openCheckpoint(join(GOLDEN, 'adm-plain.pt'));
  using legacy = openCheckpoint(join(GOLDEN, 'adm-plain.legacy.pt'));
  expect([zip.format, legacy.format]).toEqual(['torch-zip', 'torch-legacy']);
  expect([...legacy.tensors]).toEqual([...zip.tensors]);
  let count = 0;
  for (const name of zip.tensors.keys()) {
    const values = zip.read(name);
    count += values.length;
    expect(Buffer.from(legacy.read(name).buffer).equals(Buffer.from(values.buffer)), name).toBe(true);
  }
  expect(count).toBe(702_499); // "params" in adm-plain.json
  expect(firstNonFinite(zip)).toBeUndefined();
});

test('the nested float16 file holds the same weights rounded to float16', () => {
  using zip = openCheckpoint(join(GOLDEN, 'adm-plain.pt'));
  using nested = openCheckpoint(join(GOLDEN, 'adm-plain.nested-fp16.pt'));
  expect(new Map(nested.metadata)).toEqual(
    new Map([
      ['step', '10'],
      ['nested', 'model'],
    ]),
  );
  expect([...nested.tensors.keys()]).toEqual([...zip.tensors.keys()]);
  for (const [name, info] of nested.tensors) {
    expect(info.type).toBe('float16');
    const rounded = new Float32Array(new Float16Array(zip.read(name)));
    expect(Buffer.from(nested.read(name).buffer).equals(Buffer.from(rounded.buffer)), name).toBe(true);
  }
});

test('every sound golden checkpoint opens and is finite', () => {
  const files = readdirSync(GOLDEN).filter(
    (name) => /\.(pt|safetensors)$/.test(name) && name !== 'hostile.pt',
  );
  expect(files.length).toBeGreaterThanOrEqual(10);
  for (const file of files) {
    using store = openCheckpoint(join(GOLDEN, file));
    expect(store.tensors.size, file).toBeGreaterThan(100);
    expect(firstNonFinite(store), file).toBeUndefined();
  }
});

test('whole numbers of a golden file are exact, and are asked for as such', () => {
  using store = openCheckpoint(join(GOLDEN, 'adm-plain.golden.safetensors'));
  const steps = store.readIntegers('forward.t');
  expect(steps).toHaveLength(2);
  expect(Array.from(store.read('forward.t'))).toEqual(steps);
  expect(steps.every((t) => Number.isInteger(t) && t >= 0 && t < 1000)).toBe(true);
  expectUserError(
    () => store.readIntegers('forward.x'),
    'checkpoint.mismatch',
    /"forward\.x" as float32/,
    'adm-plain.golden.safetensors',
  );
  expectUserError(
    () => store.read('absent'),
    'checkpoint.mismatch',
    /"absent"/,
    'adm-plain.golden.safetensors',
  );
});

test('hostile.pt is refused by the name of what it asks for, and does nothing', () => {
  const path = join(GOLDEN, 'hostile.pt');
  expectUserError(() => openCheckpoint(path), 'checkpoint.refused', /"posix\.system"/, 'hostile.pt');
  expect(existsSync('/tmp/albumen-pwned')).toBe(false);
});
