/**
 * Files of the data folder that rows name (adapters, renditions): where they are, that they are whole, and how they go.
 * albums.service.ts and renditions.service.ts use it; db/README.md has the order of file and row.
 */
import { statSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { invariant } from '../../domain/errors.ts';

/** Below the data folder, with `/`: no step upwards, nothing absolute, no drive. */
const FILE = /^(?!\/)(?!.*(^|\/)\.{1,2}(\/|$))[^\\\p{Cc}:]{1,1000}$/u;

/** The place of a `file` column. Throws `internal:` for what is no path below the data folder. */
export function dataFile(dataFolder: string, file: string): string {
  invariant(FILE.test(file), 'a file of the data folder');
  return join(dataFolder, ...file.split('/'));
}

/** Throws `internal:` unless the file is there, whole: files come before their rows. */
export function assertWhole(dataFolder: string, file: string, bytes: number): void {
  const found = statSync(dataFile(dataFolder, file), { throwIfNoEntry: false });
  invariant(found?.isFile() === true && found.size === bytes, 'a file comes before its row');
}

/**
 * Removes it with the folder of its own that it may have (`adapters/x/weights.safetensors`: weights with their
 * model.json); the bytes that are free now.
 */
export async function removeDataFile(dataFolder: string, file: string): Promise<number> {
  const [folder, own, name] = file.split('/');
  const alone = folder === undefined || own === undefined || name === undefined;
  const place = dataFile(dataFolder, alone ? file : `${folder}/${own}`);
  const bytes = await bytesOf(place);
  await rm(place, { force: true, recursive: !alone });
  return bytes;
}

/** Of a file, or of all in a folder; 0 where there is none. */
async function bytesOf(place: string): Promise<number> {
  const seen = await stat(place).catch(() => undefined);
  if (seen?.isDirectory() !== true) return seen?.size ?? 0;
  const names = await readdir(place);
  const sizes = await Promise.all(names.map((name) => bytesOf(join(place, name))));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/**
 * Removes what is in one folder and neither a row (`named`) nor a sidecar (`kept`, asked only where it matters) names: a
 * kill between file and row left it. Before any job runs, as a file that is being written has no row yet. How many.
 */
export async function sweepFiles(
  dataFolder: string,
  folder: string,
  named: ReadonlySet<string>,
  kept: () => Promise<ReadonlySet<string>>,
): Promise<number> {
  const entries = await readdir(join(dataFolder, folder)).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
  const found = entries.map((name) => `${folder}/${name}`).filter((entry) => FILE.test(entry));
  const strays = without(found, named);
  const removed = strays.length === 0 ? [] : without(strays, await kept());
  for (const entry of removed) await rm(dataFile(dataFolder, entry), { force: true, recursive: true });
  return removed.length;
}

/** Entries that no file is, or is in. */
function without(entries: readonly string[], files: ReadonlySet<string>): string[] {
  const tops = new Set([...files].map((file) => file.split('/').slice(0, 2).join('/')));
  return entries.filter((entry) => !tops.has(entry));
}
