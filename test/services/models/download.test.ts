/**
 * From a catalog entry to an installed model, or to nothing at all: licence, hash, check, lock, and removing it again.
 * fetch-file.test.ts is about the bytes on the way.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as v from 'valibot';
import { DownloadEntry } from '../../../src/domain/catalog.ts';
import { bytesBegun, downloadModel, workFolder } from '../../../src/services/models/download.ts';
import type { DownloadOptions, Downloaded } from '../../../src/services/models/download.ts';
import { checkHash, installedModels } from '../../../src/services/models/installed.ts';
import type { ModelFolders } from '../../../src/services/models/installed.ts';
import { removeModel } from '../../../src/services/models/remove.ts';
import { UserError } from '../../../src/domain/errors.ts';
import { file, pattern, serve, temporaryFolder } from './server.ts';

const BYTES = pattern(50_000);
const HASH = createHash('sha256').update(BYTES).digest('hex');

interface Said {
  readonly sha256?: string;
  readonly accept?: boolean;
}

function entry(url: string, { sha256 = HASH, accept = false }: Said = {}): DownloadEntry {
  return v.parse(DownloadEntry, {
    id: 'mine',
    kind: 'prior',
    title: 'Mine',
    purpose: 'Tests.',
    licence: { name: 'L', summary: 'Be nice.', accept, noncommercial: true },
    config: { schedule: 'linear', id: 'not this' },
    download: { url, file: 'weights.pt', bytes: BYTES.length, ...(sha256 !== '' && { sha256 }) },
  });
}

function newFolders(): ModelFolders {
  const folder = temporaryFolder();
  return { bundled: join(folder, 'bundled'), added: join(folder, 'added') };
}

function download(
  from: DownloadEntry,
  folders: ModelFolders,
  options: Partial<DownloadOptions> = {},
): Promise<Downloaded> {
  return downloadModel(from, folders, {
    signal: new AbortController().signal,
    retries: 0,
    pauseMs: 1,
    licenceAccepted: false,
    check: () => Promise.resolve(),
    ...options,
  });
}

test('installed whole, with what the catalog says of it', async () => {
  const { url } = await serve(file(BYTES));
  const folders = newFolders();
  const { model, done, verified } = await download(entry(url), folders);
  expect({ done, verified }).toEqual({ done: 'now', verified: true });
  expect(model).toEqual({
    id: 'mine',
    kind: 'prior',
    title: 'Mine',
    licence: 'L',
    noncommercial: true,
    origin: 'added',
    path: join(folders.added, 'mine/weights.pt'),
    configPath: join(folders.added, 'mine/model.json'),
    sha256: HASH,
    verified: true,
  });
  expect(readFileSync(model.path).equals(BYTES)).toBe(true);
  expect(JSON.parse(readFileSync(model.configPath, 'utf8'))).toMatchObject({
    schedule: 'linear',
    source: url,
  });
  expect(readdirSync(folders.added)).toEqual(['mine']);
});

test('a second time nothing is asked', async () => {
  const { url, ranges } = await serve(file(BYTES));
  const folders = newFolders();
  await download(entry(url), folders);
  const again = await download(entry(url, { accept: true }), folders);
  expect(again.done).toBe('before');
  expect(ranges).toHaveLength(1);
});

test('without a published hash it is unverified, and pinned', async () => {
  const { url } = await serve(file(BYTES));
  const folders = newFolders();
  const { model, verified } = await download(entry(url, { sha256: '' }), folders);
  expect(verified).toBe(false);
  expect(model).toMatchObject({ sha256: HASH, verified: false });
  await checkHash(model);
  writeFileSync(model.path, pattern(BYTES.length).reverse());
  await expect(checkHash(model)).rejects.toMatchObject({
    code: 'checkpoint.unreadable',
    message: 'The weights of "mine" are not those its model.json names: the file was changed or damaged.',
  });
});

test('wrong bytes are not installed and not kept', async () => {
  const { url } = await serve(file(pattern(BYTES.length).reverse()));
  const folders = newFolders();
  await expect(download(entry(url), folders)).rejects.toMatchObject({
    code: 'download.unsound',
    message: expect.stringMatching(
      /^What was downloaded is not "mine": its SHA-256 is [0-9a-f]{12}…, not /,
    ) as string,
  });
  expect(readdirSync(folders.added)).toEqual([]);
});

test('what does not open is not installed and not kept', async () => {
  const { url } = await serve(file(BYTES));
  const folders = newFolders();
  const seen: string[] = [];
  const check = (weights: string, configPath: string): Promise<void> => {
    expect(readFileSync(weights).equals(BYTES)).toBe(true);
    expect(JSON.parse(readFileSync(configPath, 'utf8'))).toMatchObject({ id: 'mine' });
    seen.push(...installedModels(folders).map(({ id }) => id));
    return Promise.reject(new UserError('checkpoint.refused', 'No.'));
  };
  await expect(download(entry(url), folders, { check })).rejects.toMatchObject({ message: 'No.' });
  expect(seen).toEqual([]);
  expect(readdirSync(folders.added)).toEqual([]);
});

test('a licence that must be accepted', async () => {
  const { url, ranges } = await serve(file(BYTES));
  const folders = newFolders();
  await expect(download(entry(url, { accept: true }), folders)).rejects.toMatchObject({
    code: 'licence.unaccepted',
    message: '"mine" is under the L, which you have not accepted: Be nice.',
  });
  expect(ranges).toHaveLength(0);
  expect(existsSync(folders.added)).toBe(false);
  await download(entry(url, { accept: true }), folders, { licenceAccepted: true });
});

test('stopped and begun again: the rest is asked for, and nothing is left over', async () => {
  const folders = newFolders();
  const part = join(workFolder(folders, 'mine'), 'weights.pt.part');
  const { url, ranges } = await serve(file(BYTES, { breakAfter: [20_000], part }));
  await expect(download(entry(url), folders)).rejects.toMatchObject({ code: 'download.failed' });
  expect(installedModels(folders)).toEqual([]);
  expect(await bytesBegun(entry(url), folders)).toBe(20_000);
  await download(entry(url), folders);
  expect(ranges).toEqual([undefined, 'bytes=20000-']);
  expect(readdirSync(folders.added)).toEqual(['mine']);
  expect(await bytesBegun(entry(url), folders)).toBe(0);
});

test('killed between the last two renames: the whole file is not fetched again', async () => {
  const { url, ranges } = await serve(file(BYTES));
  const folders = newFolders();
  const work = workFolder(folders, 'mine');
  mkdirSync(join(work, 'ready'), { recursive: true });
  writeFileSync(join(work, 'ready/weights.pt'), BYTES);
  writeFileSync(join(work, 'ready/model.json'), '{}');
  writeFileSync(
    join(work, 'weights.pt.part.json'),
    JSON.stringify({ url, validator: '"one"', total: BYTES.length }),
  );
  await download(entry(url), folders);
  expect(ranges).toEqual([]);
  expect(readdirSync(folders.added)).toEqual(['mine']);
});

test('two at once: one installs, the other says that it is busy', async () => {
  const { url, ranges } = await serve(file(BYTES));
  const folders = newFolders();
  const both = await Promise.allSettled([download(entry(url), folders), download(entry(url), folders)]);
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  const rejected = both.find((one) => one.status === 'rejected');
  expect(rejected?.reason).toMatchObject({ code: 'model.busy' });
  expect(ranges).toHaveLength(1);
  expect(readdirSync(folders.added)).toEqual(['mine']);
});

test.each([
  ['of a process that is gone', '999999999', false],
  ['untouched for long', String(process.pid), true],
])('a lock %s is taken over', async (_what, pid, old) => {
  const { url } = await serve(file(BYTES));
  const folders = newFolders();
  const path = join(workFolder(folders, 'mine'), 'lock');
  mkdirSync(workFolder(folders, 'mine'), { recursive: true });
  writeFileSync(path, pid);
  if (old) utimesSync(path, 0, 0);
  expect((await download(entry(url), folders)).done).toBe('now');
});

test('a folder of that name that is no model is left alone', async () => {
  const { url } = await serve(file(BYTES));
  const folders = newFolders();
  mkdirSync(join(folders.added, 'mine'), { recursive: true });
  writeFileSync(join(folders.added, 'mine/letter.txt'), 'Dear grandma,');
  await expect(download(entry(url), folders)).rejects.toMatchObject({ code: 'model.exists' });
  expect(readFileSync(join(folders.added, 'mine/letter.txt'), 'utf8')).toBe('Dear grandma,');
});

test('removed: the model, or what is left of its download; never a bundled one', async () => {
  const { url } = await serve(file(BYTES, { breakAfter: [20_000] }));
  const folders = newFolders();
  await expect(download(entry(url), folders)).rejects.toThrow();
  await removeModel(folders, 'mine');
  expect(readdirSync(folders.added)).toEqual([]);
  await download(entry(url), folders);
  await removeModel(folders, 'mine');
  expect(readdirSync(folders.added)).toEqual([]);
  for (const id of ['mine', '../added', '.'])
    await expect(removeModel(folders, id)).rejects.toMatchObject({ code: 'model.unknown' });
  mkdirSync(join(folders.bundled, 'ours'), { recursive: true });
  writeFileSync(join(folders.bundled, 'ours/model.json'), '{"id":"ours","weights":"w.pt"}');
  await expect(removeModel(folders, 'ours')).rejects.toMatchObject({ code: 'usage' });
});
