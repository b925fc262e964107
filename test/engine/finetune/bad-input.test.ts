/**
 * What a finetune refuses, each with one clear sentence, and that nothing is lost by it.
 * Read next: finetune.ts.
 */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import type { writeSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import type { UserError } from '../../../src/domain/errors.ts';
import { recipeFor } from '../../../src/engine/finetune/recipes.ts';
import { finetune } from '../../../src/engine/finetune.ts';
import type { FinetuneRequest } from '../../../src/engine/finetune.ts';
import { temporaryFolder } from '../checkpoint/helpers.ts';
import { FakeTrainer, album, failureOf, follow, recipe, request } from './fake-trainer.ts';

/** What stands in for the disk: once `room` writes are done it is full. */
const disk = vi.hoisted(() => ({ room: Infinity }));

vi.mock('node:fs', async (original) => {
  const fs = await original<{ writeSync: typeof writeSync }>();
  return {
    ...fs,
    writeSync: (descriptor: number, data: Uint8Array, offset?: number) => {
      if (disk.room-- > 0) return fs.writeSync(descriptor, data, offset);
      throw Object.assign(new Error('no space left'), { code: 'ENOSPC', syscall: 'write' });
    },
  };
});

const folder = temporaryFolder();
let file = '';
let files = 0;
beforeEach(() => {
  disk.room = Infinity;
  const own = join(folder, String(files++));
  mkdirSync(own);
  file = join(own, 'anna.safetensors');
});

async function failure(change: Partial<FinetuneRequest>, trainer = new FakeTrainer()): Promise<UserError> {
  const error = await failureOf(follow(finetune(trainer, request(file, change))));
  expect(error.message).toMatch(/^[^\n]*\.$/);
  return error;
}

async function runTo(step: number): Promise<Buffer> {
  await follow(finetune(new FakeTrainer(), request(file)), (e) => e.kind === 'checkpoint' && e.step === step);
  return readFileSync(file);
}

test.each([
  [0, 'The album has 0 usable photos, but a finetune needs at least 2.'],
  [1, 'The album has 1 usable photo, but a finetune needs at least 2.'],
])('an album of %i', async (count, sentence) => {
  const error = await failure({ images: album(count) });
  expect([error.code, error.message]).toEqual(['album.unsuitable', sentence]);
  expect(readdirSync(join(file, '..'))).toEqual([]);
});

test('an album of two is enough', async () => {
  const { result } = await follow(finetune(new FakeTrainer(), request(file, { images: album(2) })));
  expect(result).toMatchObject({ steps: 60, best: undefined });
});

const [good = new Float32Array()] = album(1);
test.each([
  [good.slice(1), 'has 11 values where the prior needs 3 x 2 x 2'],
  [good.with(3, NaN), 'holds values that are not numbers'],
  [good.with(3, 1.01), 'holds values outside of -1 to 1'],
  [good.with(3, -Infinity), 'holds values outside of -1 to 1'],
])('a photo that will not do (%#)', async (bad, what) => {
  const images = [good, bad, good];
  const unnamed = await failure({ images });
  expect([unnamed.code, unnamed.message]).toEqual(['photo.unsuitable', `Photo 2 of the album ${what}.`]);
  const named = await failure({ images, names: ['a.jpg', 'b.jpg', 'c.jpg'] });
  expect(named.message).toBe(`"b.jpg" ${what}.`);
});

test.each([-1, 0.5, NaN, 2 ** 53])('the seed %f', async (seed) => {
  expect((await failure({ seed })).code).toBe('usage');
});

test('a K that is none', () => {
  for (const K of [0, -1, 2.5, NaN])
    expect(() => recipeFor('fast', { album: 'personal', K })).toThrow(/whole number/);
});

test.each([
  ['base', { base: 'base 2' }, 'another base model'],
  ['photos', { images: album(9, 8) }, 'other photos'],
  ['order of photos', { images: album(9).reverse() }, 'other photos'],
  ['recipe', { recipe: recipe({ learningRate: 0.04 }) }, 'another recipe'],
  ['seed', { seed: 6 }, 'another seed'],
  ['T', { T: 999 }, 'another number of timesteps'],
])('a checkpoint of another run: %s', async (_, change, what) => {
  const before = await runTo(5);
  const error = await failure(change);
  expect(error.code).toBe('checkpoint.mismatch');
  expect(error.message).toBe(
    `"anna.safetensors" belongs to a finetune with ${what}, so this one cannot go on from it.`,
  );
  expect(readFileSync(file).equals(before)).toBe(true);
});

test('a checkpoint that is cut short, or is something else, is named and left alone', async () => {
  const whole = await runTo(5);
  const cuts = [0, 7, 100, whole.length >> 1, whole.length - 1].map((end) => whole.subarray(0, end));
  for (const content of [...cuts, Buffer.from('Dear Anna,\n'), Buffer.from([0xff, 0xd8, 0xff, 0xe0])]) {
    writeFileSync(file, content);
    const error = await failure({});
    expect(error.code).toBe('checkpoint.unreadable');
    expect(error.message).toMatch(/^"anna.safetensors" /);
    expect(error.advice).toMatch(/^The file was left as it is/);
    expect(readFileSync(file).equals(content)).toBe(true);
  }
});

test('a disk that is full stops the run; the last good checkpoint stays, and the run goes on from it', async () => {
  const undisturbed = await follow(finetune(new FakeTrainer(), request(`${file}.other`)));
  await runTo(20);
  const before = readFileSync(file);
  disk.room = 25;
  const error = await failure({});
  expect(error.code).toBe('output.unwritable');
  expect(error.message).toMatch(
    /^The disk is full: the checkpoint "anna.safetensors" of step 2[1-9] could not be written\.$/,
  );
  expect(error.advice).toMatch(/the last good checkpoint is kept/);
  disk.room = Infinity;
  expect(readdirSync(join(file, '..')).toSorted()).toEqual(['anna.safetensors', 'anna.safetensors.other']);
  expect(readFileSync(file).length).toBeGreaterThanOrEqual(before.length);
  const { events, result } = await follow(finetune(new FakeTrainer(), request(file)));
  expect(events[0]!.step).toBeGreaterThanOrEqual(20);
  expect(result).toEqual(undisturbed.result);
  expect(readFileSync(file).equals(readFileSync(`${file}.other`))).toBe(true);
});

test('a folder that cannot be written to is known before the first step', async () => {
  const trainer = new FakeTrainer();
  file = join(folder, 'no such folder', 'anna.safetensors');
  expect((await failure({}, trainer)).code).toBe('output.unwritable');
  expect(trainer.seen).toEqual([]);
  disk.room = 0;
  file = join(folder, 'anna.safetensors');
  const error = await failure({}, trainer);
  expect(error.message).toMatch(/^The disk is full: .* of step 0 /);
  expect(error.advice).toMatch(/begin anew/);
  expect(trainer.seen).toEqual([]);
});

test('a loss that is not a number stops the run and keeps the last good state', async () => {
  const trainer = new FakeTrainer();
  trainer.lossAt = (step, loss) => (step === 250 ? NaN : loss);
  const long = recipe({ steps: 300 });
  const error = await failure({ recipe: long }, trainer);
  expect(error.code).toBe('training.failed');
  expect(error.message).toBe('The finetune failed at step 250 of 300: its loss is not a number any more.');
  const { events } = await follow(finetune(new FakeTrainer(), request(file, { recipe: long })));
  expect(events[0]).toMatchObject({ kind: 'start', step: 249 });
});

test('a held-out loss that is not a number, too', async () => {
  const trainer = new FakeTrainer();
  trainer.heldOutAt = (steps, loss) => (steps === 20 ? NaN : loss);
  const error = await failure({}, trainer);
  expect([error.code, error.message]).toEqual([
    'training.failed',
    'The finetune failed at step 20 of 60: its held-out loss is not a number any more.',
  ]);
  const { events } = await follow(finetune(new FakeTrainer(), request(file)));
  expect(events[0]).toMatchObject({ kind: 'start', step: 19 });
});

test('a run cancelled before its first step has lost nothing', async () => {
  const trainer = new FakeTrainer();
  const error = await failure({ signal: AbortSignal.abort() }, trainer);
  expect([error.code, error.message]).toEqual(['cancelled', 'The finetune was stopped after step 0 of 60.']);
  expect(trainer.seen).toEqual([]);
});

test('a trainer of another kind does not take the state', async () => {
  const before = await runTo(5);
  const other = new FakeTrainer();
  other.tensors.forEach((tensor, i) => Object.assign(tensor, { name: `other ${i}` }));
  expect((await failure({}, other)).code).toBe('checkpoint.mismatch');
  expect(readFileSync(file).equals(before)).toBe(true);
});
