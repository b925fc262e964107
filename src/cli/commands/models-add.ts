/**
 * `albumen models add`: checks a checkpoint completely, then copies it to the user's models with a model.json.
 * registry.ts reads what this writes; it appears there whole or not at all.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { UserError, invariant } from '../../domain/errors.ts';
import { quoted } from '../../domain/text.ts';
import { openPrior } from '../../engine/prior.ts';
import type { Prior } from '../../engine/prior.ts';
import { checkValues } from '../check-values.ts';
import type { Host } from '../host.ts';
import { configOption, jsonOption } from '../options.ts';
import { readRegistry, userModelsFolder } from '../registry.ts';

interface Options {
  readonly config?: string;
  readonly id?: string;
  readonly title?: string;
  readonly licence?: string;
  readonly overwrite?: true;
}

export function addModelsAdd(models: Command, host: Host): void {
  models
    .command('add')
    .description('check a checkpoint and copy it to your models, so that --model ID finds it')
    .argument('<file>', 'a .safetensors, .pt or .pth file')
    .addOption(configOption())
    .option('--id <id>', "its name from now on: a-z, 0-9 and - (default: from the file's name)")
    .option('--title <text>', 'a line about it for people')
    .option('--licence <text>', 'the licence it was given under')
    .option('--overwrite', 'replace the model that has this id')
    .addOption(jsonOption())
    .action((file: string, options: Options) => addModel(file, options, host));
}

async function addModel(file: string, options: Options, { ui, env, signal }: Host): Promise<void> {
  using prior = openPrior(file, options.config);
  const id = idFrom(options.id ?? basename(file));
  refuseTaken(id, options.overwrite === true, env);
  checkValues(prior);
  const folder = userModelsFolder(env);
  const target = join(folder, id);
  const temporary = join(folder, `.${id}-${randomUUID()}`);
  try {
    await mkdir(temporary, { recursive: true });
    const weights = `weights${prior.store.format === 'safetensors' ? '.safetensors' : '.pt'}`;
    const sha256 = await copy(file, join(temporary, weights), signal);
    const { title = basename(file), licence = 'not stated' } = options;
    const model = { id, title, licence, weights, sha256, ...configurationOf(prior) };
    await writeFile(join(temporary, 'model.json'), `${JSON.stringify(model, null, 1)}\n`);
    checkCopy(prior, join(temporary, weights));
    await replace(temporary, target);
  } catch (cause) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw asUserError(cause, id, signal);
  }
  ui.out(`Added ${id}: ${target}`);
  ui.note(`Use it with: albumen restore PHOTO --out FOLDER --model ${id}`);
  ui.document({ ok: true, id, folder: target });
}

/** a-z, 0-9 and single hyphens, from any text; throws `usage` where nothing is left. */
export function idFrom(text: string): string {
  const stem = extname(text) === '' ? text : text.slice(0, -extname(text).length);
  const id = slug(stem);
  if (id !== '') return id;
  throw new UserError('usage', `No id can be made from ${quoted(text)}.`, 'Give one with --id.');
}

/** A name that can be a folder's everywhere; empty where nothing is left. */
export function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 60)
    .replace(/^-|-$/g, '');
}

function refuseTaken(id: string, overwrite: boolean, env: NodeJS.ProcessEnv): void {
  const { models, broken } = readRegistry(env);
  const taken = [...models, ...broken].find((model) => model.id === id);
  if (taken === undefined || (overwrite && taken.origin === 'added')) return;
  const advice =
    taken.origin === 'added' ? 'Give another --id, or --overwrite to replace it.' : 'Give another --id.';
  throw new UserError('model.exists', `There is a model called ${quoted(id)} already.`, advice);
}

/** Copies and hashes in one pass. */
async function copy(from: string, to: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  const target = createWriteStream(to, { flags: 'wx', flush: true });
  await pipeline(createReadStream(from), hashing, target, { signal });
  return hash.digest('hex');
}

/**
 * What shapes do not tell, in the form that engine/nn/hints.ts reads: the configuration that was found beside the
 * original or given with --config, made one with the model.
 */
export function configurationOf({ config, schedule, scheduleName }: Prior): Record<string, unknown> {
  if (config.kind === 'ddpm')
    return {
      _class_name: 'UNet2DModel',
      sample_size: config.imageSize,
      attention_head_dim: config.headChannels ?? null,
      downsample_padding: config.downsamplePadding,
      flip_sin_to_cos: config.timestepOrder === 'cos-sin',
      freq_shift: config.frequencyShift,
      norm_eps: config.eps,
      norm_num_groups: config.groups,
    };
  const heads =
    'count' in config.heads
      ? { num_heads: config.heads.count }
      : { num_head_channels: config.heads.channels };
  return {
    config: { image_size: config.imageSize, ...heads, use_new_attention_order: config.qkvOrder === 'new' },
    schedule: scheduleName,
    steps: schedule.T,
  };
}

/** The copy must open as the very same model. */
function checkCopy(prior: Prior, copied: string): void {
  using again = openPrior(copied, join(copied, '../model.json'));
  const same = (a: Prior): string => JSON.stringify([a.config, a.scheduleName, a.schedule.T, a.parameters]);
  invariant(same(again) === same(prior), 'the added copy is not the same model');
}

/** A rename; with something in the way, that goes aside first and away at the end. */
async function replace(from: string, target: string): Promise<void> {
  const aside = `${from}-old`;
  const hadOne = await rename(target, aside).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
      throw error;
    },
  );
  try {
    await rename(from, target);
  } catch (error) {
    if (hadOne) await rename(aside, target);
    throw error;
  }
  await rm(aside, { recursive: true, force: true });
}

function asUserError(cause: unknown, id: string, signal: AbortSignal): unknown {
  if (signal.aborted)
    return new UserError('cancelled', 'Adding the model was stopped; nothing was added.', undefined, {
      cause,
    });
  if (!(cause instanceof Error && 'syscall' in cause && 'code' in cause)) return cause;
  return new UserError(
    'output.unwritable',
    `The model ${quoted(id)} could not be copied to your models (${String(cause.code)}).`,
    'Check that the disk has room and that the folder may be written to; ALBUMEN_HOME names another.',
    { cause },
  );
}
