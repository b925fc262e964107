/**
 * Front and back of prints in the database: by their names after a scan, or by hand. pairs.ts knows the names.
 */
import { UserError } from '../../domain/errors.ts';
import type { Database } from '../db/database.ts';
import { pairsIn } from './pairs.ts';

interface Side {
  readonly id: string;
  readonly path: string;
  readonly front: string | null;
  readonly paired_by: string | null;
}

/** Pairs what is in these folders ([library folder, path below it], each without what is below). */
export function pairFolders(db: Database, folders: readonly (readonly [string, string])[]): void {
  for (const [folder, path] of folders) db.transaction(() => pairFolder(db, folder, path));
}

function pairFolder(db: Database, folder: string, directory: string): void {
  const prefix = directory === '' ? '' : `${directory}/`;
  const sides = db
    .query<Side>(
      `SELECT id, path, front, paired_by FROM photos
       WHERE folder = ? AND state <> 'removed' AND path >= ? AND path < ? AND instr(substr(path, length(?) + 1), '/') = 0`,
    )
    .all(folder, prefix, directory === '' ? '\u{10FFFF}' : `${directory}0`, prefix);
  const byName = new Map(sides.map((side) => [side.path.slice(prefix.length), side]));
  const pairs = pairsIn([...byName.keys()]);
  for (const [name, side] of byName) {
    if (side.paired_by === 'hand') continue;
    const front = byName.get(pairs.get(name) ?? '');
    // the front of one is not the back of another
    const good = front !== undefined && front.front === null && !pairs.has(front.path.slice(prefix.length));
    const wanted = good ? front.id : null;
    if (side.front !== wanted)
      db.run(
        'UPDATE photos SET front = ?, paired_by = ? WHERE id = ?',
        wanted,
        wanted === null ? null : 'name',
        side.id,
      );
  }
}

/** By hand. Throws UserError `conflict` for a photo with itself or with one that is a back already. */
export function pairByHand(db: Database, front: string, back: string): void {
  const isBack = db.column<number>('SELECT 1 FROM photos WHERE id = ? AND front IS NOT NULL');
  const hasBack = db.column<number>('SELECT 1 FROM photos WHERE front = ?');
  if (front === back)
    throw new UserError('conflict', 'A photo cannot be its own back.', 'Choose two photos.');
  if (isBack.get(front) !== undefined || hasBack.get(back) !== undefined)
    throw new UserError('conflict', 'One of these photos is paired already.', 'Take that pair apart first.');
  db.run(`UPDATE photos SET front = ?, paired_by = 'hand' WHERE id = ?`, front, back);
}

/** Two prints after all: no later scan pairs them again by their names. */
export function unpairByHand(db: Database, back: string): void {
  db.run(`UPDATE photos SET front = NULL, paired_by = 'hand' WHERE id = ?`, back);
}
