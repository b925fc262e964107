/**
 * `albumen models download`: what it says and where the model is then, with a prior served on this machine.
 * test/services/models has the servers that misbehave.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { DownloadEntry } from '../../src/domain/catalog.ts';
import { download } from '../../src/cli/commands/models-download.ts';
import { createUi } from '../../src/cli/ui.ts';
import { file, serve } from '../services/models/server.ts';
import { GOLDEN, MODEL, albumen, photoAt, temporaryFolder } from './helpers.ts';

const BYTES = readFileSync(MODEL);
const CONFIG = JSON.parse(readFileSync(join(GOLDEN, 'adm-plain.json'), 'utf8')) as Record<string, unknown>;

function entry(url: string, more: Partial<DownloadEntry['download']> = {}): DownloadEntry {
  return {
    id: 'served',
    kind: 'prior',
    title: 'A small prior',
    purpose: 'Tests.',
    licence: {
      name: 'L',
      summary: 'Be nice.',
      url: 'https://example.org/l',
      accept: true,
      noncommercial: true,
    },
    config: CONFIG,
    download: { url, file: 'weights.pt', aboutBytes: BYTES.length, ...more },
  };
}

async function run(
  from: DownloadEntry,
  home: string,
  options: { readonly acceptLicence?: true; readonly json?: true } = { acceptLicence: true },
): Promise<{ stdout: string; stderr: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  await download(from, options, {
    ui: createUi({ json: options.json === true, stdout, stderr }),
    env: { ALBUMEN_HOME: home },
    signal: new AbortController().signal,
    exit: () => undefined,
  });
  const text = (stream: PassThrough): string => String(stream.read() ?? '');
  return { stdout: text(stdout), stderr: text(stderr) };
}

test('a prior is downloaded, checked, and restores', async () => {
  const home = temporaryFolder();
  const { url } = await serve(file(BYTES));
  const { stdout, stderr } = await run(entry(url), home);
  expect(stdout).toBe(`Installed served: ${join(home, 'models/served/weights.pt')}\n`);
  expect(stderr).toContain('Licence: L. Be nice. https://example.org/l');
  expect(stderr).toContain('Unverified: no hash of it was published');
  expect((await albumen(['models', 'list'], { home })).stdout).toMatch(
    /^served +16 px +0\.7 M +added +L \(noncommercial\) +A small prior$/m,
  );
  expect((await albumen(['models', 'inspect', 'served'], { home })).stdout).toContain('(unverified)');
  const folder = temporaryFolder();
  const photo = await photoAt(join(folder, 'a.png'));
  const args = [
    'restore',
    photo,
    '--out',
    folder,
    '--model',
    'served',
    '--device',
    'cpu',
    '--steps',
    '1',
    '--aligned',
  ];
  expect((await albumen(args, { home })).code).toBe(0);
});

test('for programs; a second time it was there before', async () => {
  const home = temporaryFolder();
  const { url, ranges } = await serve(file(BYTES));
  const sha256 = createHash('sha256').update(BYTES).digest('hex');
  const from = entry(url, { sha256 });
  const first = await run(from, home, { acceptLicence: true, json: true });
  expect(JSON.parse(first.stdout)).toEqual({
    ok: true,
    id: 'served',
    kind: 'prior',
    done: 'now',
    path: join(home, 'models/served/weights.pt'),
    sha256,
    verified: true,
    licence: 'L',
    noncommercial: true,
  });
  const second = await run(from, home, { json: true });
  expect(JSON.parse(second.stdout)).toMatchObject({ done: 'before' });
  expect(ranges).toHaveLength(1);
  expect((await run(from, home)).stdout).toContain('served is installed already: ');
});

test('nobody to ask: the licence must be accepted by an option', async () => {
  const home = temporaryFolder();
  const { url, ranges } = await serve(file(BYTES));
  await expect(run(entry(url), home, { json: true })).rejects.toMatchObject({
    code: 'licence.unaccepted',
    advice: 'Read it (https://example.org/l), then give the command again with --accept-licence.',
  });
  expect(ranges).toHaveLength(0);
});

test('a checkpoint that must be refused is not installed', async () => {
  const home = temporaryFolder();
  const { url } = await serve(file(readFileSync(join(GOLDEN, 'hostile.pt'))));
  await expect(run(entry(url, { aboutBytes: 1000 }), home)).rejects.toMatchObject({
    code: 'checkpoint.refused',
  });
  expect(existsSync('/tmp/albumen-pwned')).toBe(false);
  const { unusable } = JSON.parse((await albumen(['models', 'list', '--json'], { home })).stdout) as {
    unusable: unknown[];
  };
  expect(unusable).toEqual([]);
  expect(existsSync(join(home, 'models/served'))).toBe(false);
});

describe('the command', () => {
  test.each([
    [
      'nothing',
      'The catalog has no model called "nothing". It has: gen2res-256, ddpm-ema-celebahq-256, yunet.',
    ],
    ['face-128', '"face-128" comes with Albumen and needs no download.'],
    ['face-recogniser', 'Add it with: albumen models add FILE --kind face-recogniser'],
    ['gen2res-256', 'For noncommercial research (academic research and teaching) only'],
  ])('%s: one sentence, 2', async (id, sentence) => {
    const home = join(temporaryFolder(), 'home');
    const ran = await albumen(['models', 'download', id, '--json'], { home });
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(sentence);
    expect(JSON.parse(ran.stdout)).toMatchObject({ ok: false });
    expect(existsSync(home)).toBe(false);
  });

  test('a model that is only in the catalog is named as one to download', async () => {
    const ran = await albumen(['models', 'inspect', 'gen2res-256']);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toBe(
      'albumen: The model "gen2res-256" is not here yet. Download it with: albumen models download gen2res-256\n',
    );
  });
});
