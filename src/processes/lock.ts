/**
 * Locks that are gone with their process, however it ends: one library process on a data folder, one engine.
 * SQLite holds a lock of the system on a file of its own; library.ts and engine.ts take one each.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { UserError } from '../domain/errors.ts';
import { Database, sqliteCode } from '../services/db/database.ts';

const TRY_EVERY_MS = 200;

/**
 * Takes the lock, for as long as the process lives; waits up to `waitMs` for whoever has it. Throws UserError `busy`.
 */
export async function takeLock(path: string, waitMs: number, busy: UserError): Promise<Disposable> {
  mkdirSync(dirname(path), { recursive: true });
  const until = Date.now() + waitMs;
  for (;;) {
    const db = new Database(path);
    try {
      db.pragma('busy_timeout = 0');
      // nothing is ever written, so nothing is left beside it
      db.pragma('journal_mode = MEMORY');
      db.exec('BEGIN EXCLUSIVE');
      return db;
    } catch (error) {
      db.close();
      if (sqliteCode(error)?.startsWith('SQLITE_BUSY') !== true) throw error;
      if (Date.now() > until) throw busy;
    }
    await setTimeout(TRY_EVERY_MS);
  }
}
