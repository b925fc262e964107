/**
 * Downloads a model of the catalog and installs it whole or not at all: fetched into a hidden folder, size and SHA-256
 * compared, looked at by `check`, given a model.json, renamed into place. fetch-file.ts moves the bytes.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DownloadEntry } from '../../domain/catalog.ts';
import { UserError } from '../../domain/errors.ts';
import { quoted } from '../../domain/text.ts';
import { discardPart, fetchFile } from './fetch-file.ts';
import type { FetchOptions } from './fetch-file.ts';
import { bytesIn, sha256Of, unwritable, writeJson } from './files.ts';
import { installedModels } from './installed.ts';
import type { InstalledModel, ModelFolders } from './installed.ts';
import { lock } from './lock.ts';

export interface DownloadOptions extends FetchOptions {
  /** The user has seen the licence and agrees; needed where the catalog says so. */
  readonly licenceAccepted: boolean;
  /**
   * Opens the weights as what they are to be, before they are installed; throws where they are not. (This layer knows no
   * engine.) Also told the new model.json.
   */
  readonly check: (weights: string, configPath: string) => Promise<void>;
}

export interface Downloaded {
  readonly model: InstalledModel;
  /** `before`: it was there already, and nothing was done. */
  readonly done: 'now' | 'before';
  /** False: nobody published a hash to compare with. That of this download is kept in model.json from now on. */
  readonly verified: boolean;
}

/**
 * Throws UserError: `licence.unaccepted`, `model.busy` (another download of it), `model.exists` (a folder of this name that
 * is something else), and those of fetchFile; `download.unsound` for bytes with another hash, which are deleted.
 */
export async function downloadModel(
  entry: DownloadEntry,
  folders: ModelFolders,
  options: DownloadOptions,
): Promise<Downloaded> {
  const { id, licence, download } = entry;
  const before = installedModels(folders).find((model) => model.id === id);
  if (before) return { model: before, done: 'before', verified: before.verified === true };
  const target = join(folders.added, id);
  if (existsSync(target))
    throw new UserError(
      'model.exists',
      `There is a folder for ${quoted(id)} already that cannot be used.`,
      `Remove it first: albumen models remove ${id}`,
    );
  if (licence.accept && !options.licenceAccepted) throw unaccepted(entry);

  const work = workFolder(folders, id);
  await using _lock = await lock(join(work, 'lock'), id);
  const part = join(work, `${download.file}.part`);
  const ready = join(work, 'ready');
  await takeBack(ready, download.file, part);
  const bytes = await fetchFile(download, part, options);

  const sha256 = await sha256Of(part, { signal: options.signal }).catch((error: unknown) => {
    throw options.signal.aborted ? stoppedWhileChecking(error) : error;
  });
  if (download.sha256 !== undefined && sha256 !== download.sha256) {
    await discardPart(part);
    throw new UserError(
      'download.unsound',
      `What was downloaded is not ${quoted(id)}: its SHA-256 is ${sha256.slice(0, 12)}…, not ${download.sha256.slice(0, 12)}….`,
      'Nothing was installed. Try again; if it stays so, the file was replaced and must not be used.',
    );
  }
  const verified = download.sha256 !== undefined;
  try {
    await mkdir(ready, { recursive: true });
    const configPath = join(ready, 'model.json');
    const weights = join(ready, download.file);
    await writeJson(configPath, modelFile(entry, { bytes, sha256, verified }));
    await rename(part, weights);
    try {
      await options.check(weights, configPath);
    } catch (error) {
      // the bytes are whole, so fetching them again would not help: begin anew next time
      await rm(ready, { recursive: true, force: true });
      await discardPart(part);
      throw error;
    }
    await rename(ready, target);
  } catch (cause) {
    throw cause instanceof Error && 'syscall' in cause ? unwritable(target, cause) : cause;
  }
  await discardPart(part);
  const model = installedModels(folders).find((one) => one.id === id);
  if (!model) throw new Error(`internal: ${id} is not there after its download`);
  return { model, done: 'now', verified };
}

/** Bytes of a download that was begun and not ended; 0 where there is none. */
export async function bytesBegun(entry: DownloadEntry, folders: ModelFolders): Promise<number> {
  return bytesIn(join(workFolder(folders, entry.id), `${entry.download.file}.part`));
}

/** Where the pieces of an unfinished download are. */
export function workFolder({ added }: ModelFolders, id: string): string {
  return join(added, `.download-${id}`);
}

/** A process that ended between the last two renames left whole weights there. */
async function takeBack(ready: string, file: string, part: string): Promise<void> {
  if (!existsSync(ready)) return;
  if ((await readdir(ready)).includes(file)) await rename(join(ready, file), part);
  await rm(ready, { recursive: true, force: true });
}

function modelFile(
  { id, kind, title, licence, download, config }: DownloadEntry,
  found: { readonly bytes: number; readonly sha256: string; readonly verified: boolean },
): Record<string, unknown> {
  return {
    ...config,
    id,
    kind,
    title,
    licence: licence.name,
    licenceUrl: licence.url,
    noncommercial: licence.noncommercial,
    weights: download.file,
    ...found,
    source: download.url,
  };
}

function unaccepted({ id, licence }: DownloadEntry): UserError {
  return new UserError(
    'licence.unaccepted',
    `${quoted(id)} is under the ${licence.name}, which you have not accepted: ${licence.summary}`,
    `Read it${licence.url === undefined ? '' : ` (${licence.url})`}, then give the command again with --accept-licence.`,
  );
}

function stoppedWhileChecking(cause: unknown): UserError {
  return new UserError(
    'cancelled',
    'The download was stopped while its hash was computed; what has come is kept.',
    'The same command goes on with it.',
    { cause },
  );
}
