/**
 * What a log says at the usual level: what went wrong and where in the program, and nothing of anybody's files.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { UserError } from '../../src/domain/errors.ts';
import { logFile, openLog, withoutNames } from '../../src/processes/logs.ts';

const data = mkdtempSync(join(tmpdir(), 'albumen-logs-'));
afterAll(() => rmSync(data, { recursive: true, force: true }));

const options = {
  ...{ data, resources: '' },
  engine: 'fork',
  watch: false,
  steps: null,
  recover: null,
  patience: 0,
} as const;

it.each([
  ['open /home/anna/My Photos/oma.jpg failed', 'open … failed'],
  ['at run (file:///opt/albumen/src/engine/prior.ts:20:5)', 'at run (prior.ts:20:5)'],
  ['C:\\Users\\anna\\x.png is gone', '… is gone'],
  ['"Oma 1944.jpg" is damaged', '"…" is damaged'],
  ['no such column: x', 'no such column: x'],
])('leaves paths and names out of %s', (text, clean) => {
  expect(withoutNames(text)).toBe(clean);
});

it('is a file a process, with a reference for each failure', async () => {
  const log = openLog('library', { ...options, logLevel: 'info' });
  const reference = log.failure(new Error("ENOENT: no such file, open '/home/anna/oma.jpg'"), 'photos.page');
  log.failure(new UserError('missing', '"oma.jpg" is not there.'), 'photos.get');
  await log.close();
  const text = readFileSync(logFile(data, 'library'), 'utf8');
  expect(text).toContain(reference);
  expect(text).toContain('"code":"missing"');
  expect(text).not.toMatch(/anna|oma/);
});

it('says all of it where somebody asked for that', async () => {
  const log = openLog('engine', { ...options, logLevel: 'debug' });
  log.failure(new Error('/home/anna/oma.jpg'), 'restore');
  await log.close();
  expect(readFileSync(logFile(data, 'engine'), 'utf8')).toContain('/home/anna/oma.jpg');
});
