/**
 * The catalog that comes with Albumen, and what a model folder must say to be found.
 * download.test.ts installs what is in it.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseHints } from '../../../src/engine/nn/hints.ts';
import { entryToDownload, readCatalog } from '../../../src/services/models/catalog.ts';
import { installedModels, modelsAtHand } from '../../../src/services/models/installed.ts';
import { temporaryFolder } from './server.ts';

const BUNDLED = join(import.meta.dirname, '../../../resources/models');

describe('the catalog', () => {
  const catalog = readCatalog(BUNDLED);

  test('every bundled model it names is there, and the other way round', () => {
    const named = catalog.flatMap((entry) => ('bundled' in entry ? [[entry.id, entry.kind]] : []));
    const here = installedModels({ bundled: BUNDLED, added: join(BUNDLED, 'none') });
    expect(here.map(({ id, kind }) => [id, kind])).toEqual(named);
    for (const { path, sha256 } of here) {
      expect(existsSync(path)).toBe(true);
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    }
  });

  test('downloads come over https, with a licence that has an address', () => {
    for (const entry of catalog) {
      if (!('download' in entry)) continue;
      expect(entry.download.url).toMatch(/^https:\/\//);
      expect(entry.licence.url).toMatch(/^https:\/\//);
      expect(entry.download.bytes ?? entry.download.aboutBytes).toBeGreaterThan(0);
      if (entry.licence.noncommercial) expect(entry.licence.accept).toBe(true);
    }
  });

  test.each([
    ['gen2res-256', { imageSize: 256, heads: 1, qkvOrder: 'legacy', schedule: 'linear', steps: 1000 }],
    ['ddpm-ema-celebahq-256', { imageSize: 256, groups: 32, normEps: 1e-6, frequencyShift: 1 }],
  ])("%s's configuration is one the engine reads", (id, hints) => {
    expect(parseHints(entryToDownload(catalog, id).config, 'model.json')).toMatchObject(hints);
  });

  test.each([
    ['face-128', 'usage', '"face-128" comes with Albumen and needs no download.'],
    ['face-recogniser', 'usage', '"face-recogniser" cannot be downloaded: '],
    ['nothing', 'model.unknown', 'The catalog has no model called "nothing".'],
  ])('%s is not to be downloaded', (id, code, sentence) => {
    expect(() => entryToDownload(catalog, id)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(sentence) as string }) as Error,
    );
  });

  test.each([
    ['an entry of no kind', (text: string) => text.replace('"prior"', '"poem"')],
    [
      'a path for a folder',
      (text: string) => text.replace('"bundled": "face-128"', '"bundled": "../face-128"'),
    ],
    ['an id twice', (text: string) => text.replace('"gen2res-256"', '"yunet"')],
  ])('%s is a mistake of ours', (_what, change) => {
    const folder = temporaryFolder();
    const text = readFileSync(join(BUNDLED, 'catalog.json'), 'utf8');
    expect(change(text)).not.toBe(text);
    writeFileSync(join(folder, 'catalog.json'), change(text));
    expect(() => readCatalog(folder)).toThrow(/^internal: catalog\.json/);
  });
});

describe('model folders', () => {
  function withModels(files: Readonly<Record<string, string>>): string {
    const folder = temporaryFolder();
    for (const [id, text] of Object.entries(files)) {
      mkdirSync(join(folder, id), { recursive: true });
      writeFileSync(join(folder, id, 'model.json'), text);
    }
    return folder;
  }

  test('without a kind it is a prior; others say what they are', () => {
    const added = withModels({
      old: '{"id":"old","weights":"weights.pt"}',
      eyes: '{"id":"eyes","kind":"face-detector","weights":"weights.onnx","licence":"MIT"}',
      '.download-x': '{"id":"x","weights":"weights.pt"}',
    });
    const models = installedModels({ bundled: join(added, 'none'), added });
    expect(models.map(({ id, kind, licence }) => [id, kind, licence])).toEqual([
      ['eyes', 'face-detector', 'MIT'],
      ['old', 'prior', 'not stated'],
    ]);
  });

  test('of two with one id the bundled one counts', () => {
    const text = '{"id":"a","weights":"w.pt"}';
    const models = installedModels({ bundled: withModels({ a: text }), added: withModels({ a: text }) });
    expect(models.map(({ origin }) => origin)).toEqual(['bundled']);
  });

  test.each([
    ['no JSON', '{'],
    ['an unknown kind', '{"id":"a","kind":"poem","weights":"w.pt"}'],
    ['a path for weights', '{"id":"a","weights":"../w.pt"}'],
  ])('%s: named, not used', (_what, text) => {
    const { models, broken } = modelsAtHand({ bundled: '/nonexistent', added: withModels({ a: text }) });
    expect(models).toEqual([]);
    expect(broken).toMatchObject([{ id: 'a', origin: 'added', error: { code: 'model.unsupported' } }]);
  });
});
