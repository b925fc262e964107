/**
 * The folders below a library folder that hold photos, for the folder view: one level at a time, each found by a jump
 * in the index of paths rather than by reading all of them.
 */
import type { Database } from '../db/database.ts';
import { shown } from './names.ts';

export interface Directory {
  readonly name: string;
  /** What PhotoFilter.directory takes. */
  readonly directory: string;
  readonly photos: number;
}

/** More are not listed: nobody reads on. */
const MOST = 10_000;

/** Below `below` ('' is the folder itself), by name. */
export function directoriesIn(db: Database, folder: string, below: string): Directory[] {
  const prefix = below === '' ? '' : `${below}/`;
  // the first path from there on that goes deeper: photos right here are passed over by SQLite
  const next = db.column<string>(
    `SELECT path FROM photos WHERE folder = ? AND path >= ? AND path < ?
     AND instr(substr(path, length(?) + 1), '/') > 0 ORDER BY path LIMIT 1`,
  );
  const count = db.column<number>(
    'SELECT count(*) FROM photos WHERE folder = ? AND path >= ? AND path < ? AND shown = 1',
  );
  const end = below === '' ? '\u{10FFFF}' : `${below}0`;
  const found: Directory[] = [];
  for (let from = prefix; found.length < MOST;) {
    const path = next.get(folder, from, end, prefix);
    if (path === undefined) break;
    const directory = path.slice(0, path.indexOf('/', prefix.length));
    from = `${directory}0`;
    const photos = count.get(folder, `${directory}/`, from) ?? 0;
    if (photos > 0) found.push({ name: shown(directory.slice(prefix.length)), directory, photos });
  }
  return found;
}
