/**
 * `albumen models list`: the models at hand, kind by kind, then what the catalog has to download.
 * services/models finds them; models-add.ts and models-download.ts add to them.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { KIND_NAMES, sizeOf } from '../../domain/catalog.ts';
import type { CatalogEntry } from '../../domain/catalog.ts';
import { UserError } from '../../domain/errors.ts';
import { openPrior } from '../../engine/prior.ts';
import { readCatalog } from '../../services/models/catalog.ts';
import type { InstalledModel } from '../../services/models/installed.ts';
import { megabytes, table } from '../describe.ts';
import type { Host } from '../host.ts';
import { jsonOption } from '../options.ts';
import { RESOURCES, readRegistry, userModelsFolder } from '../registry.ts';
import { errorForPrograms } from '../ui.ts';

export function addModelsList(models: Command, host: Host): void {
  models
    .command('list')
    .description('list the models at hand and those that can be downloaded')
    .addOption(jsonOption())
    .action(() => listModels(host));
}

/** One model at hand: as a line of its table, and for programs. */
interface Listed {
  readonly model: InstalledModel;
  readonly row: readonly string[];
  readonly more: Readonly<Record<string, unknown>>;
}

function listModels({ ui, env }: Host): void {
  const { models, broken } = readRegistry(env);
  const problems = [...broken];
  const listed: Listed[] = [];
  for (const model of models) {
    const line = describe(model);
    if (line instanceof UserError) problems.push({ id: model.id, origin: model.origin, error: line });
    else listed.push(line);
  }
  const offered = readCatalog(join(RESOURCES, 'models')).filter(
    (entry) =>
      !models.some(({ id, kind }) => id === entry.id || ('fromFile' in entry && kind === entry.kind)),
  );
  const rowsOf = (wanted: (model: InstalledModel) => boolean): (readonly string[])[] =>
    listed.filter(({ model }) => wanted(model)).map(({ row }) => row);
  const groups = [
    [['ID', 'SIZE', 'PARAMETERS', 'ORIGIN', 'LICENCE', 'TITLE'], ...rowsOf(({ kind }) => kind === 'prior')],
    [['ID', 'KIND', 'SIZE', 'ORIGIN', 'LICENCE', 'TITLE'], ...rowsOf(({ kind }) => kind !== 'prior')],
    [['TO DOWNLOAD', 'KIND', 'SIZE', 'LICENCE', 'TITLE'], ...offered.flatMap(downloadRow)],
    [['TO ADD', 'KIND', 'FROM'], ...offered.flatMap(fileRow)],
  ].filter((group) => group.length > 1);
  for (const [i, group] of groups.entries()) {
    if (i > 0) ui.out('');
    for (const line of table(group)) ui.out(line);
  }
  for (const { error } of problems) ui.problem(error);
  ui.document({
    ok: true,
    folder: userModelsFolder(env),
    models: listed.map(({ model, more }) => ({ ...model, ...more })),
    catalog: offered,
    unusable: problems.map(({ id, origin, error }) => ({ id, origin, error: errorForPrograms(error) })),
  });
}

function describe(model: InstalledModel): Listed | UserError {
  const { id, kind, origin, title, path } = model;
  const licence = `${model.licence}${model.noncommercial ? ' (noncommercial)' : ''}`;
  if (kind !== 'prior') {
    const bytes = statSync(path, { throwIfNoEntry: false })?.size;
    if (bytes === undefined)
      return new UserError(
        'checkpoint.unreadable',
        `The file of the model "${id}" is missing.`,
        'Add it again.',
      );
    const row = [id, KIND_NAMES[kind], megabytes(bytes), origin, licence, title];
    return { model, row, more: { bytes } };
  }
  try {
    using prior = openPrior(path, model.configPath);
    const { parameters, config } = prior;
    const millions = `${(parameters / 1e6).toFixed(1)} M`;
    const row = [id, `${config.imageSize} px`, millions, origin, licence, title];
    return { model, row, more: { imageSize: config.imageSize, parameters } };
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}

function downloadRow(entry: CatalogEntry): string[][] {
  if (!('download' in entry)) return [];
  const { id, kind, title, licence, download } = entry;
  const size = sizeOf(download);
  const shown = size === undefined ? 'not known' : megabytes(size.bytes);
  return [
    [id, KIND_NAMES[kind], shown, `${licence.name}${licence.noncommercial ? ' (noncommercial)' : ''}`, title],
  ];
}

function fileRow(entry: CatalogEntry): string[][] {
  return 'fromFile' in entry ? [[entry.id, KIND_NAMES[entry.kind], entry.fromFile]] : [];
}
