/**
 * Adds a model file of the user's: checked by the caller, copied with its hash and a model.json into the user's models, there
 * whole or not at all. installed.ts finds it; download.ts is the way for models of the catalog.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ModelKind } from '../../domain/catalog.ts';
import { UserError } from '../../domain/errors.ts';
import { quoted } from '../../domain/text.ts';
import { codeOf, writeJson } from './files.ts';
import { modelsAtHand } from './installed.ts';
import type { ModelFolders } from './installed.ts';

export interface NewModel {
  /** As idFrom makes it. */
  readonly id: string;
  readonly kind: ModelKind;
  readonly title: string;
  readonly licence: string;
  /** What the copy is called. */
  readonly weights: string;
  /** What model.json says besides: for a prior what engine/nn/hints.ts reads. */
  readonly config: Readonly<Record<string, unknown>>;
}

export interface AddOptions {
  readonly signal: AbortSignal;
  /** Replaces a model of the user's that has this id. */
  readonly overwrite: boolean;
  /** Opens the copy, with its model.json beside it; throws where it is not what it was. (This layer knows no engine.) */
  readonly check: (weights: string) => void | Promise<void>;
}

/** Returns the model's folder. Throws UserError `model.exists`, `output.unwritable`, `cancelled`, and what `check` throws. */
export async function addModel(
  file: string,
  model: NewModel,
  folders: ModelFolders,
  { signal, overwrite, check }: AddOptions,
): Promise<string> {
  const { id, kind, title, licence, weights, config } = model;
  refuseTaken(id, overwrite, folders);
  const target = join(folders.added, id);
  const temporary = join(folders.added, `.${id}-${randomUUID()}`);
  try {
    await mkdir(temporary, { recursive: true });
    const sha256 = await copy(file, join(temporary, weights), signal);
    await writeJson(join(temporary, 'model.json'), { ...config, id, kind, title, licence, weights, sha256 });
    await check(join(temporary, weights));
    await replace(temporary, target);
  } catch (cause) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw asUserError(cause, id, signal);
  }
  return target;
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

/** Throws `model.exists` where `id` is a bundled model's, or the user's and is not to be replaced. */
export function refuseTaken(id: string, overwrite: boolean, folders: ModelFolders): void {
  const { models, broken } = modelsAtHand(folders);
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

/** A rename; with something in the way, that goes aside first and away at the end. */
async function replace(from: string, target: string): Promise<void> {
  const aside = `${from}-old`;
  const hadOne = await rename(target, aside).then(
    () => true,
    (error: unknown) => {
      if (codeOf(error) === 'ENOENT') return false;
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
