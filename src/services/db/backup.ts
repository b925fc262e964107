/**
 * Copies of the database: one before each migration and one a day, a few kept. recover.ts goes back to the newest that
 * is sound.
 */
import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../domain/errors.ts';
import { quoted } from '../../domain/text.ts';
import type { Database } from './database.ts';

const KEPT = 3;
const DAY_MS = 86_400_000;
/** studio-2026-11-23T21-30-00-123.db: names in order of time. */
const NAME = /^studio-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}\.db$/;

/** Paths of all copies, newest first. */
export function backupsIn(folder: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => NAME.test(name));
    return names
      .sort()
      .reverse()
      .map((name) => join(folder, name));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** Makes a copy at once, blocking; for the moment before a migration, when nothing else runs. */
export function backUpNow(db: Database, folder: string): string {
  const path = join(folder, nameFor(new Date()));
  const temporary = `${path}.tmp`;
  try {
    mkdirSync(folder, { recursive: true });
    db.pragma('wal_checkpoint(TRUNCATE)');
    copyFileSync(db.path, temporary);
    renameSync(temporary, path);
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw new UserError(
      'output.unwritable',
      `No copy of the library's database could be made in ${quoted(folder)}, so it was not upgraded.`,
      'Make room on the disk or check that the folder may be written to, and start again.',
      { cause },
    );
  }
  prune(folder);
  return path;
}

/**
 * Makes a copy while the database is in use, where the newest is older than a day; for the hours in between. The path,
 * or undefined where none was due.
 */
export async function backUpIfDue(
  db: Database,
  folder: string,
  now = Date.now(),
): Promise<string | undefined> {
  const [newest] = backupsIn(folder);
  if (newest !== undefined && now - statSync(newest).mtimeMs < DAY_MS) return undefined;
  mkdirSync(folder, { recursive: true });
  const path = join(folder, nameFor(new Date(now)));
  const temporary = `${path}.tmp`;
  try {
    await db.backupTo(temporary);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
  prune(folder);
  return path;
}

/** Removes all but the newest, and what a killed process left of one. */
function prune(folder: string): void {
  for (const path of backupsIn(folder).slice(KEPT)) rmSync(path, { force: true });
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const left = name.startsWith('studio-') && /\.tmp(-journal|-wal|-shm)?$/.test(name);
    if (left && Date.now() - statSync(path).mtimeMs > DAY_MS) rmSync(path, { force: true });
  }
}

function nameFor(time: Date): string {
  return `studio-${time.toISOString().slice(0, 23).replace(/[:.]/g, '-')}.db`;
}
