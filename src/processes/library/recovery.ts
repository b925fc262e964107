/**
 * The ways out of a damaged database, taken where the host says so: the newest copy, or a library built anew from its
 * folders and sidecars. It is done when a scan has seen all folders, however often the process ends before.
 */
import type { Recovery } from '../../contract/hosts.ts';
import { UserError } from '../../domain/errors.ts';
import type { Topic } from '../../contract/events.ts';
import { backUpIfDue } from '../../services/db/backup.ts';
import type { Database } from '../../services/db/database.ts';
import { openDatabase, placesIn } from '../../services/db/open.ts';
import type { OpenOptions, OpenedDatabase } from '../../services/db/open.ts';
import { rebuildFolders, rebuildFromSidecars } from '../../services/db/rebuild.ts';
import { recoverDatabase, sweepRecovery } from '../../services/db/recover.ts';
import type { Sidecars } from '../../services/db/sidecars.ts';

export type Way = 'backup' | 'rebuild';

/** In `settings`, while not all that sidecars say is back. */
const MARK = 'recovering';
const HOUR_MS = 3_600_000;

/**
 * Opens the database; where it is damaged and there is a way to go, it is set aside and another takes its place. A sound
 * one is opened as ever. Throws UserError as openDatabase does.
 */
export function openOrRecover(
  dataFolder: string,
  way: Way | null,
  options: OpenOptions,
): { readonly opened: OpenedDatabase; readonly recovery: Recovery | null } {
  sweepRecovery(dataFolder);
  if (way === null) return { opened: openDatabase(dataFolder, options), recovery: null };
  try {
    return { opened: openDatabase(dataFolder, { ...options, check: true }), recovery: null };
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'library.corrupt') throw error;
  }
  const { setAside = null, from = null } = recoverDatabase(dataFolder, way);
  const opened = openDatabase(dataFolder, options);
  // a copy lacks what came after it: that, too, is in the sidecars
  opened.db.transaction(() => {
    opened.db.run(`INSERT OR REPLACE INTO settings VALUES (?, 'true')`, MARK);
    opened.db.run('UPDATE folders SET scanned_at = NULL');
  });
  return { opened, recovery: { setAside, from } };
}

/** Whether what the sidecars say is still to come. */
export function isRecovering(db: Database): boolean {
  return db.column<string>('SELECT value FROM settings WHERE name = ?').get(MARK) !== undefined;
}

/** Before the scan: the folders there were. */
export async function beginRecovery(db: Database, sidecars: Sidecars): Promise<void> {
  await rebuildFolders(db, sidecars);
}

/** After a scan: people, albums, versions and notes; once more after the next, until all folders were seen. */
export async function goOnRecovering(
  db: Database,
  sidecars: Sidecars,
  tell: (topic: Topic, ids: null) => void,
): Promise<void> {
  if (!isRecovering(db)) return;
  await rebuildFromSidecars(db, sidecars);
  const unseen = db
    .column<number>(`SELECT 1 FROM folders WHERE state <> 'removed' AND scanned_at IS NULL LIMIT 1`)
    .get();
  if (unseen === undefined) db.run('DELETE FROM settings WHERE name = ?', MARK);
  for (const topic of ['photos', 'people', 'faces', 'albums', 'adapters', 'renditions'] as const)
    tell(topic, null);
}

/** Copies the database once a day, looking every hour. Await `stop` before the database is closed. */
export function backUpDaily(
  db: Database,
  dataFolder: string,
  failed: (error: unknown) => void,
): { stop: () => Promise<void> } {
  let running: Promise<unknown> = Promise.resolve();
  const look = (): void => {
    running = running.then(() => backUpIfDue(db, placesIn(dataFolder).backups)).catch(failed);
  };
  look();
  const timer = setInterval(look, HOUR_MS).unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}
