/**
 * Decides what a file that was read is: a photo that moved here, one that changed, one that is the same after all, or a
 * new one; and writes that. A photo is its content first, then its place, so that faces and notes follow a renamed file.
 */
import { invariant } from '../../domain/errors.ts';
import type { Look } from '../../domain/look.ts';
import type { Database } from '../db/database.ts';
import { newId } from '../db/ids.ts';
import { captureDate, dateJson } from './dates.ts';
import type { CaptureDate } from './dates.ts';
import type { ReadOriginal } from './files.ts';

/** A file to be read: new at its place, or with another size or date than known. */
export interface Pending {
  readonly folder: string;
  readonly root: string;
  readonly path: string;
  readonly size: number;
  /** The photo known at this place, and its size. */
  readonly known: { readonly key: number; readonly size: number } | undefined;
}

/** What became of it; `later`: it must wait until all others were read. */
export type Settled = 'added' | 'changed' | 'moved' | 'returned' | 'same' | 'later';

interface ContentRow {
  readonly key: number;
  readonly hash: Uint8Array;
  readonly state: string;
  readonly folder: string;
  readonly path: string;
}

export class Settler {
  readonly #db: Database;
  /** Photos whose place has another content now: where theirs went shows when the rest is read. */
  readonly #vacating = new Set<number>();
  /** How many files of each size are yet to be read: only among them can a content be that moved. */
  readonly #sizes = new Map<number, number>();

  constructor(db: Database, pending: readonly Pending[]) {
    this.#db = db;
    for (const { size, known } of pending) {
      this.#sizes.set(size, (this.#sizes.get(size) ?? 0) + 1);
      if (known) this.#vacating.add(known.key);
    }
  }

  /** Photos with this content. */
  withContent(hash: Uint8Array): ContentRow[] {
    return this.#db
      .query<ContentRow>('SELECT key, hash, state, folder, path FROM photos WHERE hash = ? ORDER BY key')
      .all(hash);
  }

  /** A file was read, or could not be: the count of its size is one less. Once for each pending file. */
  readOne({ size }: Pending): void {
    this.#sizes.set(size, (this.#sizes.get(size) ?? 1) - 1);
  }

  /**
   * Within a transaction. `gone` are photos of which a look at the disk said that their file is no longer there; `last`:
   * all files were read, so nothing waits any more.
   */
  settle(pending: Pending, read: ReadOriginal, gone: ReadonlySet<number>, last: boolean): Settled {
    const here = this.#db
      .query<ContentRow>('SELECT key, hash, state, folder, path FROM photos WHERE folder = ? AND path = ?')
      .get(pending.folder, pending.path);
    const same = this.withContent(read.hash);
    if (here && same.some(({ key }) => key === here.key)) return this.#touch(here, read);
    const mover = same.find(
      ({ key, state }) => state !== 'present' || this.#vacating.has(key) || gone.has(key),
    );
    if (mover) {
      if (here) this.#displace(here);
      return this.#move(mover, pending, read);
    }
    if (!here) return this.#add(pending, read, same[0]);
    const mayHaveMoved = pending.known !== undefined && (this.#sizes.get(pending.known.size) ?? 0) > 0;
    if (mayHaveMoved && !last) return 'later';
    return this.#change(here, pending, read, same[0]);
  }

  #touch(here: ContentRow, { size, mtime }: ReadOriginal): Settled {
    this.#vacating.delete(here.key);
    this.#db.run(
      `UPDATE photos SET size = ?, mtime = ?, state = 'present' WHERE key = ?`,
      size,
      mtime,
      here.key,
    );
    return here.state === 'present' ? 'same' : 'returned';
  }

  /** Its place is taken by another photo. Where its content is, if anywhere, shows later: then it moves there. */
  #displace({ key, path }: ContentRow): void {
    this.#vacating.delete(key);
    this.#db.run(
      `UPDATE photos SET path = ?, state = 'missing' WHERE key = ?`,
      `${path.slice(0, 4000)}/replaced-${newId()}`,
      key,
    );
  }

  #move(mover: ContentRow, pending: Pending, { size, mtime }: ReadOriginal): Settled {
    this.#vacating.delete(mover.key);
    this.#db.run(
      `UPDATE photos SET folder = ?, path = ?, size = ?, mtime = ?, state = 'present' WHERE key = ?`,
      pending.folder,
      pending.path,
      size,
      mtime,
      mover.key,
    );
    const named = captureDate({ captured: null, digitized: null }, pending.path, mtime);
    const own = this.#ownDate(mover.key);
    if (named.from === 'name' && own?.from !== 'exif') this.#date(mover.key, named);
    return 'moved';
  }

  #change(here: ContentRow, pending: Pending, read: ReadOriginal, twin: ContentRow | undefined): Settled {
    this.#vacating.delete(here.key);
    const before = this.#picture(here.key);
    this.#db.run(
      `UPDATE photos SET size = ?, mtime = ?, hash = ?, state = 'present' WHERE key = ?`,
      read.size,
      read.mtime,
      read.hash,
      here.key,
    );
    this.#describe(here.key, pending, read, twin);
    const samePicture = before !== undefined && before === this.#picture(here.key);
    // another picture: whoever looks for faces looks again
    if (!samePicture) this.#db.run('UPDATE photos SET faces_by = NULL WHERE key = ?', here.key);
    return 'changed';
  }

  /** Size and perceptual hash as one text; undefined where there are no pixels. */
  #picture(key: number): string | undefined {
    return this.#db
      .column<string>(
        `SELECT width || 'x' || height || ' ' || hex(dhash) FROM photos WHERE key = ? AND dhash IS NOT NULL`,
      )
      .get(key);
  }

  #add(pending: Pending, read: ReadOriginal, twin: ContentRow | undefined): Settled {
    const date = captureDate(read.look ?? { captured: null, digitized: null }, pending.path, read.mtime);
    const key = this.#db
      .column<number>(
        `INSERT INTO photos (id, folder, path, size, mtime, hash, captured_at, captured_from, captured_precision,
                             own_date, added_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING key`,
      )
      .get(
        newId(),
        pending.folder,
        pending.path,
        read.size,
        read.mtime,
        read.hash,
        date.at,
        date.from,
        date.precision,
        dateJson(date),
        Date.now(),
      );
    invariant(key !== undefined, 'a new photo has no key');
    this.#describe(key, pending, read, twin);
    return 'added';
  }

  /** What the pixels and the metadata say: by looking, or of another photo with the same content. */
  #describe(key: number, pending: Pending, read: ReadOriginal, twin: ContentRow | undefined): void {
    if (read.look) this.#describeBy(key, read.look);
    else if (twin)
      this.#db.run(
        `UPDATE photos SET (width, height, format, orientation, camera, latitude, longitude, damage, dhash) =
           (SELECT width, height, format, orientation, camera, latitude, longitude, damage, dhash
            FROM photos WHERE key = ?) WHERE key = ?`,
        twin.key,
        key,
      );
    const own = twin && this.#ownDate(twin.key);
    const inherited = { captured: own?.from === 'exif' ? own : null, digitized: null };
    this.#date(key, captureDate(read.look ?? inherited, pending.path, read.mtime));
  }

  /** What the file says itself; it holds unless a person said otherwise. */
  #date(key: number, date: CaptureDate): void {
    this.#db.run('UPDATE photos SET own_date = ? WHERE key = ?', dateJson(date), key);
    this.#db.run(
      `UPDATE photos SET captured_at = ?, captured_from = ?, captured_precision = ?
       WHERE key = ? AND captured_from <> 'hand'`,
      date.at,
      date.from,
      date.precision,
      key,
    );
  }

  #ownDate(key: number): CaptureDate | undefined {
    return this.#db
      .query<CaptureDate>(
        `SELECT own_date ->> 'at' AS at, own_date ->> 'precision' AS precision, own_date ->> 'from' AS "from"
         FROM photos WHERE key = ?`,
      )
      .get(key);
  }

  #describeBy(key: number, look: Look): void {
    this.#db.run(
      `UPDATE photos SET width = ?, height = ?, format = ?, orientation = ?, camera = ?, latitude = ?, longitude = ?,
                         damage = ?, dhash = ? WHERE key = ?`,
      look.size?.width ?? null,
      look.size?.height ?? null,
      look.format,
      look.orientation,
      look.camera,
      look.gps?.latitude ?? null,
      look.gps?.longitude ?? null,
      look.damage,
      look.dhash,
      key,
    );
  }
}
