/**
 * `albumen models inspect`: what a checkpoint holds, as far as Albumen understands it, with every value read once.
 * describe.ts finds the words; check-values.ts looks for what is not a number.
 */
import type { Command } from 'commander';
import { KIND_NAMES } from '../../domain/catalog.ts';
import { checkHash } from '../../services/models/installed.ts';
import type { InstalledModel } from '../../services/models/installed.ts';
import { checkModel } from '../check-model.ts';
import { checkValues } from '../check-values.ts';
import { describePrior, storedTypes } from '../describe.ts';
import type { Facts } from '../describe.ts';
import type { Host } from '../host.ts';
import { configOption, jsonOption } from '../options.ts';
import { openChoice, readRegistry, resolveModel } from '../registry.ts';

export function addModelsInspect(models: Command, host: Host): void {
  models
    .command('inspect')
    .description("show a model's format, network, schedule and metadata, and check its values")
    .argument('<file or id>')
    .addOption(configOption())
    .addOption(jsonOption())
    .action((model: string, { config }: { readonly config?: string }) => inspectModel(model, config, host));
}

async function inspectModel(model: string, config: string | undefined, host: Host): Promise<void> {
  const found = readRegistry(host.env).models.find(({ id }) => id === model);
  if (found && found.kind !== 'prior') await inspectNetwork(found, host);
  else await inspectPrior(model, config, host);
}

/** A detector or recogniser: it runs, and it is the file that was added. */
async function inspectNetwork(model: InstalledModel, { ui, signal }: Host): Promise<void> {
  await checkModel(model.kind, model.path);
  await checkHash(model, signal);
  ui.out(model.id);
  for (const [label, value] of [...factsOf(model), ['runs', hashLine(model)] as const])
    ui.out(`  ${label.padEnd(12)}${value}`);
  ui.document({ ok: true, model: model.id, ...model });
}

async function inspectPrior(
  model: string,
  config: string | undefined,
  { ui, env, signal }: Host,
): Promise<void> {
  const choice = resolveModel(model, config, env);
  using prior = openChoice(choice);
  checkValues(prior);
  const { entry } = choice;
  if (entry) await checkHash(entry, signal);
  const facts = [
    ...(entry ? factsOf(entry) : []),
    ...describePrior(prior),
    ['values', `all are numbers${entry?.sha256 === undefined ? '' : `; ${hashLine(entry)}`}`] as const,
  ];
  ui.out(choice.name);
  for (const [label, value] of facts) ui.out(`  ${label.padEnd(12)}${value}`);
  const { store, parameters, schedule, scheduleName, variance } = prior;
  ui.document({
    ok: true,
    model: choice.name,
    path: choice.path,
    ...entry,
    format: store.format,
    bytes: store.fileBytes,
    parameters,
    types: storedTypes(prior),
    network: prior.config,
    schedule: { name: scheduleName, steps: schedule.T },
    variance,
    metadata: Object.fromEntries(store.metadata),
    tensors: [...store.tensors.values()],
  });
}

function factsOf({ kind, title, licence, noncommercial, path }: InstalledModel): Facts {
  return [
    ['title', title],
    ['kind', KIND_NAMES[kind]],
    ['licence', `${licence}${noncommercial ? ' (noncommercial)' : ''}`],
    ['file', path],
  ];
}

/** After checkHash. */
function hashLine({ sha256, verified }: InstalledModel): string {
  if (sha256 === undefined) return 'no hash is known';
  return verified === false
    ? 'the hash is that of the first download; no other is known (unverified)'
    : 'the hash is right';
}
