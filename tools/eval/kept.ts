/**
 * What an evaluation has found so far, kept in a file that the same command goes on from: refused where it is of other
 * settings, written whole or not at all. ../eval-albums.ts, ../eval-prior.ts and ../eval-samplers.ts keep theirs so.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { UserError } from '../../src/domain/errors.ts';
import { quoted } from '../../src/domain/text.ts';
import { writeWhole } from '../../src/imaging/write.ts';

/**
 * What `keep` wrote, undefined where there is no such file. Throws UserError `usage` where it is of another `setup`, which
 * is compared as JSON, or is no such file.
 */
export async function keptIn<T>(file: string, setup: unknown): Promise<Partial<T> | undefined> {
  if (!existsSync(file)) return undefined;
  const kept = parsed<T>(await readFile(file, 'utf8'));
  if (kept && JSON.stringify(kept.setup) === JSON.stringify(setup)) return kept;
  const what = kept ? 'is of another prior or other settings' : 'holds no findings of an evaluation';
  throw new UserError('usage', `${quoted(file)} ${what}.`, 'Give another --out.');
}

function parsed<T>(text: string): (Partial<T> & { setup: unknown }) | undefined {
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === 'object' && found !== null && 'setup' in found ? found : undefined;
  } catch {
    // no JSON at all
    return undefined;
  }
}

/** Writes what was found with the settings it was found with. */
export async function keep(file: string, setup: unknown, found: object): Promise<void> {
  await writeWhole(file, JSON.stringify({ setup, ...found }));
}
