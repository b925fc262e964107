/**
 * `albumen models add`: checks a model file completely, then copies it to the user's models with a model.json.
 * services/models/add.ts copies, and installed.ts beside it finds it there.
 */
import { basename, join } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { MODEL_KINDS } from '../../domain/catalog.ts';
import type { ModelKind } from '../../domain/catalog.ts';
import { UserError, invariant } from '../../domain/errors.ts';
import { configurationOf } from '../../engine/configuration.ts';
import { openPrior } from '../../engine/prior.ts';
import type { Prior } from '../../engine/prior.ts';
import { addModel, idFrom, refuseTaken } from '../../services/models/add.ts';
import type { NewModel } from '../../services/models/add.ts';
import { checkModel } from '../check-model.ts';
import { checkValues } from '../check-values.ts';
import type { Host } from '../host.ts';
import { configOption, jsonOption } from '../options.ts';
import { modelFolders } from '../registry.ts';

export { slug } from '../../services/models/add.ts';

interface Options {
  readonly kind: ModelKind;
  readonly config?: string;
  readonly id?: string;
  readonly title?: string;
  readonly licence?: string;
  readonly overwrite?: true;
}

export function addModelsAdd(models: Command, host: Host): void {
  models
    .command('add')
    .description('check a model file and copy it to your models, so that its id finds it')
    .argument(
      '<file>',
      'a .safetensors, .pt or .pth file of a prior, or the .onnx file of a detector or recogniser',
    )
    .addOption(
      new Option('--kind <kind>', 'what it is').choices(MODEL_KINDS).default('prior' satisfies ModelKind),
    )
    .addOption(configOption())
    .option('--id <id>', "its name from now on: a-z, 0-9 and - (default: from the file's name)")
    .option('--title <text>', 'a line about it for people')
    .option('--licence <text>', 'the licence it was given under')
    .option('--overwrite', 'replace the model that has this id')
    .addOption(jsonOption())
    .action((file: string, options: Options) => addFile(file, options, host));
}

async function addFile(file: string, options: Options, host: Host): Promise<void> {
  if (options.kind === 'prior') await addPrior(file, options, host);
  else await addNetwork(file, options, host);
}

async function addPrior(file: string, options: Options, host: Host): Promise<void> {
  using prior = openPrior(file, options.config);
  const id = idFrom(options.id ?? basename(file));
  refuseTaken(id, options.overwrite === true, modelFolders(host.env));
  checkValues(prior);
  const weights = `weights${prior.store.format === 'safetensors' ? '.safetensors' : '.pt'}`;
  const plan = { id, weights, config: configurationOf(prior) };
  await install(file, plan, options, host, (copied) => checkCopy(prior, copied));
  host.ui.note(`Use it with: albumen restore PHOTO --out FOLDER --model ${id}`);
}

/** A face detector or recogniser: an ONNX file that was tried once. */
async function addNetwork(file: string, options: Options, host: Host): Promise<void> {
  if (options.config !== undefined)
    throw new UserError('usage', '--config is of priors only.', 'Leave it out.');
  const id = idFrom(options.id ?? basename(file));
  refuseTaken(id, options.overwrite === true, modelFolders(host.env));
  const check = (path: string): Promise<void> => checkModel(options.kind, path);
  await check(file);
  await install(file, { id, weights: 'weights.onnx', config: {} }, options, host, check);
}

async function install(
  file: string,
  plan: Pick<NewModel, 'id' | 'weights' | 'config'>,
  { kind, title = basename(file), licence = 'not stated', overwrite }: Options,
  { ui, env, signal }: Host,
  check: (copied: string) => void | Promise<void>,
): Promise<void> {
  const model = { ...plan, kind, title, licence };
  const folder = await addModel(file, model, modelFolders(env), {
    signal,
    overwrite: overwrite === true,
    check,
  });
  ui.out(`Added ${plan.id}: ${folder}`);
  ui.document({ ok: true, id: plan.id, kind, folder });
}

/** The copy must open as the very same model. */
function checkCopy(prior: Prior, copied: string): void {
  using again = openPrior(copied, join(copied, '../model.json'));
  const same = (a: Prior): string => JSON.stringify([a.config, a.scheduleName, a.schedule.T, a.parameters]);
  invariant(same(again) === same(prior), 'the added copy is not the same model');
}
