/**
 * The folders of the library: added, taken out, moved to another place; nothing on disk is changed by any of it.
 * library.service.ts answers the calls, scan.ts fills the folders.
 */
import { realpath, stat } from 'node:fs/promises';
import { basename, isAbsolute, resolve } from 'node:path';
import { UserError } from '../../domain/errors.ts';
import type { LibraryFolder } from '../../domain/library.ts';
import { quoted } from '../../domain/text.ts';
import type { Database } from '../db/database.ts';
import { newId } from '../db/ids.ts';
import type { Sidecars } from '../db/sidecars.ts';
import { decodeName, encodeName, shown } from './names.ts';

interface FolderRow {
  readonly id: string;
  readonly path: string;
  readonly title: string;
  readonly state: 'present' | 'away';
  readonly scanned_at: number | null;
  readonly photos: number | null;
}

export function listFolders(db: Database): LibraryFolder[] {
  return db
    .query<FolderRow>(
      `SELECT id, path, title, state, scanned_at,
              (SELECT sum(photos) FROM photo_months m WHERE m.folder = f.id) AS photos
       FROM folders f WHERE state <> 'removed' ORDER BY added_at, id`,
    )
    .all()
    .map(({ id, path, title, state, scanned_at, photos }) => ({
      id,
      title: shown(title),
      place: shown(path),
      state,
      photos: photos ?? 0,
      scannedAt: scanned_at,
    }));
}

/**
 * Adds a folder, or takes up one that was removed, with all that was known. Throws UserError `missing` (no such folder),
 * `usage` (a relative path) or `conflict` (inside a folder of the library, or around one).
 */
export async function addFolder(db: Database, sidecars: Sidecars, path: string): Promise<LibraryFolder> {
  const place = await realFolder(path);
  const old = db
    .query<{ id: string; state: string }>('SELECT id, state FROM folders WHERE path = ?')
    .get(place);
  if (old && old.state !== 'removed') return folderOf(db, old.id);
  refuseOverlap(db, place, old?.id);
  const id = old?.id ?? newId();
  const title = basename(place) || place;
  db.transaction(() => {
    if (old) {
      db.run(`UPDATE folders SET state = 'present' WHERE id = ?`, id);
      // until the scan has looked
      db.run(`UPDATE photos SET state = 'missing' WHERE folder = ? AND state = 'removed'`, id);
    } else
      db.run(
        'INSERT INTO folders (id, path, title, added_at) VALUES (?, ?, ?, ?)',
        id,
        place,
        title,
        Date.now(),
      );
  });
  await sidecars.write({ kind: 'folder', id, path: place, title });
  return folderOf(db, id);
}

/** Throws UserError as addFolder. */
export async function relocateFolder(
  db: Database,
  sidecars: Sidecars,
  id: string,
  path: string,
): Promise<LibraryFolder> {
  const { title } = folderOf(db, id);
  const place = await realFolder(path);
  refuseOverlap(db, place, id);
  const other = db.column<string>('SELECT id FROM folders WHERE path = ? AND id <> ?').get(place, id);
  db.transaction(() => {
    // a removed folder that was at the place: what is known of it must not be mixed up with this one
    if (other !== undefined)
      db.run('UPDATE folders SET path = ? WHERE id = ?', `${place}/removed-${other}`, other);
    db.run(`UPDATE folders SET path = ?, state = 'present', drive = NULL WHERE id = ?`, place, id);
  });
  await sidecars.write({ kind: 'folder', id, path: place, title });
  return folderOf(db, id);
}

/** Its photos leave the grid; their rows stay, for when the folder is added again or the files turn up elsewhere. */
export async function removeFolder(db: Database, sidecars: Sidecars, id: string): Promise<void> {
  folderOf(db, id);
  db.transaction(() => {
    db.run(`UPDATE folders SET state = 'removed' WHERE id = ?`, id);
    db.run(`UPDATE photos SET state = 'removed' WHERE folder = ?`, id);
  });
  await sidecars.remove('folder', id);
}

/** Throws UserError `missing`. */
export function folderOf(db: Database, id: string): LibraryFolder {
  const folder = listFolders(db).find((other) => other.id === id);
  if (folder) return folder;
  throw new UserError('missing', 'This folder is not in the library any more.', 'Add it again.');
}

async function realFolder(path: string): Promise<string> {
  if (!isAbsolute(path) || path.includes('\0'))
    throw new UserError('usage', `${quoted(path)} is not a whole path of a folder.`, 'Choose a folder.');
  try {
    const real = decodeName(await realpath(encodeName(resolve(path)), { encoding: 'buffer' }));
    const place = process.platform === 'win32' ? real.replaceAll('\\', '/') : real;
    if ((await stat(encodeName(place))).isDirectory()) return place;
  } catch (cause) {
    throw new UserError(
      'missing',
      `The folder ${quoted(path)} cannot be opened.`,
      'Check that it is there, that the drive is connected, and that you may open it.',
      { cause },
    );
  }
  throw new UserError('usage', `${quoted(path)} is not a folder.`, 'Choose a folder.');
}

function refuseOverlap(db: Database, place: string, except: string | undefined): void {
  const inside = (inner: string, outer: string): boolean =>
    inner === outer || inner.startsWith(outer.endsWith('/') ? outer : `${outer}/`);
  const others = db.query<{ id: string; path: string }>(
    `SELECT id, path FROM folders WHERE state <> 'removed'`,
  );
  const other = others
    .all()
    .find(({ id, path }) => id !== except && (inside(place, path) || inside(path, place)));
  if (!other) return;
  throw new UserError(
    'conflict',
    inside(place, other.path)
      ? `${quoted(shown(place))} is in the library already, with ${quoted(shown(other.path))}.`
      : `${quoted(shown(place))} holds ${quoted(shown(other.path))}, which is in the library already.`,
    'Choose another folder, or take that one out of the library first.',
  );
}
