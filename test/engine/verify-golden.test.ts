/**
 * Every golden model against the published reference implementation's figures, on the CPU.
 * The command that shows the same to users is tested in test/cli/models.test.ts.
 */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPrior } from '../../src/engine/prior.ts';
import { openRuntime } from '../../src/engine/runtime/ort.ts';
import type { Runtime } from '../../src/engine/runtime/session.ts';
import { TOLERANCE, relativeError } from '../../src/engine/golden/figures.ts';
import { verifyGolden } from '../../src/engine/verify-golden.ts';
import type { GoldenCheck } from '../../src/engine/verify-golden.ts';
import { golden, goldenModels } from './fixtures.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime('cpu', { threads: 1 });
});
afterAll(() => runtime.release());

async function checksOf(file: string, name: string): Promise<GoldenCheck[]> {
  const config = [golden(`${name}.json`), golden(`${name}.config.json`)].find((path) => existsSync(path));
  using prior = openPrior(golden(file), config);
  return await all(verifyGolden(prior, golden(`${name}.golden.safetensors`), runtime));
}

async function all(run: AsyncIterable<GoldenCheck>): Promise<GoldenCheck[]> {
  const checks: GoldenCheck[] = [];
  for await (const check of run) checks.push(check);
  return checks;
}

test.each(goldenModels)('%s agrees with the reference', async (file, name) => {
  const checks = await checksOf(file, name);
  expect(checks.map(({ outcome }) => outcome)).not.toContain('fail');
  const restored = ['forward.out', 'restore.y_K', 'restore.out'];
  const guided = ['guide.x0hat', 'guide.norm', 'guide.grad_norm', 'guide.grad_sq'];
  const vb = name === 'adm-plain' ? [] : ['train.vb'];
  const trained = ['train.mse', ...vb, 'train.loss', 'grad.*', 'adamw.losses', 'adamw.after3.*'];
  const expected = name.startsWith('diffusers')
    ? ['forward.out', 'train.mse', 'grad.*']
    : [...restored, ...guided, ...trained];
  expect(checks.map((check) => check.name)).toEqual(expected);
  for (const { name: figure, tolerance } of checks)
    expect(tolerance).toBe({ 'forward.out': 1e-4, 'restore.y_K': 1e-6 }[figure] ?? 1e-3);
});

test('half-precision weights are judged by what half precision allows', async () => {
  const [forward, , out] = await checksOf('adm-plain.nested-fp16.pt', 'adm-plain');
  expect(forward).toMatchObject({ outcome: 'pass', tolerance: TOLERANCE.half.forward });
  expect(forward?.error).toBeGreaterThan(TOLERANCE.full.forward);
  expect(out).toMatchObject({ outcome: 'pass', tolerance: TOLERANCE.half.restore });
});

test('the figures of another checkpoint of the same shape fail', async () => {
  using prior = openPrior(golden('adm-plain.pt'));
  const weights = {
    id: 'altered',
    readInto: (name: string, target: Float32Array) => {
      prior.weights.readInto(name, target);
      if (name === 'out.2.bias') target.fill(0.01);
    },
  };
  const altered = { ...prior, weights };
  const checks = await all(verifyGolden(altered, golden('adm-plain.golden.safetensors'), runtime));
  expect(checks.slice(0, 3).map(({ outcome }) => outcome)).toEqual(['fail', 'pass', 'fail']);
});

test('figures of another shape, and none at all, are UserErrors', async () => {
  using prior = openPrior(golden('adm-plain.pt'));
  const against = (file: string) => all(verifyGolden(prior, golden(file), runtime));
  await expect(against('adm-like-gen2res.golden.safetensors')).rejects.toMatchObject({
    code: 'checkpoint.mismatch',
    message: '"adm-like-gen2res.golden.safetensors" has forward.out as [2, 6, 16, 16], not [2, 3, 16, 16].',
  });
  await expect(against('adm-plain.pt')).rejects.toMatchObject({ code: 'checkpoint.mismatch' });
});

test('the relative error is the largest difference over the largest value, and infinite for NaN', () => {
  const f = (...values: number[]): Float32Array => Float32Array.of(...values);
  expect(relativeError(f(1, 2, -3), f(1, 2, -4))).toBeCloseTo(0.25, 6);
  expect(relativeError(f(0), f(0))).toBe(0);
  expect(relativeError(f(1), f(0))).toBe(Infinity);
  expect(relativeError(f(NaN), f(1))).toBe(Infinity);
});
