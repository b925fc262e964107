/**
 * A run that is stopped, or whose process is killed, and started again ends with the numbers of one left alone, to the
 * last byte. killed-run.ts is the process.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { finetune } from '../../../src/engine/finetune.ts';
import type { FinetuneResult } from '../../../src/engine/finetune.ts';
import { temporaryFolder } from '../checkpoint/helpers.ts';
import { FakeTrainer, failureOf, follow, recipe, request } from './fake-trainer.ts';

const folder = temporaryFolder();
const STEPS = 240;
// checkpoints two steps apart, so that a crash loses one
const long = recipe({
  steps: STEPS,
  heldOut: { oneIn: 8, most: 4, pairs: 16, every: 7, patience: 100, draws: 2 },
});

interface Stop {
  readonly step: number;
  readonly how: 'crash' | 'cancel';
}

async function runWith(
  stops: readonly Stop[],
  file: string,
): Promise<{ result: FinetuneResult; trainer: FakeTrainer }> {
  for (const { step, how } of stops) {
    const controller = new AbortController();
    const run = follow(
      finetune(new FakeTrainer(), request(file, { recipe: long, signal: controller.signal })),
      (event) => {
        const reached = event.kind === 'step' && event.step >= step;
        if (reached && how === 'cancel') controller.abort();
        return reached && how === 'crash';
      },
    );
    if (how === 'crash' || step === STEPS) await run;
    else expect((await failureOf(run)).code).toBe('cancelled');
  }
  const trainer = new FakeTrainer();
  const { result } = await follow(finetune(trainer, request(file, { recipe: long })));
  if (!result) throw new Error('the run did not end');
  return { result, trainer };
}

test('stopped anywhere, any number of times, a run ends as if it never was', async () => {
  const whole = join(folder, 'whole');
  const expected = await runWith([], whole);
  const bytes = readFileSync(whole);
  const stop = fc.record({
    step: fc.integer({ min: 1, max: STEPS }),
    how: fc.constantFrom('crash' as const, 'cancel' as const),
  });
  const stops = fc
    .uniqueArray(stop, { minLength: 1, maxLength: 4, selector: ({ step }) => step })
    .map((list) => list.toSorted((a, b) => a.step - b.step));
  const file = join(folder, 'stopped');
  await fc.assert(
    fc.asyncProperty(stops, async (list) => {
      rmSync(file, { force: true });
      const found = await runWith(list, file);
      expect(found.result).toEqual(expected.result);
      expect(found.trainer.tensors).toEqual(expected.trainer.tensors);
      expect(readFileSync(file).equals(bytes)).toBe(true);
    }),
    { numRuns: 8 },
  );
});

test('a crash loses at most 1 % of the steps, a cancel none', async () => {
  const file = join(folder, 'loss');
  const started = async (): Promise<number> => {
    const { events } = await follow(
      finetune(new FakeTrainer(), request(file, { recipe: long })),
      ({ kind }) => kind === 'start',
    );
    return events[0]!.step;
  };
  await follow(finetune(new FakeTrainer(), request(file, { recipe: long })), ({ step }) => step === 102);
  expect(await started()).toBeGreaterThanOrEqual(100);
  const controller = new AbortController();
  const cancelled = follow(
    finetune(new FakeTrainer(), request(file, { recipe: long, signal: controller.signal })),
    ({ step, kind }) => {
      if (kind === 'step' && step === 105) controller.abort();
      return false;
    },
  );
  expect((await failureOf(cancelled)).message).toBe('The finetune was stopped after step 105 of 240.');
  expect(await started()).toBe(105);
});

/** Runs killed-run.ts in `work`; kills it within 20 ms after it says it has done `step`, where that is given. */
async function child(work: string, step = Infinity): Promise<NodeJS.Signals | null> {
  const process_ = spawn(process.execPath, [join(import.meta.dirname, 'killed-run.ts'), work], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<NodeJS.Signals | null>((resolve, reject) => {
    process_.on('error', reject);
    process_.on('exit', (code, signal) => {
      if (code === 0 || signal) resolve(signal);
      else reject(new Error(`killed-run.ts ended with ${code}`));
    });
  });
  createInterface(process_.stdout).on('line', (line) => {
    if (Number(line) >= step) setTimeout(() => process_.kill('SIGKILL'), 20 * Math.random());
  });
  return ended;
}

test('a process killed at three random moments and started again ends with the same files', async () => {
  const [whole, killed] = [join(folder, 'undisturbed'), join(folder, 'killed')];
  mkdirSync(whole);
  mkdirSync(killed);
  // left by a process killed in the middle of a write
  writeFileSync(join(killed, '.run.safetensors.01234567-89ab-cdef-0123-456789abcdef.tmp'), 'half');
  const undisturbed = child(whole);
  const moments = Array.from({ length: 3 }, (_, i) => 1 + Math.floor((i + Math.random()) * 10));
  for (const moment of moments) expect(await child(killed, moment), `at ${moments.join()}`).toBe('SIGKILL');
  expect(await child(killed)).toBeNull();
  expect(await undisturbed).toBeNull();
  expect(readdirSync(killed).toSorted()).toEqual(['result.json', 'run.safetensors']);
  for (const name of readdirSync(whole)) {
    const same = readFileSync(join(whole, name)).equals(readFileSync(join(killed, name)));
    expect(same, `${name}, killed at ${moments.join()}`).toBe(true);
  }
});
