/**
 * Anything at all, sent to the real studio: it answers every call with a result or a sentence, no process ends, and no
 * file is touched but its own.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connect } from '../../src/contract/client.ts';
import { forWindows } from '../../src/contract/studio.ts';
import type { Definition } from '../../src/contract/rpc.ts';
import { UserError } from '../../src/domain/errors.ts';
import { filesIn, hashesIn } from './crash.ts';
import { inputFor } from './inputs.ts';
import { photoWithFace, places, startStudio, scanAll, useTiny } from './studio.ts';
import type { OpenStudio } from './studio.ts';

const at = places();
const elsewhere = join(at.data, '..', 'elsewhere');
let studio: OpenStudio;
let ids: string[];

beforeAll(async () => {
  mkdirSync(elsewhere);
  writeFileSync(join(elsewhere, 'letter.txt'), 'Dear grandma');
  for (let n = 0; n < 2; n++) await photoWithFace(join(at.photos, `${n}.jpg`), n);
  studio = startStudio(at.data);
  const { window, host } = studio;
  await useTiny(studio);
  const folder = await host.libraryHost.addFolder({ path: at.photos });
  const target = await host.files.addTarget({ path: at.out });
  await scanAll(studio);
  const photos = await window.photos.ids({ limit: 10 });
  const person = await window.people.create({ name: 'anna' });
  ids = [folder.id, target.id, person.id, ...photos];
});

afterAll(() => studio.library.close());

/** By name, so that a counterexample is short. */
const calls = new Map<string, { slice: string; key: string; definition: Definition }>();
for (const [slice, { definitions }] of Object.entries(forWindows))
  for (const [key, definition] of Object.entries<Definition>(definitions))
    calls.set(`${slice}.${key}`, { slice, key, definition });

/** Asks; resolves with the error, where it was one. */
async function ask(name: string, input: unknown): Promise<unknown> {
  const { slice, key, definition } = calls.get(name)!;
  const part: unknown = Reflect.get(studio.window, slice);
  const call = Reflect.get(part as object, key) as (input: unknown, options: object) => unknown;
  try {
    if (definition.kind === 'call') await call(input, {});
    else {
      const abort = new AbortController();
      setTimeout(() => abort.abort(), 20);
      for await (const _ of call(input, { signal: abort.signal }) as AsyncIterable<unknown>) continue;
    }
    return undefined;
  } catch (error) {
    return error;
  }
}

it('answers anything with a result or a sentence', { timeout: 300_000 }, async () => {
  const before = [hashesIn(at.photos), hashesIn(elsewhere)];
  const one = fc
    .constantFrom(...calls.keys())
    .chain((name) => inputFor(calls.get(name)!.definition.input, ids).map((input) => ({ name, input })));
  await fc.assert(
    fc.asyncProperty(one, async ({ name, input }) => {
      const error = await ask(name, input);
      if (error === undefined) return;
      expect(error).toBeInstanceOf(UserError);
      const { code, message } = error as UserError;
      expect(code, `${name}: ${message}`).not.toMatch(/^(internal|disconnected)$/);
      expect(message).not.toMatch(/\.ts:|\n/);
    }),
    { numRuns: 250, endOnFailure: true },
  );
  const { jobs } = await studio.window.jobs.list({ limit: 500 });
  await studio.window.jobs.cancel({ jobs: jobs.map(({ id }) => id) });
  expect(await studio.window.settings.get()).toHaveProperty('model');
  expect(studio.library.child.exitCode).toBeNull();
  expect([hashesIn(at.photos), hashesIn(elsewhere)]).toEqual(before);
  expect(
    filesIn(join(at.data, '..')).filter((path) => !/^(data|photos|out|elsewhere)[\\/]/.test(path)),
  ).toEqual([]);
});

it('answers ten thousand calls at once, some of them with “busy”', { timeout: 120_000 }, async () => {
  const answers = await Promise.all(
    Array.from({ length: 10_000 }, (_, i) =>
      studio.window.photos.page({ offset: i, limit: 1 }).then(
        () => 'answered',
        (error: unknown) => (error as UserError).code,
      ),
    ),
  );
  expect(answers.filter((answer) => answer !== 'answered' && answer !== 'busy')).toEqual([]);
  expect(answers.filter((answer) => answer === 'answered').length).toBeGreaterThan(1000);
  expect(await studio.window.photos.page({ offset: 0, limit: 1 })).toHaveProperty('photos');
});

it('ends a line that says what no client says, and serves the others', async () => {
  const line = studio.library.open('stranger');
  const closed = new Promise<string>((resolve) => line.start({ message: () => undefined, closed: resolve }));
  line.send({ kind: 'call', id: -1, name: '__proto__', input: {} });
  expect(await closed).toContain('message');
  const { client } = connect(forWindows, studio.library.open('window-2'));
  // hosts alone may ask for paths
  expect(Object.keys(client)).not.toContain('libraryHost');
  const raw = studio.library.open('window-3');
  const answer = new Promise((resolve) => raw.start({ message: resolve, closed: resolve }));
  raw.send({ kind: 'call', id: 1, name: 'libraryHost.addFolder', input: { path: '/' } });
  expect(await answer).toMatchObject({ kind: 'error', error: { code: 'usage' } });
});
