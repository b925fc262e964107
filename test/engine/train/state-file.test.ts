/**
 * The checkpoint of a run: what is written reads back, equal runs make equal bytes, and wrong contents are named.
 * Read next: ../finetune/resume.test.ts, ../finetune/bad-input.test.ts.
 */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openCheckpoint } from '../../../src/engine/checkpoint/open.ts';
import { writeSafetensors } from '../../../src/engine/checkpoint/safetensors-write.ts';
import { openState, removeLeftovers, writeState } from '../../../src/engine/train/state-file.ts';
import type { RunIdentity, RunProgress } from '../../../src/engine/train/state-file.ts';
import type { TrainingState } from '../../../src/engine/train/trainer.ts';
import { expectUserError, temporaryFolder } from '../checkpoint/helpers.ts';
import { randomData } from '../random.ts';

const folder = temporaryFolder();
const path = join(folder, 'run');
const run: RunIdentity = { base: 'b', images: 'i', recipe: { name: 'fast' }, seed: 2 ** 53 - 1, T: 1000 };

const tensorOf = (name: string, shape: readonly number[], seed: number) => {
  const size = shape.reduce((a, b) => a * b, 1);
  return {
    name,
    shape,
    value: randomData(size, seed),
    m: randomData(size, seed + 1),
    v: randomData(size, seed + 2),
  };
};
const state: TrainingState = { steps: 3, tensors: [tensorOf('z/a', [2, 3], 1), tensorOf('b', [4], 5)] };
const progress: RunProgress = {
  losses: [0.1, 1 / 3, 1e-300],
  heldOut: [
    { step: 0, loss: 2 },
    { step: 2, loss: 1 / 7 },
  ],
  ended: null,
  best: {
    step: 2,
    loss: 1 / 7,
    tensors: state.tensors.map(({ name, shape, m }) => ({ name, shape, value: m })),
  },
};

test('what is written reads back exactly, and is the same bytes again', () => {
  writeState(path, run, progress, state);
  const bytes = readFileSync(path);
  using saved = openState(path, run);
  if (!saved) throw new Error('no state');
  const { state: found, losses, heldOut, ended, best } = saved;
  expect({ losses, heldOut, ended, best }).toEqual(progress);
  expect(found.steps).toBe(3);
  expect(found.tensors.map((tensor) => ({ ...tensor }))).toEqual(state.tensors);
  writeState(path, run, progress, state);
  expect(readFileSync(path).equals(bytes)).toBe(true);
});

test('no file is no run, and one without a best state has none', () => {
  expect(openState(join(folder, 'none'), run)).toBeUndefined();
  writeState(path, run, { losses: [1, 2, 3], heldOut: [], ended: 'all', best: undefined }, state);
  using saved = openState(path, run);
  expect(saved).toMatchObject({ ended: 'all', best: undefined });
});

/** The file again, with other metadata or tensors. */
function rewritten(metadata: Record<string, string>, leave: (name: string) => boolean = () => true): void {
  writeState(path, run, progress, state);
  using store = openCheckpoint(path);
  const tensors = [...store.tensors.values()].filter(({ name }) => leave(name));
  const data = tensors.map(({ name, shape }) => ({
    name,
    shape,
    type: 'float32' as const,
    data: store.read(name),
  }));
  writeSafetensors(path, data, [...store.metadata, ...Object.entries(metadata)]);
}

test.each([
  ['no metadata of ours', { format: 'pt' }, /is not the checkpoint of a finetune/],
  ['no JSON', { progress: '{' }, /its record of the run is wrong/],
  ['losses that are none', { progress: '{"losses":[null],"heldOut":[],"ended":null,"best":null}' }, /record/],
  [
    'tensors of no best',
    { progress: '{"losses":[1],"heldOut":[],"ended":null,"best":null}' },
    /belong to none/,
  ],
])('a file with %s is refused', (_, metadata, sentence) => {
  rewritten(metadata);
  expectUserError(() => openState(path, run), 'checkpoint.unreadable', sentence, 'run');
});

test('a file that lacks a moment, or all of a tensor, is refused', () => {
  rewritten({}, (name) => name !== 'm/b');
  expectUserError(() => openState(path, run), 'checkpoint.unreadable', /lacks a part of "b"/, 'run');
  rewritten({}, (name) => name !== 'value/b');
  expectUserError(() => openState(path, run), 'checkpoint.unreadable', /belong to none/, 'run');
});

test("leftovers of this file's writes are removed, and nothing else", () => {
  const id = '01234567-89ab-cdef-0123-456789abcdef';
  const others = [
    `.other.${id}.tmp`,
    `.run.${id}`,
    '.run.tmp',
    `run.${id}.tmp`,
    `.run.safetensors.${id}.tmp`,
  ];
  for (const name of [...others, `.run.${id}.tmp`]) writeFileSync(join(folder, name), '');
  removeLeftovers(path);
  expect(existsSync(join(folder, `.run.${id}.tmp`))).toBe(false);
  expect(readdirSync(folder)).toEqual(expect.arrayContaining(others));
  removeLeftovers(join(folder, 'no such folder', 'run'));
});
