/**
 * Files of the data folder that rows name (adapters, renditions): where they are, that they are whole, and how they go.
 * albums.service.ts and renditions.service.ts use it; db/README.md has the order of file and row.
 */
import { statSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
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

/** With the folder of its own that it may have (`adapters/x/weights.safetensors`: weights with their model.json). */
export async function removeDataFile(dataFolder: string, file: string): Promise<void> {
  const [folder, own, name] = file.split('/');
  const place = dataFile(dataFolder, file);
  if (folder === undefined || own === undefined || name === undefined) await rm(place, { force: true });
  else await rm(dataFile(dataFolder, `${folder}/${own}`), { force: true, recursive: true });
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
