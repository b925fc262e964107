/**
 * The models at hand: bundled ones and the user's, each a folder with a model.json that says what it is (a prior, a face
 * detector, a face recogniser). catalog.ts knows what else there is; download.ts and the command line add folders.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { FileName, MODEL_KINDS } from '../../domain/catalog.ts';
import type { ModelKind } from '../../domain/catalog.ts';
import { UserError } from '../../domain/errors.ts';
import { quoted } from '../../domain/text.ts';
import { sha256Of } from './files.ts';

/** What a model.json must say; the rest of it is for the code that runs the model (engine/nn/hints.ts), or for people. */
const ModelFile = v.object({
  id: v.string(),
  kind: v.optional(v.picklist(MODEL_KINDS), 'prior'),
  title: v.optional(v.string()),
  licence: v.optional(v.string()),
  noncommercial: v.optional(v.boolean(), false),
  weights: FileName,
  sha256: v.optional(v.string()),
  /** False where the hash is only that of the first download: nobody published one. */
  verified: v.optional(v.boolean()),
});

/** Where models are: `bundled` (resources/models) and `added` (models/ in the data folder). Either may be missing. */
export interface ModelFolders {
  readonly bundled: string;
  readonly added: string;
}

export interface InstalledModel {
  readonly id: string;
  readonly kind: ModelKind;
  readonly title: string;
  readonly licence: string;
  /** What is made with it must not be used commercially. */
  readonly noncommercial: boolean;
  readonly origin: 'bundled' | 'added';
  /** The weights file. */
  readonly path: string;
  /** Its model.json. */
  readonly configPath: string;
  readonly sha256: string | undefined;
  readonly verified: boolean | undefined;
}

/** A model folder that cannot be used, and why. */
export interface BrokenModel {
  readonly id: string;
  readonly origin: InstalledModel['origin'];
  readonly error: UserError;
}

export interface ModelsAtHand {
  readonly models: readonly InstalledModel[];
  readonly broken: readonly BrokenModel[];
}

/** All models that can be used, bundled first; of two with one id the bundled one counts. */
export function installedModels(folders: ModelFolders): readonly InstalledModel[] {
  return modelsAtHand(folders).models;
}

/** As installedModels, and with the folders that cannot be used. Reads every model.json, no weights. */
export function modelsAtHand({ bundled, added }: ModelFolders): ModelsAtHand {
  const models = new Map<string, InstalledModel>();
  const broken: BrokenModel[] = [];
  for (const [origin, folder] of [['bundled', bundled] as const, ['added', added] as const]) {
    for (const id of foldersIn(folder)) {
      if (models.has(id)) continue;
      try {
        models.set(id, readModel(id, origin, join(folder, id)));
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        broken.push({ id, origin, error });
      }
    }
  }
  return { models: [...models.values()], broken };
}

/** Throws UserError `checkpoint.unreadable` where the weights are not those whose hash is in model.json. */
export async function checkHash(model: InstalledModel, signal?: AbortSignal): Promise<void> {
  const { id, path, sha256 } = model;
  if (sha256 === undefined || (await sha256Of(path, signal ? { signal } : {})) === sha256) return;
  throw new UserError(
    'checkpoint.unreadable',
    `The weights of ${quoted(id)} are not those its model.json names: the file was changed or damaged.`,
    'Add the model again, or reinstall Albumen if it is a bundled one.',
  );
}

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort();
}

/** The folder's name is the id; the one in model.json is for when the folder travels. */
function readModel(id: string, origin: InstalledModel['origin'], folder: string): InstalledModel {
  const configPath = join(folder, 'model.json');
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(configPath, 'utf8'));
  } catch (cause) {
    throw unusable(id, 'has no model.json that can be read', cause);
  }
  const parsed = v.safeParse(ModelFile, json);
  if (!parsed.success) throw unusable(id, 'has a model.json that does not name its id and weights');
  const {
    kind,
    title = id,
    licence = 'not stated',
    noncommercial,
    weights,
    sha256,
    verified,
  } = parsed.output;
  const path = join(folder, weights);
  return { id, kind, title, licence, noncommercial, origin, path, configPath, sha256, verified };
}

function unusable(id: string, what: string, cause?: unknown): UserError {
  return new UserError(
    'model.unsupported',
    `The model ${quoted(id)} ${what}.`,
    'Add it again with: albumen models add FILE --overwrite',
    { cause },
  );
}
