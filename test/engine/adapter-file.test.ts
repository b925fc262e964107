/**
 * The file of a person's adapter: what is written is what is merged, and what does not fit is refused.
 * test/cli/finetune.test.ts has it from the command line; the merge itself is tested with the training step.
 */
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { fileHash, openFinetuned, writeFinetuned } from '../../src/engine/adapter-file.ts';
import type { LearnedTensor, Making } from '../../src/engine/adapter-file.ts';
import { openCheckpoint } from '../../src/engine/checkpoint/open.ts';
import { recipeFor } from '../../src/engine/finetune/recipes.ts';
import { adapted } from '../../src/engine/nn/lora.ts';
import { openPrior } from '../../src/engine/prior.ts';
import { evaluationGraph } from '../../src/engine/train/graphs.ts';
import { UserError } from '../../src/domain/errors.ts';
import { temporaryFolder } from './checkpoint/helpers.ts';

const MODEL = join(import.meta.dirname, '../fixtures/golden/adm-plain.pt');
const prior = openPrior(MODEL);
afterAll(() => {
  prior[Symbol.dispose]();
});
const base = { id: 'plain', sha256: await fileHash(MODEL) };
const making: Making = { base, recipe: recipeFor('fast', { album: 'personal' }), seed: 7, steps: 40 };
const folder = temporaryFolder();

function tensors(rank = making.recipe.rank): LearnedTensor[] {
  return evaluationGraph(prior.config, { kind: 'adapter', rank }, 1)
    .parameters.filter(({ name }) => name.includes('.lora.'))
    .map(({ name, value: { shape } }, i) => {
      const size = shape.reduce((a, b) => a * b, 1);
      return { name, shape, value: Float32Array.from({ length: size }, (_, j) => Math.sin(i + j) / 8) };
    });
}

function written(name: string, change: Partial<Making> = {}, list = tensors()): string {
  const path = join(folder, name);
  writeFinetuned(path, { ...making, ...change }, list);
  return path;
}

function failure(path: string): UserError {
  try {
    openFinetuned(path, prior, base);
  } catch (error) {
    if (error instanceof UserError) return error;
  }
  throw new Error('it was not refused');
}

test('what is written is merged into every weight', () => {
  const path = written('anna.safetensors');
  const list = tensors();
  const expected = adapted(prior.weights, new Map(list.map((t) => [t.name, t])), 'here');
  using own = openFinetuned(path, prior, base);
  expect(own.weights.id).not.toBe(prior.weights.id);
  let changed = 0;
  for (const { name, shape } of prior.store.tensors.values()) {
    const size = shape.reduce((a, b) => a * b, 1);
    const [plain, merged, want] = [0, 0, 0].map(() => new Float32Array(size)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    prior.weights.readInto(name, plain);
    own.weights.readInto(name, merged);
    expected.readInto(name, want);
    expect(merged).toEqual(want);
    if (merged.some((x, i) => x !== plain[i])) changed++;
  }
  expect(changed).toBe(list.length / 2);
  using store = openCheckpoint(path);
  expect(Object.fromEntries(store.metadata)).toMatchObject({
    kind: 'albumen-adapter',
    base: base.sha256,
    'base-id': 'plain',
    rank: '8',
    steps: '40',
    seed: '7',
  });
});

test('a large adapter is stored in 16 bits', () => {
  const path = written('large.safetensors', { recipe: { ...making.recipe, rank: 128 } }, tensors(128));
  using store = openCheckpoint(path);
  expect(new Set([...store.tensors.values()].map(({ type }) => type))).toEqual(new Set(['float16']));
  openFinetuned(path, prior, base)[Symbol.dispose]();
});

test('another base is refused, both named', () => {
  const other = { id: 'ffhq-256', sha256: 'ab'.repeat(32) };
  const error = failure(written('other.safetensors', { base: other }));
  expect(error.code).toBe('checkpoint.mismatch');
  expect(error.message).toMatch(/"ffhq-256" \(SHA-256 abababababab\) and does not fit "plain" \(SHA-256 /);
});

test('tensors that are missing, too many, of another rank, or not numbers', () => {
  const list = tensors();
  const [first] = list;
  if (!first) throw new Error('there are tensors');
  expect(failure(written('missing.safetensors', {}, list.slice(1))).message).toMatch(/is missing/);
  const extra = { ...first, name: 'passenger' };
  expect(failure(written('extra.safetensors', {}, [...list, extra])).message).toMatch(/belong to no layer/);
  expect(failure(written('rank.safetensors', {}, tensors(4))).code).toBe('checkpoint.mismatch');
  const bad = { ...first, value: first.value.map(() => NaN) };
  expect(failure(written('nan.safetensors', {}, [bad, ...list.slice(1)])).message).toMatch(/not numbers/);
  expect(failure(MODEL).message).toMatch(/"adm-plain\.pt" is neither an adapter nor/);
});
