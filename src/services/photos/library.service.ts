/**
 * Answers the calls on the library: folders, scans in the background that any number of windows may watch, and, for
 * hosts alone, files of thumbnails and originals. photos.service.ts has the photos themselves.
 */
import { stat } from 'node:fs/promises';
import { Broadcast } from '../../contract/events.ts';
import type { Handlers } from '../../contract/rpc.ts';
import type { library, libraryHost } from '../../contract/photos.ts';
import { UserError } from '../../domain/errors.ts';
import type { ScanProgress } from '../../domain/library.ts';
import type { ThumbnailSide } from '../../domain/look.ts';
import type { Database } from '../db/database.ts';
import type { Sidecars } from '../db/sidecars.ts';
import type { AlikeIndex } from './alike.ts';
import { directoriesIn } from './directories.ts';
import { readOriginal } from './files.ts';
import { addFolder, listFolders, relocateFolder, removeFolder } from './folders.ts';
import { placeOf } from './names.ts';
import type { Changed } from './photos.service.ts';
import type { LookAt } from './ports.ts';
import { scanFolders } from './scan.ts';
import type { ScannedFolder } from './scan.ts';
import type { ThumbnailCache } from './thumbnails.ts';
import { FolderWatcher } from './watch.ts';

export interface LibraryParts {
  readonly db: Database;
  readonly sidecars: Sidecars;
  readonly thumbnails: ThumbnailCache;
  readonly alike: AlikeIndex;
  readonly lookAt: LookAt;
  readonly changed: Changed;
  /** Files read at a time; about as many as there are cores. */
  readonly abreast: number;
  /** Thumbnails made while scanning. */
  readonly sides: readonly ThumbnailSide[];
  /** Hears of a scan that failed; a scan reports what is wrong with files itself. */
  readonly failed: (error: unknown) => void;
}

/** A scan that runs, for all who watch it. */
interface Running {
  readonly folders: readonly string[] | undefined;
  readonly abort: AbortController;
  readonly progress: Broadcast<ScanProgress>;
  readonly ended: Promise<void>;
  last: ScanProgress | undefined;
}

export class LibraryService {
  readonly #parts: LibraryParts;
  readonly #watchers = new Map<string, FolderWatcher>();
  readonly #making = new Map<string, Promise<string | undefined>>();
  #running: Running | undefined;
  #again: readonly string[] | undefined;
  #closed = false;

  readonly handlers: Handlers<typeof library>;
  readonly hostHandlers: Handlers<typeof libraryHost>;

  constructor(parts: LibraryParts) {
    this.#parts = parts;
    const { db, sidecars, thumbnails, changed } = parts;
    const tell = (): void => {
      changed('library', null);
      changed('photos', null);
    };
    this.handlers = {
      folders: () => listFolders(db),
      directories: ({ folder, below }) => directoriesIn(db, folder, below),
      removeFolder: async ({ folder }) => {
        this.#unwatch(folder);
        await removeFolder(db, sidecars, folder);
        parts.alike.forget();
        tell();
        return undefined;
      },
      scan: ({ folders }, { signal }) => this.scan(folders, signal),
      stopScan: () => {
        this.#again = undefined;
        this.#running?.abort.abort();
        return undefined;
      },
      stats: () => ({ ...statsOf(db), cacheBytes: thumbnails.bytes }),
    };
    this.hostHandlers = {
      addFolder: async ({ path }) => {
        const folder = await addFolder(db, sidecars, path);
        tell();
        return folder;
      },
      relocateFolder: async ({ folder, path }) => {
        this.#unwatch(folder);
        const moved = await relocateFolder(db, sidecars, folder, path);
        tell();
        return moved;
      },
      thumbnail: async ({ photo, side }) => {
        const file = await this.thumbnail(photo, side);
        return file === undefined ? null : { file };
      },
      original: async ({ photo }) => (await this.original(photo)) ?? null,
    };
  }

  /**
   * Progress of a scan of these folders (all without), from now to its end. Joins the scan that runs, and begins one
   * otherwise. It goes on in the background when nobody watches any more.
   */
  scan(folders: readonly string[] | undefined, signal: AbortSignal): AsyncIterableIterator<ScanProgress> {
    const running = this.#running ?? this.#begin(folders);
    return running.progress.subscribe(signal, ...(running.last ? ([running.last] as const) : ([] as const)));
  }

  /** Scans now, or once more after the scan that runs: what a watcher saw may have been passed by already. */
  rescan(folders: readonly string[]): void {
    if (this.#running) this.#again = [...(this.#again ?? []), ...folders];
    else this.#begin(folders);
  }

  /** Notices changes in all folders from now on, and scans. */
  async watch(): Promise<void> {
    for (const { id, path } of this.#folders(undefined)) {
      if (this.#watchers.has(id) || this.#closed) continue;
      const watcher = new FolderWatcher(path, () => this.rescan([id]));
      this.#watchers.set(id, watcher);
      await watcher.start();
    }
  }

  /** The file of a thumbnail, made where it is not there; undefined where the photo cannot be read or is missing. */
  async thumbnail(photo: string, side: ThumbnailSide): Promise<string | undefined> {
    const { db, thumbnails } = this.#parts;
    const row = db.query<{ hash: Buffer }>('SELECT hash FROM photos WHERE id = ?').get(photo);
    if (!row) return undefined;
    const kept = await thumbnails.find(row.hash, side);
    if (kept !== undefined) return kept;
    const which = `${row.hash.toString('hex')} ${side}`;
    const making =
      this.#making.get(which) ?? this.#make(photo, side).finally(() => this.#making.delete(which));
    this.#making.set(which, making);
    return making;
  }

  /** Where the original is and what it is; undefined while it is missing. */
  async original(photo: string): Promise<{ file: string; mime: string } | undefined> {
    const place = this.#placeOf(photo);
    if (!place) return undefined;
    const file = placeOf(place.root, place.path);
    const there = await stat(file).then(
      (seen) => seen.isFile(),
      () => false,
    );
    if (!there) return undefined;
    return {
      file: `${place.root.replace(/\/$/, '')}/${place.path}`,
      mime: `image/${place.format ?? 'jpeg'}`,
    };
  }

  /** Stops scans and watchers; resolves when nothing of them runs any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#again = undefined;
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
    this.#running?.abort.abort();
    await this.#running?.ended;
    await Promise.allSettled(this.#making.values());
    await this.#parts.sidecars.settled();
  }

  #begin(folders: readonly string[] | undefined): Running {
    const abort = new AbortController();
    const progress = new Broadcast<ScanProgress>();
    if (this.#closed) abort.abort();
    const ended = this.#run(folders, abort.signal, progress);
    const running: Running = { folders, abort, progress, ended, last: undefined };
    this.#running = running;
    return running;
  }

  async #run(
    folders: readonly string[] | undefined,
    signal: AbortSignal,
    progress: Broadcast<ScanProgress>,
  ): Promise<void> {
    const { db, thumbnails, lookAt, abreast, sides, alike, changed, failed } = this.#parts;
    // #running is set by then
    await Promise.resolve();
    try {
      const wanted = this.#folders(folders);
      let known = '';
      for await (const now of scanFolders({ db, thumbnails, lookAt, abreast, sides }, wanted, signal)) {
        if (this.#running) this.#running.last = now;
        progress.publish(now);
        const counts = [now.added, now.changed, now.moved, now.missing, now.returned].join();
        if (counts !== known && known !== '') changed('photos', null);
        known = counts;
      }
    } catch (error) {
      failed(error);
    } finally {
      this.#running = undefined;
      alike.forget();
      changed('library', null);
      changed('photos', null);
      progress.end();
      const again = this.#again;
      this.#again = undefined;
      if (again && !this.#closed) this.#begin([...new Set(again)]);
    }
  }

  #folders(ids: readonly string[] | undefined): ScannedFolder[] {
    return this.#parts.db
      .query<ScannedFolder>(
        `SELECT id, path, drive FROM folders WHERE state <> 'removed' ORDER BY added_at, id`,
      )
      .all()
      .filter(({ id }) => !ids || ids.includes(id));
  }

  async #make(photo: string, side: ThumbnailSide): Promise<string | undefined> {
    const place = this.#placeOf(photo);
    if (!place) return undefined;
    try {
      const read = await readOriginal(place.root, place.path, this.#parts.lookAt, () => [side]);
      const webp = read.look?.thumbnails.get(side);
      return webp && (await this.#parts.thumbnails.put(read.hash, side, webp));
    } catch (error) {
      // a full disk is worth a sentence; a photo that cannot be opened now has no thumbnail now
      if (error instanceof UserError) throw error;
      return undefined;
    }
  }

  #placeOf(photo: string): { root: string; path: string; format: string | null } | undefined {
    return this.#parts.db
      .query<{ root: string; path: string; format: string | null }>(
        `SELECT d.path AS root, p.path, p.format FROM photos p JOIN folders d ON d.id = p.folder
         WHERE p.id = ? AND p.state = 'present' AND d.state = 'present'`,
      )
      .get(photo);
  }

  #unwatch(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
  }
}

function statsOf(db: Database): { photos: number; bytes: number; missing: number; restored: number } {
  const one = (sql: string): number => db.column<number>(sql).get() ?? 0;
  return {
    photos: one('SELECT sum(photos) FROM photo_months'),
    bytes: one(`SELECT sum(size) FROM photos WHERE state <> 'removed'`),
    missing: one(
      `SELECT count(*) FROM photos p JOIN folders d ON d.id = p.folder
       WHERE p.shown = 1 AND (p.state = 'missing' OR d.state = 'away')`,
    ),
    restored: one(
      'SELECT count(*) FROM photos INDEXED BY photos_restored WHERE renditions > 0 AND shown = 1',
    ),
  };
}
