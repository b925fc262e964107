/**
 * The export job: its planned files one after the other, each whole or not at all, and after a crash only those that are
 * not written yet. plan.ts made the plan, folders.ts keeps it inside the target.
 */
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../../domain/errors.ts';
import type { ExportForm } from '../../domain/exporting.ts';
import { quoted } from '../../domain/text.ts';
import type { Database } from '../db/database.ts';
import { payloadOf } from '../jobs/payloads.ts';
import type { Ending, Worker, Working } from '../jobs/ports.ts';
import type { JobRow } from '../jobs/rows.ts';
import { decodeName } from '../photos/names.ts';
import { placeInside, realTarget, sweepFolder } from './folders.ts';
import { keptMask, maskBeside, maskFits, paintedFile } from './masks.ts';
import type { MaskCopy } from './masks.ts';
import { numbered } from './names.ts';
import { formatOf, isCopy, sourceOf } from './plan.ts';
import type { WritePicture } from './ports.ts';

export interface ExportParts {
  readonly db: Database;
  readonly dataFolder: string;
  readonly write: WritePicture;
  readonly changed: (topic: 'exports', ids: readonly string[]) => void;
}

interface ExportRow {
  readonly position: number;
  readonly photo: string | null;
  readonly rendition: string | null;
  readonly path: string;
  /** Of a queued one: when it was begun, with its name settled. */
  readonly written_at: number | null;
}

/** One export at work. */
interface Exporting {
  readonly job: JobRow;
  readonly target: string;
  readonly form: ExportForm;
  /** What earlier exports to this target wrote: may be replaced. */
  readonly ours: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

export class ExportWorker implements Worker {
  readonly #parts: ExportParts;

  constructor(parts: ExportParts) {
    this.#parts = parts;
  }

  async run({ job, signal, progress }: Working): Promise<Ending> {
    const { db, changed } = this.#parts;
    const { target: id, form } = payloadOf('export', job.payload);
    const target = await realTarget(targetPath(db, id));
    const work = { job, target, form, ours: writtenBefore(db, id, job.id), signal };
    const rows = db
      .query<ExportRow>(
        `SELECT position, photo, rendition, path, written_at FROM exports WHERE job = ? AND state = 'queued'
         ORDER BY position`,
      )
      .all(job.id);
    const of = db.column<number>('SELECT count(*) FROM exports WHERE job = ?').get(job.id) ?? rows.length;
    const begun = performance.now();
    for (const [i, row] of rows.entries()) {
      signal.throwIfAborted();
      const done = of - rows.length + i;
      const left = i === 0 ? null : ((performance.now() - begun) / 1000 / i) * (rows.length - i);
      progress({ stage: 'exporting', done, of, etaSeconds: left });
      await this.#one(row, work);
      changed('exports', [job.id]);
    }
    progress({ stage: 'exporting', done: of, of, etaSeconds: 0 });
    return { result: this.#outcome(job.id) };
  }

  /** Removes what a killed process was in the middle of writing. */
  async cleanUp(job: JobRow, why: 'found' | 'gone'): Promise<void> {
    if (why === 'gone') return;
    const { db } = this.#parts;
    const begun = db
      .column<string>(
        `SELECT path FROM exports WHERE job = ? AND state = 'queued' AND written_at IS NOT NULL`,
      )
      .all(job.id);
    const target = await realTarget(targetPath(db, payloadOf('export', job.payload).target));
    for (const path of begun) await sweepFolder(dirname(await placeInside(target, path)));
  }

  async #one(row: ExportRow, work: Exporting): Promise<void> {
    const { db, dataFolder, write } = this.#parts;
    const { job, form, signal } = work;
    const set = (sql: string, ...values: (string | number | null)[]): void => {
      db.run(`UPDATE exports SET ${sql} WHERE job = ? AND position = ?`, ...values, job.id, row.position);
    };
    try {
      const source = sourceOf(db, dataFolder, row);
      if (!source)
        throw new UserError(
          'missing',
          'The picture is not there any more.',
          'Connect its drive, and try again.',
        );
      const mask = await keptMask(dataFolder, source.mask);
      const settled = row.written_at === null ? await this.#settle(row.path, mask, work) : row.path;
      if (settled === undefined) {
        set(`state = 'skipped'`);
        return;
      }
      // the name is known before the file is there: a killed process writes the same file again
      set('path = ?, written_at = ?', settled, Date.now());
      const place = await placeInside(work.target, settled);
      const from = typeof source.file === 'string' ? source.file : decodeName(source.file);
      const bytes = isCopy(form, from, row.rendition === null ? source.format : null)
        ? await copyWhole(source.file, place, source.name, signal)
        : await write(source, place, { ...form, format: formatFor(form, from, source.format) }, signal);
      if (mask) await this.#writeMask(mask, settled, work);
      set(`state = 'written', bytes = ?, written_at = ?`, bytes, Date.now());
    } catch (error) {
      if (signal.aborted || !(error instanceof UserError)) throw error;
      set(`state = 'failed', error = ?`, JSON.stringify(error.toPlain()));
    }
  }

  /** The name that is free, or may be replaced; undefined where what is there stays. */
  async #settle(
    path: string,
    mask: MaskCopy | undefined,
    { target, form, ours, job }: Exporting,
  ): Promise<string | undefined> {
    const ending = /\.[A-Za-z0-9]{1,8}$/.exec(path)?.[0] ?? '';
    const stem = path.slice(0, path.length - ending.length);
    for (let number = 1; ; number++) {
      const tried = `${numbered(stem, number)}${ending}`;
      const place = await placeInside(target, tried);
      const there = await lstat(place).catch(() => undefined);
      const taken = number > 1 && this.#isPlanned(job.id, tried);
      if (there && form.collisions === 'skip') return undefined;
      const replace = form.collisions === 'replace' && there?.isFile() === true && ours.has(tried);
      const free = !there || (replace && !this.#isOriginal(place));
      if (free && !taken && (!mask || (await this.#isFree(mask, maskBeside(tried), replace, target, job.id))))
        return tried;
    }
  }

  async #isFree(
    mask: MaskCopy,
    path: string,
    replaced: boolean,
    target: string,
    job: string,
  ): Promise<boolean> {
    const place = await placeInside(target, path);
    return !this.#isPlanned(job, path) && !this.#isOriginal(place) && (await maskFits(mask, place, replaced));
  }

  /** After its picture, which is what may well fail; a killed process writes both again. */
  async #writeMask(
    { sha256, dataFolder }: MaskCopy,
    settled: string,
    { target, signal }: Exporting,
  ): Promise<void> {
    const place = await placeInside(target, maskBeside(settled));
    await copyWhole(paintedFile(dataFolder, sha256), place, basename(place), signal);
  }

  /** Another file of this export has, or will have, this name. */
  #isPlanned(job: string, path: string): boolean {
    const found = this.#parts.db
      .column<number>(`SELECT 1 FROM exports WHERE job = ? AND path = ? COLLATE NOCASE`)
      .get(job, path);
    return found !== undefined;
  }

  #isOriginal(place: string): boolean {
    const path = process.platform === 'win32' ? place.replaceAll('\\', '/') : place;
    return this.#parts.db
      .query<{ path: string; id: string }>('SELECT id, path FROM folders')
      .all()
      .some((folder) => {
        const root = folder.path.endsWith('/') ? folder.path : `${folder.path}/`;
        if (!path.startsWith(root)) return false;
        const below = path.slice(root.length);
        const found = this.#parts.db
          .column<number>('SELECT 1 FROM photos WHERE folder = ? AND path = ?')
          .get(folder.id, below);
        return found !== undefined;
      });
  }

  /** Throws the first failure where nothing at all came of it. */
  #outcome(job: string): { written: number; skipped: number; failed: number } {
    const { db } = this.#parts;
    const counts = { written: 0, skipped: 0, failed: 0, queued: 0 };
    const rows = db
      .query<{ state: keyof typeof counts; n: number }>(
        'SELECT state, count(*) AS n FROM exports WHERE job = ? GROUP BY state',
      )
      .all(job);
    for (const { state, n } of rows) counts[state] = n;
    const { written, skipped, failed } = counts;
    if (failed > 0 && written + skipped === 0) {
      const error = db
        .column<string>(
          `SELECT error FROM exports WHERE job = ? AND state = 'failed' ORDER BY position LIMIT 1`,
        )
        .get(job);
      throw UserError.fromPlain(JSON.parse(error ?? '{}') as ReturnType<UserError['toPlain']>);
    }
    return { written, skipped, failed };
  }
}

/** Throws UserError `missing`. */
export function targetPath(db: Database, id: string): string {
  const path = db.column<string>('SELECT path FROM export_targets WHERE id = ?').get(id);
  if (path !== undefined) return path;
  throw new UserError('missing', 'This folder is not open for exports any more.', 'Choose a folder again.');
}

function formatFor(form: ExportForm, source: string, known: string | null) {
  return form.format === 'same' ? (formatOf(source, known) ?? 'png') : form.format;
}

function writtenBefore(db: Database, target: string, job: string): Set<string> {
  const paths = db
    .column<string>(
      `SELECT e.path FROM exports e JOIN jobs j ON j.id = e.job
       WHERE j.kind = 'export' AND j.payload ->> 'target' = ? AND e.state = 'written' AND e.job <> ?`,
    )
    .all(target, job);
  return new Set(paths);
}

/** A copy, whole or not at all; its size. Throws UserError `output.unwritable` or `photo.unreadable`. */
async function copyWhole(
  from: string | Buffer,
  to: string,
  name: string,
  signal: AbortSignal,
): Promise<number> {
  const temporary = join(dirname(to), `.albumen-${randomUUID()}.tmp`);
  const readable = await lstat(from).catch(() => undefined);
  if (!readable)
    throw new UserError('photo.unreadable', `${quoted(name)} does not exist.`, 'Connect its drive.');
  try {
    const file = await open(temporary, 'wx');
    try {
      for await (const piece of createReadStream(from, { signal, highWaterMark: 1 << 20 }))
        await file.writeFile(piece as Buffer);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, to);
    return (await lstat(to)).size;
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    signal.throwIfAborted();
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    throw new UserError(
      'output.unwritable',
      `${quoted(basename(to))} could not be written (${code}).`,
      'Check that the target may be written to and that the disk has room.',
      { cause },
    );
  }
}
