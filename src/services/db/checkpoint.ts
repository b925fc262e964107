/**
 * Moves what the write-ahead log holds into the database when nothing else is being written, so that no change waits for
 * the disk. open.ts begins it; a log that grows long is emptied by SQLite itself.
 */
import type { Database } from './database.ts';

/** How often it looks whether anything was written, and for how long nothing must have been. */
const QUIET_MS = 1000;
/** Pages of 4 KB: with as many, the change that comes next pays for the move. */
const LONG_LOG = 8192;

/** Until `stop` is called; keeps no process alive. */
export function checkpointWhenQuiet(db: Database): { stop: () => void } {
  db.pragma(`wal_autocheckpoint = ${LONG_LOG}`);
  let [seen, moved] = [db.revision, db.revision];
  const timer = setInterval(() => {
    if (!db.open) return clearInterval(timer);
    const now = db.revision;
    if (now === seen && now !== moved) {
      // waits for no reader; what it leaves, the next one moves
      db.pragma('wal_checkpoint(PASSIVE)');
      moved = now;
    }
    seen = now;
  }, QUIET_MS).unref();
  return { stop: () => clearInterval(timer) };
}
