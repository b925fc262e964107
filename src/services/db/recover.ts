/**
 * The way out of a corrupt database: it is set aside, and either the newest sound copy takes its place or an empty one
 * does, to be filled by a scan of the folders and rebuild.ts.
 */
import { copyFileSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { backupsIn } from './backup.ts';
import { Database, isCorruption } from './database.ts';
import { migrations } from './migrations/index.ts';
import { versionOf } from './migrate.ts';
import { assertSound, placesIn } from './open.ts';
import { UserError } from '../../domain/errors.ts';

export interface Recovery {
  /** The name the damaged file has now, beside the new one; undefined where there was none. */
  readonly setAside: string | undefined;
  /** The copy that took its place, or undefined: start empty, scan, rebuildFromSidecars. */
  readonly from: string | undefined;
}

/**
 * Sets the damaged file aside and, with `backup`, puts the newest sound copy in its place. Afterwards openDatabase works
 * as ever. A kill in between leaves either the damaged file or a sound state.
 */
export function recoverDatabase(dataFolder: string, how: 'backup' | 'rebuild'): Recovery {
  const { database, backups, health } = placesIn(dataFolder);
  const from = how === 'backup' ? backupsIn(backups).find(isSound) : undefined;
  const temporary = `${database}.restored.tmp`;
  if (from !== undefined) copyFileSync(from, temporary);
  const setAside = putAside(database);
  if (from !== undefined) renameSync(temporary, database);
  rmSync(health, { force: true });
  return { setAside, from: from && basename(from) };
}

/** At the start: what a process that was killed while it copied the database left. Nobody else may be at it. */
export function sweepRecovery(dataFolder: string): void {
  const { database, backups } = placesIn(dataFolder);
  rmSync(`${database}.restored.tmp`, { force: true });
  if (!existsSync(backups)) return;
  for (const name of readdirSync(backups))
    if (/^studio-.*\.tmp(-journal|-wal|-shm)?$/.test(name)) rmSync(join(backups, name), { force: true });
}

/** The file and what SQLite keeps beside it get a name of their own; the write-ahead log may hold what can be saved. */
function putAside(database: string): string | undefined {
  if (!existsSync(database)) return undefined;
  const stamp = new Date().toISOString().slice(0, 23).replace(/[:.]/g, '-');
  const aside = `${database}.damaged-${stamp}`;
  // the log first: a database without its log is sound, a log without its database would be applied to the next one
  for (const tail of ['-wal', '-shm', '']) {
    if (existsSync(`${database}${tail}`)) renameSync(`${database}${tail}`, `${aside}${tail}`);
  }
  return basename(aside);
}

function isSound(path: string): boolean {
  try {
    using db = new Database(path, { readonly: true });
    assertSound(db, true);
    return versionOf(db) <= migrations.length && versionOf(db) > 0;
  } catch (error) {
    if (isCorruption(error) || error instanceof UserError) return false;
    throw error;
  }
}
