/**
 * What an evaluation has found so far, kept in a file that the same command goes on from: refused where it is of other
 * settings, written whole or not at all. ../eval-prior.ts and ../eval-samplers.ts keep theirs so.
 */
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';

/** What `keep` wrote, undefined where there is no such file; ends the process where it is of another `setup`. */
export async function keptIn<T>(file: string, setup: unknown): Promise<Partial<T> | undefined> {
  if (!existsSync(file)) return undefined;
  const kept = JSON.parse(await readFile(file, 'utf8')) as Partial<T> & { setup: unknown };
  if (JSON.stringify(kept.setup) === JSON.stringify(setup)) return kept;
  console.error(`${file} is of another prior or other settings: give another --out.`);
  process.exit(2);
}

/** Writes what was found with the settings it was found with: a temporary file, then a rename. */
export async function keep(file: string, setup: unknown, found: object): Promise<void> {
  await writeFile(`${file}.partial`, JSON.stringify({ setup, ...found }));
  await rename(`${file}.partial`, file);
}
