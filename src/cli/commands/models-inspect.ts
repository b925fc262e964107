/**
 * `albumen models inspect`: what a checkpoint holds, as far as Albumen understands it, with every value read once.
 * describe.ts finds the words; check-values.ts looks for what is not a number.
 */
import { createReadStream } from 'node:fs';
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { UserError } from '../../domain/errors.ts';
import { quoted } from '../../domain/text.ts';
import { checkValues } from '../check-values.ts';
import { describePrior, storedTypes } from '../describe.ts';
import type { Host } from '../host.ts';
import { configOption, jsonOption } from '../options.ts';
import { openChoice, resolveModel } from '../registry.ts';
import type { ModelEntry } from '../registry.ts';

export function addModelsInspect(models: Command, host: Host): void {
  models
    .command('inspect')
    .description("show a model's format, network, schedule and metadata, and check its values")
    .argument('<file or id>')
    .addOption(configOption())
    .addOption(jsonOption())
    .action((model: string, { config }: { readonly config?: string }) => inspectModel(model, config, host));
}

async function inspectModel(model: string, config: string | undefined, { ui, env }: Host): Promise<void> {
  const choice = resolveModel(model, config, env);
  using prior = openChoice(choice);
  checkValues(prior);
  const { entry } = choice;
  if (entry) await checkHash(entry);
  const facts = [
    ...(entry
      ? ([
          ['title', entry.title],
          ['licence', entry.licence],
          ['file', entry.path],
        ] as const)
      : []),
    ...describePrior(prior),
    [
      'values',
      entry?.sha256 === undefined ? 'all are numbers' : 'all are numbers; the hash is right',
    ] as const,
  ];
  ui.out(choice.name);
  for (const [label, value] of facts) ui.out(`  ${label.padEnd(12)}${value}`);
  const { store, parameters, schedule, scheduleName, variance } = prior;
  ui.document({
    ok: true,
    model: choice.name,
    path: choice.path,
    ...(entry && { title: entry.title, licence: entry.licence, origin: entry.origin, sha256: entry.sha256 }),
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

/** Throws UserError `checkpoint.unreadable` where the file is no longer the one that was added or bundled. */
async function checkHash({ id, path, sha256 }: ModelEntry): Promise<void> {
  if (sha256 === undefined) return;
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  if (hash.digest('hex') === sha256) return;
  throw new UserError(
    'checkpoint.unreadable',
    `The weights of ${quoted(id)} are not those its model.json names: the file was changed or damaged.`,
    'Add the model again, or reinstall Albumen if it is a bundled one.',
  );
}
