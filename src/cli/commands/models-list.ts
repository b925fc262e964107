/**
 * `albumen models list`: the models that --model can name.
 * registry.ts finds them; models-add.ts adds to them.
 */
import type { Command } from 'commander';
import { UserError } from '../../domain/errors.ts';
import { openPrior } from '../../engine/prior.ts';
import { table } from '../describe.ts';
import type { Host } from '../host.ts';
import { jsonOption } from '../options.ts';
import { readRegistry, userModelsFolder } from '../registry.ts';
import type { ModelEntry } from '../registry.ts';
import { errorForPrograms } from '../ui.ts';

export function addModelsList(models: Command, host: Host): void {
  models
    .command('list')
    .description('list the bundled models and those added')
    .addOption(jsonOption())
    .action(() => listModels(host));
}

function listModels({ ui, env }: Host): void {
  const { models, broken } = readRegistry(env);
  const rows: string[][] = [];
  const problems = [...broken];
  const found: Record<string, unknown>[] = [];
  for (const entry of models) {
    const size = tryOpen(entry);
    if (size instanceof UserError) {
      problems.push({ id: entry.id, origin: entry.origin, error: size });
      continue;
    }
    const { id, title, licence, origin, path, sha256 } = entry;
    const { imageSize, parameters } = size;
    found.push({ id, title, licence, origin, imageSize, parameters, path, sha256 });
    rows.push([id, `${imageSize} px`, `${(parameters / 1e6).toFixed(1)} M`, origin, licence, title]);
  }
  for (const line of table([['ID', 'SIZE', 'PARAMETERS', 'ORIGIN', 'LICENCE', 'TITLE'], ...rows]))
    ui.out(line);
  for (const { error } of problems) ui.problem(error);
  ui.document({
    ok: true,
    folder: userModelsFolder(env),
    models: found,
    unusable: problems.map(({ id, origin, error }) => ({ id, origin, error: errorForPrograms(error) })),
  });
}

function tryOpen(entry: ModelEntry): { imageSize: number; parameters: number } | UserError {
  try {
    using prior = openPrior(entry.path, entry.configPath);
    return { imageSize: prior.config.imageSize, parameters: prior.parameters };
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}
