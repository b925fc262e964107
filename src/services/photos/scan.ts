/**
 * Looks through library folders: compares every file with what is known, reads what is new or changed, and writes down
 * what it finds as it goes. May be stopped or killed at any moment; the next scan takes it up. settle.ts decides what a
 * file is, walk.ts finds them.
 */
import { stat } from 'node:fs/promises';
import type { ScanProblem, ScanProgress } from '../../domain/library.ts';
import type { ThumbnailSide } from '../../domain/look.ts';
import { quoted } from '../../domain/text.ts';
import type { Database } from '../db/database.ts';
import { readOriginal } from './files.ts';
import type { ReadOriginal } from './files.ts';
import { KnownFiles } from './known.ts';
import { directoryOf, encodeName, placeOf, shown, titleOf } from './names.ts';
import { inParallel } from './parallel.ts';
import type { LookAt } from './ports.ts';
import { pairFolders } from './pairing.ts';
import { Settler } from './settle.ts';
import type { Pending, Settled } from './settle.ts';
import type { ThumbnailCache } from './thumbnails.ts';
import { walk } from './walk.ts';

export interface ScanParts {
  readonly db: Database;
  readonly lookAt: LookAt;
  readonly thumbnails: ThumbnailCache;
  /** Files read at a time. */
  readonly abreast: number;
  /** Thumbnails made while scanning; others are made when they are first wanted. */
  readonly sides: readonly ThumbnailSide[];
}

export interface ScannedFolder {
  readonly id: string;
  readonly path: string;
  readonly drive: string | null;
}

const MOST_PROBLEMS = 100;
/** Results written together: one transaction costs about as much as ten rows. */
const BATCH = 32;
const TELL_EVERY_MS = 150;

type Counts = Record<'seen' | 'toRead' | 'read' | 'bytes' | 'bytesRead', number> &
  Record<'added' | 'changed' | 'moved' | 'missing' | 'returned' | 'troubled', number>;

/** A file that was read, or why not. */
interface Outcome {
  readonly pending: Pending;
  readonly read: ReadOriginal | undefined;
  readonly gone: ReadonlySet<number>;
}

/** Tells its progress about seven times a second, and last of all `done`, unless `signal` was aborted. */
export async function* scanFolders(
  parts: ScanParts,
  folders: readonly ScannedFolder[],
  signal: AbortSignal,
): AsyncGenerator<ScanProgress> {
  const scan = new Scan(parts, signal);
  yield scan.progress('looking');
  for (const folder of folders) {
    for await (const _ of scan.look(folder)) yield scan.progress('looking');
  }
  for await (const _ of scan.read()) yield scan.progress('reading');
  scan.finish(folders);
  if (!signal.aborted) yield scan.progress('done');
}

class Scan {
  readonly #parts: ScanParts;
  readonly #signal: AbortSignal;
  readonly #pending: Pending[] = [];
  readonly #problems: ScanProblem[] = [];
  /** Folders on disk whose names changed: JSON of [library folder, path]. */
  readonly #touched = new Set<string>();
  readonly #counts: Counts = {
    ...{ seen: 0, toRead: 0, read: 0, bytes: 0, bytesRead: 0 },
    ...{ added: 0, changed: 0, moved: 0, missing: 0, returned: 0, troubled: 0 },
  };
  #readingSince = 0;
  #told = 0;

  constructor(parts: ScanParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
  }

  progress(stage: ScanProgress['stage']): ScanProgress {
    const { read, toRead, bytes, bytesRead } = this.#counts;
    const seconds = (performance.now() - this.#readingSince) / 1000;
    const known = stage === 'reading' && read > 5 && bytesRead > 0;
    const etaSeconds = known ? ((bytes - bytesRead) / bytesRead) * seconds : stage === 'done' ? 0 : null;
    return {
      stage,
      ...this.#counts,
      etaSeconds: toRead === read && stage === 'reading' ? 0 : etaSeconds,
      problems: [...this.#problems],
    };
  }

  /** Walks one folder; yields now and then. */
  async *look(folder: ScannedFolder): AsyncGenerator<void> {
    const { db } = this.#parts;
    const root = await stat(encodeName(folder.path)).catch(() => undefined);
    if (!root?.isDirectory()) {
      this.#away(folder, 'is not there now; its photos are kept in mind');
      return;
    }
    const drive = `${root.dev}:${root.ino}`;
    const known = await KnownFiles.of(db, folder.id);
    const unreadable: string[] = [];
    const returned: number[] = [];
    for await (const walked of walk(folder.path, this.#signal)) {
      if (!walked.readable) unreadable.push(walked.path);
      for (const { path, message } of walked.troubles) this.#trouble(path, message);
      for (const file of walked.files) {
        const seen = known.see(file);
        this.#counts.seen++;
        if (seen.kind === 'returned') returned.push(seen.key);
        if (seen.kind !== 'new' && seen.kind !== 'changed') continue;
        this.#counts.toRead++;
        this.#counts.bytes += file.size;
        const before = seen.kind === 'changed' ? seen : undefined;
        this.#pending.push({
          folder: folder.id,
          root: folder.path,
          path: file.path,
          size: file.size,
          known: before,
        });
      }
      if (this.#isTimeToTell()) yield;
    }
    if (this.#signal.aborted) return;
    const elsewhere = known.count > 0 && known.found === 0 && folder.drive !== null && folder.drive !== drive;
    // another drive at the same place, or an empty mount point: that says nothing about the photos
    if (elsewhere) {
      this.#away(folder, 'holds none of the photos that were there; another drive may be at its place');
      return;
    }
    db.transaction(() => {
      const gone = known.gone(unreadable);
      for (const key of gone) db.run(`UPDATE photos SET state = 'missing' WHERE key = ?`, key);
      for (const key of returned) db.run(`UPDATE photos SET state = 'present' WHERE key = ?`, key);
      db.run(`UPDATE folders SET state = 'present', drive = ? WHERE id = ?`, drive, folder.id);
      this.#counts.missing += gone.length;
      this.#counts.returned += returned.length;
    });
  }

  /** Reads what is new or changed; yields now and then. */
  async *read(): AsyncGenerator<void> {
    const { db, abreast } = this.#parts;
    const settler = new Settler(db, this.#pending);
    const later: Outcome[] = [];
    let batch: Outcome[] = [];
    const write = (last: boolean): void => {
      const now = batch;
      batch = [];
      db.transaction(() => {
        for (const outcome of now) if (this.#settle(settler, outcome, last) === 'later') later.push(outcome);
      });
    };
    this.#readingSince = performance.now();
    const reading = inParallel(
      this.#pending,
      abreast,
      (pending) => this.#readOne(settler, pending),
      this.#signal,
    );
    for await (const outcome of reading) {
      settler.readOne(outcome.pending);
      this.#counts.read++;
      this.#counts.bytesRead += outcome.pending.size;
      batch.push(outcome);
      const tell = this.#isTimeToTell();
      if (batch.length >= BATCH || tell) write(false);
      if (tell) yield;
    }
    write(false);
    if (this.#signal.aborted) return;
    batch = later.splice(0);
    write(true);
  }

  /** Front and back of prints, and when each folder was scanned. */
  finish(folders: readonly ScannedFolder[]): void {
    const { db } = this.#parts;
    pairFolders(
      db,
      [...this.#touched].map((touched) => JSON.parse(touched) as [string, string]),
    );
    if (this.#signal.aborted) return;
    for (const { id } of folders)
      db.run(`UPDATE folders SET scanned_at = ? WHERE id = ? AND state = 'present'`, Date.now(), id);
  }

  async #readOne(settler: Settler, pending: Pending): Promise<Outcome> {
    const { db, lookAt, thumbnails, sides } = this.#parts;
    const none = { pending, read: undefined, gone: new Set<number>() };
    try {
      const read = await readOriginal(pending.root, pending.path, lookAt, (hash) =>
        settler.withContent(hash).length > 0 ? undefined : sides,
      );
      for (const [side, webp] of read.look?.thumbnails ?? []) await thumbnails.put(read.hash, side, webp);
      const gone = new Set<number>();
      for (const { key, folder, path, state } of settler.withContent(read.hash)) {
        const root = db
          .column<string>(`SELECT path FROM folders WHERE id = ? AND state = 'present'`)
          .get(folder);
        if (state !== 'present' || root === undefined) continue;
        const there = await stat(placeOf(root, path)).then(
          (seen) => seen.isFile(),
          (error: unknown) => !(error instanceof Error && 'code' in error && error.code === 'ENOENT'),
        );
        if (!there && (await isThere(root))) gone.add(key);
      }
      return { pending, read, gone };
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
      if (code === 'ENOENT') return none;
      const why = code === undefined ? (error instanceof Error ? error.message : 'unknown error') : code;
      this.#trouble(pending.path, `${quoted(titleOf(pending.path))} could not be read (${why}).`);
      return none;
    }
  }

  #settle(settler: Settler, { pending, read, gone }: Outcome, last: boolean): Settled {
    if (!read) return 'same';
    const settled = settler.settle(pending, read, gone, last);
    if (settled === 'added' || settled === 'changed' || settled === 'moved' || settled === 'returned')
      this.#counts[settled]++;
    if (settled === 'added' || settled === 'moved')
      this.#touched.add(JSON.stringify([pending.folder, directoryOf(pending.path)]));
    if (settled !== 'later' && read.look?.damage) this.#trouble(pending.path, read.look.damage);
    return settled;
  }

  #away(folder: ScannedFolder, why: string): void {
    this.#parts.db.run(`UPDATE folders SET state = 'away' WHERE id = ? AND state = 'present'`, folder.id);
    this.#trouble(folder.path, `The library folder ${quoted(shown(folder.path))} ${why}.`);
  }

  #trouble(path: string, message: string): void {
    this.#counts.troubled++;
    if (this.#problems.length < MOST_PROBLEMS)
      this.#problems.push({ path: shown(path).slice(0, 10_000), message });
  }

  #isTimeToTell(): boolean {
    const now = performance.now();
    if (now - this.#told < TELL_EVERY_MS) return false;
    this.#told = now;
    return true;
  }
}

async function isThere(root: string): Promise<boolean> {
  return stat(encodeName(root)).then(
    (seen) => seen.isDirectory(),
    () => false,
  );
}
