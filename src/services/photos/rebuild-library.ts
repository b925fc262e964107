/**
 * A library anew from its folders and sidecars, after db/recover.ts has set a damaged database aside: the folders that
 * were in it, a scan of them, then people, albums and renditions.
 */
import { UserError } from '../../domain/errors.ts';
import type { ScanProgress } from '../../domain/library.ts';
import { rebuildFolders, rebuildFromSidecars } from '../db/rebuild.ts';
import type { Rebuilt } from '../db/rebuild.ts';
import type { Sidecars } from '../db/sidecars.ts';
import { scanFolders } from './scan.ts';
import type { ScanParts, ScannedFolder } from './scan.ts';

/**
 * Tells the progress of the scan; `done` hears what came back. May be run again after a kill, or when a drive that was
 * away is back: what is there already stays as it is. Throws UserError `cancelled` where `signal` ends it.
 */
export async function* rebuildLibrary(
  parts: ScanParts & { readonly sidecars: Sidecars },
  signal: AbortSignal,
  done: (rebuilt: Rebuilt) => void,
): AsyncGenerator<ScanProgress> {
  const { db, sidecars } = parts;
  await rebuildFolders(db, sidecars);
  const folders = db
    .query<ScannedFolder>(`SELECT id, path, drive FROM folders WHERE state <> 'removed'`)
    .all();
  yield* scanFolders(parts, folders, signal);
  if (signal.aborted)
    throw new UserError(
      'cancelled',
      'The library is not built anew yet.',
      'Start it again: it goes on from here.',
    );
  done(await rebuildFromSidecars(db, sidecars));
}
