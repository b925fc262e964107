/**
 * Where this user's models are, and what `--model` means: services/models finds them, bundled ones (resources/models) and
 * the user's (models/ in the data folder, or in ALBUMEN_HOME). commands/models.ts lists and adds.
 */
import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import envPaths from 'env-paths';
import { KIND_NAMES } from '../domain/catalog.ts';
import { UserError } from '../domain/errors.ts';
import { quoted } from '../domain/text.ts';
import { openPrior } from '../engine/prior.ts';
import type { Prior } from '../engine/prior.ts';
import { readCatalog } from '../services/models/catalog.ts';
import { modelsAtHand } from '../services/models/installed.ts';
import type { InstalledModel, ModelFolders, ModelsAtHand } from '../services/models/installed.ts';

/** Found from this file, so that the working directory does not matter. */
export const RESOURCES = join(import.meta.dirname, '../../resources');

/** The user's data folder: models, people and albums are in it. */
export function dataFolder(env: NodeJS.ProcessEnv): string {
  const home = env['ALBUMEN_HOME'];
  return home !== undefined && home !== '' ? home : envPaths('albumen', { suffix: '' }).data;
}

/** Where `models add` and `models download` put models. */
export function userModelsFolder(env: NodeJS.ProcessEnv): string {
  return join(dataFolder(env), 'models');
}

export function modelFolders(env: NodeJS.ProcessEnv): ModelFolders {
  return { bundled: join(RESOURCES, 'models'), added: userModelsFolder(env) };
}

/** Reads all model.json files, bundled first; of two with one id the bundled one counts. */
export function readRegistry(env: NodeJS.ProcessEnv): ModelsAtHand {
  return modelsAtHand(modelFolders(env));
}

export interface ModelChoice {
  /** The id, or the file's name. */
  readonly name: string;
  readonly path: string;
  readonly configPath: string | undefined;
  readonly entry: InstalledModel | undefined;
}

/**
 * What `--model` means: the id of a prior first, else a file. Throws UserError `model.unknown` for what is neither,
 * `model.unsupported` for a model of another kind; whether a file is a model shows when it is opened.
 */
export function resolveModel(
  model: string,
  configPath: string | undefined,
  env: NodeJS.ProcessEnv,
): ModelChoice {
  const { models, broken } = readRegistry(env);
  const entry = models.find(({ id }) => id === model);
  if (entry && entry.kind !== 'prior') {
    const sentence = `The model ${quoted(model)} is a ${KIND_NAMES[entry.kind]}, not a prior to restore with.`;
    throw new UserError('model.unsupported', sentence, priors(models));
  }
  if (entry) return { name: entry.id, path: entry.path, configPath: configPath ?? entry.configPath, entry };
  const reason = broken.find(({ id }) => id === model);
  if (reason) throw reason.error;
  const looksLikeFile = /[\\/]|\.(safetensors|pt|pth|ckpt|bin)$/i.test(model);
  if (looksLikeFile || statSync(model, { throwIfNoEntry: false }))
    return { name: basename(model), path: model, configPath, entry: undefined };
  if (readCatalog(join(RESOURCES, 'models')).some((one) => one.id === model && 'download' in one))
    throw new UserError(
      'model.unknown',
      `The model ${quoted(model)} is not here yet.`,
      `Download it with: albumen models download ${model}`,
    );
  throw new UserError('model.unknown', `There is no model called ${quoted(model)}.`, priors(models));
}

function priors(models: readonly InstalledModel[]): string {
  const ids = models.flatMap(({ id, kind }) => (kind === 'prior' ? [id] : []));
  return `Known: ${ids.join(', ')}. Or give a .safetensors, .pt or .pth file.`;
}

/** Opens what resolveModel found. Throws UserError; the caller disposes of it. */
export function openChoice({ path, configPath }: ModelChoice): Prior {
  return openPrior(path, configPath);
}
