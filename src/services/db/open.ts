/**
 * Opens the studio's database in the data folder: checked, upgraded, set up for one writing process that may be killed
 * at any moment. Where the file is corrupt, this says so and recover.ts is the way out.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { UserError } from '../../domain/errors.ts';
import { quoted } from '../../domain/text.ts';
import { backupsIn } from './backup.ts';
import { checkpointWhenQuiet } from './checkpoint.ts';
import { Database, isCorruption, sqliteCode } from './database.ts';
import type { SlowQuery } from './database.ts';
import { migrate } from './migrate.ts';

/** A sound file that was closed in order is looked through again after this long. */
const CHECK_EVERY_MS = 7 * 86_400_000;

const Health = v.object({ clean: v.boolean(), checkedAt: v.number() });

/** Where the parts are, below the data folder. */
export function placesIn(dataFolder: string) {
  return {
    database: join(dataFolder, 'studio.db'),
    backups: join(dataFolder, 'backups'),
    /** Whether the last process ended in order, and when the file was last looked through. */
    health: join(dataFolder, 'studio.health.json'),
  };
}

export interface OpenOptions {
  readonly slow?: SlowQuery;
  /** Look through the whole file even if it was closed in order. */
  readonly check?: boolean;
}

export interface OpenedDatabase extends Disposable {
  readonly db: Database;
  readonly dataFolder: string;
  /** Closes in order, once; the next start need not look for damage. */
  close(): void;
}

/**
 * Opens or makes `studio.db`. Throws UserError: `library.corrupt` (with `data.backups`, how many copies there are),
 * `library.newer`, `output.unwritable`.
 */
export function openDatabase(dataFolder: string, options: OpenOptions = {}): OpenedDatabase {
  const places = placesIn(dataFolder);
  const opening = (): Database => {
    mkdirSync(dataFolder, { recursive: true });
    return new Database(places.database, { slow: options.slow });
  };
  const db = orExplain(dataFolder, opening);
  try {
    return orExplain(dataFolder, () => {
      setUp(db);
      const health = readHealth(places.health);
      const due = !health.clean || Date.now() - health.checkedAt > CHECK_EVERY_MS || (options.check ?? false);
      const checkedAt = due ? Date.now() : health.checkedAt;
      if (due) assertSound(db);
      migrate(db, places.backups);
      writeHealth(places.health, { clean: false, checkedAt });
      const checkpoints = checkpointWhenQuiet(db);
      let open = true;
      const close = (): void => {
        if (!open) return;
        open = false;
        checkpoints.stop();
        const { damaged } = db;
        if (!damaged) db.exec('PRAGMA optimize');
        db.close();
        // what met damage is looked through by the next start, which says what to do about it
        writeHealth(places.health, { clean: !damaged, checkedAt });
      };
      return { db, dataFolder, close, [Symbol.dispose]: close };
    });
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * WAL with synchronous=NORMAL: a killed process loses nothing; a power cut may lose the last transactions, never the
 * order or the soundness of the rest (sqlite.org/pragma.html#pragma_synchronous).
 */
function setUp(db: Database): void {
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  db.pragma('foreign_keys = ON');
  // what is deleted, or moves as its row grows, leaves no bytes behind: an embedding of a face, above all
  db.pragma('secure_delete = ON');
  db.pragma('temp_store = MEMORY');
  db.pragma('cache_size = -32768');
  db.pragma('mmap_size = 0');
  db.pragma('journal_size_limit = 67108864');
}

/** Throws a corruption error where the structure of the file is broken; `full` also compares indexes and texts. */
export function assertSound(db: Database, full = false): void {
  const rows = db.pragma(full ? 'integrity_check(1)' : 'quick_check(1)');
  const said = JSON.stringify(rows);
  if (said !== '[{"quick_check":"ok"}]' && said !== '[{"integrity_check":"ok"}]')
    throw corrupt(db.path, new Error(said));
}

function orExplain<T>(dataFolder: string, work: () => T): T {
  const { database, backups } = placesIn(dataFolder);
  try {
    return work();
  } catch (error) {
    if (isCorruption(error)) throw corrupt(database, error, backupsIn(backups).length);
    if (error instanceof UserError && error.code === 'library.corrupt')
      throw corrupt(database, error.cause, backupsIn(backups).length);
    if (error instanceof UserError) throw error;
    const code = sqliteCode(error) ?? (error instanceof Error && 'code' in error ? String(error.code) : '');
    if (/^(SQLITE_(CANTOPEN|READONLY|FULL|IOERR|BUSY)|E[A-Z]+$)/.test(code))
      throw new UserError(
        'output.unwritable',
        `The library's database in ${quoted(dataFolder)} could not be opened (${code}).`,
        code.includes('BUSY')
          ? 'Another Albumen is using it: close that first.'
          : 'Check that the folder may be written to and that the disk has room.',
        { cause: error },
      );
    throw error;
  }
}

function corrupt(path: string, cause: unknown, backups = 0): UserError {
  return new UserError(
    'library.corrupt',
    `The library's database ${quoted(path)} is damaged.`,
    backups > 0
      ? 'Go back to the newest copy with "albumen serve --recover backup", or build it anew from your folders with "--recover rebuild"; the damaged file is kept.'
      : 'Build it anew from your folders with "albumen serve --recover rebuild"; the damaged file is kept, and no photo is touched.',
    { cause, data: { backups } },
  );
}

function readHealth(path: string): v.InferOutput<typeof Health> {
  const unknown = { clean: false, checkedAt: 0 };
  if (!existsSync(path)) return unknown;
  try {
    return v.parse(Health, JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    // half written or meddled with: the same as not knowing
    return unknown;
  }
}

function writeHealth(path: string, health: v.InferOutput<typeof Health>): void {
  writeFileSync(`${path}.tmp`, `${JSON.stringify(health)}\n`);
  renameSync(`${path}.tmp`, path);
}
