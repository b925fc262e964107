/**
 * The order of the queue: larger priorities first, then smaller positions, which are numbers with room between them, so
 * that a job that is moved is one row. queue.ts says which jobs have a place.
 */
import type { Database } from '../db/database.ts';

export interface Place {
  readonly priority: number;
  readonly position: number;
}

/** Positions closer than this are dealt out anew. */
const LEAST_GAP = 1e-6;

export function lastPosition(db: Database): number {
  return db.column<number>('SELECT coalesce(max(position), 0) FROM jobs').get() ?? 0;
}

/** After all that wait, with the lowest priority of them. */
export function placeLast(db: Database, id: string): void {
  const lowest = db
    .column<number>(`SELECT min(priority) FROM jobs WHERE state IN ('queued', 'paused')`)
    .get();
  place(db, id, { priority: lowest ?? 0, position: lastPosition(db) + 1 });
}

/** Right before another, whose place is `next` (asked again where positions were dealt out), with its priority. */
export function placeBefore(db: Database, id: string, next: () => Place): void {
  if (next().position - positionAbove(db, next(), id) < LEAST_GAP) dealOut(db);
  const { priority, position } = next();
  place(db, id, { priority, position: (positionAbove(db, next(), id) + position) / 2 });
}

function positionAbove(db: Database, { priority, position }: Place, except: string): number {
  const above = db
    .column<number | null>('SELECT max(position) FROM jobs WHERE priority = ? AND position < ? AND id <> ?')
    .get(priority, position, except);
  return above ?? position - 2;
}

function place(db: Database, id: string, { priority, position }: Place): void {
  db.run('UPDATE jobs SET priority = ?, position = ? WHERE id = ?', priority, position, id);
}

/** Whole numbers again, in the order there is. */
function dealOut(db: Database): void {
  db.exec(
    `UPDATE jobs SET position = n.n FROM
       (SELECT id, row_number() OVER (ORDER BY position, id) AS n FROM jobs) n WHERE n.id = jobs.id`,
  );
}
