/**
 * Reads the catalog of models (resources/models/catalog.json; domain/catalog.ts says what is in it).
 * installed.ts says which of them are here already, download.ts fetches one.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { Catalog } from '../../domain/catalog.ts';
import type { CatalogEntry, DownloadEntry } from '../../domain/catalog.ts';
import { UserError, invariant } from '../../domain/errors.ts';
import { quoted } from '../../domain/text.ts';

/** `folder` is resources/models, or one like it. A catalog that is not one is a mistake of ours. */
export function readCatalog(folder: string): readonly CatalogEntry[] {
  const json: unknown = JSON.parse(readFileSync(join(folder, 'catalog.json'), 'utf8'));
  const parsed = v.safeParse(Catalog, json);
  invariant(parsed.success, `catalog.json: ${parsed.issues?.[0] ? v.getDotPath(parsed.issues[0]) : ''}`);
  const { models } = parsed.output;
  invariant(new Set(models.map(({ id }) => id)).size === models.length, 'catalog.json names an id twice');
  return models;
}

/** The entry to download. Throws `model.unknown`, or `usage` for one that is bundled or only comes from a file. */
export function entryToDownload(catalog: readonly CatalogEntry[], id: string): DownloadEntry {
  const entry = catalog.find((one) => one.id === id);
  if (!entry) {
    const known = catalog.flatMap((one) => ('download' in one ? [one.id] : [])).join(', ');
    throw new UserError(
      'model.unknown',
      `The catalog has no model called ${quoted(id)}.`,
      `It has: ${known}.`,
    );
  }
  if ('download' in entry) return entry;
  if ('bundled' in entry)
    throw new UserError('usage', `${quoted(id)} comes with Albumen and needs no download.`);
  throw new UserError(
    'usage',
    `${quoted(id)} cannot be downloaded: ${entry.licence.summary}`,
    `${entry.fromFile} Add it with: albumen models add FILE --kind ${entry.kind}`,
  );
}
