/**
 * The models at hand: bundled ones (resources/models) and the user's (models/ in the data folder, or in ALBUMEN_HOME),
 * each a folder with a model.json. commands/models.ts lists and adds; the other commands resolve --model here.
 */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import envPaths from 'env-paths';
import * as v from 'valibot';
import { UserError } from '../domain/errors.ts';
import { quoted } from '../domain/text.ts';
import { openPrior } from '../engine/prior.ts';
import type { Prior } from '../engine/prior.ts';

/** Found from this file, so that the working directory does not matter. */
export const RESOURCES = join(import.meta.dirname, '../../resources');

/** What a model.json must say; the rest of it is engine/nn/hints.ts's (network, schedule) or for people. */
const ModelFile = v.object({
  id: v.string(),
  title: v.optional(v.string()),
  licence: v.optional(v.string()),
  /** A file beside it: never a path. */
  weights: v.pipe(v.string(), v.regex(/^[\w-][\w.-]*$/)),
  sha256: v.optional(v.string()),
});

export interface ModelEntry {
  readonly id: string;
  readonly title: string;
  readonly licence: string;
  readonly origin: 'bundled' | 'added';
  /** The weights file. */
  readonly path: string;
  readonly configPath: string;
  readonly sha256: string | undefined;
}

/** A model folder that cannot be used, and why. */
export interface BrokenEntry {
  readonly id: string;
  readonly origin: ModelEntry['origin'];
  readonly error: UserError;
}

export interface Registry {
  readonly models: readonly ModelEntry[];
  readonly broken: readonly BrokenEntry[];
}

/** The user's data folder: models, people and albums are in it. */
export function dataFolder(env: NodeJS.ProcessEnv): string {
  const home = env['ALBUMEN_HOME'];
  return home !== undefined && home !== '' ? home : envPaths('albumen', { suffix: '' }).data;
}

/** Where `models add` puts models. */
export function userModelsFolder(env: NodeJS.ProcessEnv): string {
  return join(dataFolder(env), 'models');
}

/** Reads all model.json files, bundled first; of two with one id the bundled one counts. */
export function readRegistry(env: NodeJS.ProcessEnv): Registry {
  const models = new Map<string, ModelEntry>();
  const broken: BrokenEntry[] = [];
  const places = [
    ['bundled', join(RESOURCES, 'models')],
    ['added', userModelsFolder(env)],
  ] as const;
  for (const [origin, folder] of places) {
    for (const id of foldersIn(folder)) {
      if (models.has(id)) continue;
      try {
        models.set(id, readEntry(id, origin, join(folder, id)));
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        broken.push({ id, origin, error });
      }
    }
  }
  return { models: [...models.values()], broken };
}

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort();
}

/** The folder's name is the id; the one in model.json is for when the folder travels. */
function readEntry(id: string, origin: ModelEntry['origin'], folder: string): ModelEntry {
  const configPath = join(folder, 'model.json');
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(configPath, 'utf8'));
  } catch (cause) {
    throw unusable(id, 'has no model.json that can be read', cause);
  }
  const parsed = v.safeParse(ModelFile, json);
  if (!parsed.success) throw unusable(id, 'has a model.json that does not name its id and weights');
  const { title = id, licence = 'not stated', weights, sha256 } = parsed.output;
  return { id, title, licence, origin, path: join(folder, weights), configPath, sha256 };
}

function unusable(id: string, what: string, cause?: unknown): UserError {
  return new UserError(
    'model.unsupported',
    `The model ${quoted(id)} ${what}.`,
    'Add it again with: albumen models add FILE --overwrite',
    { cause },
  );
}

export interface ModelChoice {
  /** The id, or the file's name. */
  readonly name: string;
  readonly path: string;
  readonly configPath: string | undefined;
  readonly entry: ModelEntry | undefined;
}

/**
 * What `--model` means: a known id first, else a file. Throws UserError `model.unknown` for what is neither; whether a
 * file is a model shows when it is opened.
 */
export function resolveModel(
  model: string,
  configPath: string | undefined,
  env: NodeJS.ProcessEnv,
): ModelChoice {
  const { models, broken } = readRegistry(env);
  const entry = models.find(({ id }) => id === model);
  if (entry) return { name: entry.id, path: entry.path, configPath: configPath ?? entry.configPath, entry };
  const reason = broken.find(({ id }) => id === model);
  if (reason) throw reason.error;
  const looksLikeFile = /[\\/]|\.(safetensors|pt|pth|ckpt|bin)$/i.test(model);
  if (looksLikeFile || isThere(model))
    return { name: basename(model), path: model, configPath, entry: undefined };
  throw new UserError(
    'model.unknown',
    `There is no model called ${quoted(model)}.`,
    `Known: ${models.map(({ id }) => id).join(', ')}. Or give a .safetensors, .pt or .pth file.`,
  );
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Opens what resolveModel found. Throws UserError; the caller disposes of it. */
export function openChoice({ path, configPath }: ModelChoice): Prior {
  return openPrior(path, configPath);
}
