/**
 * The cache of thumbnails: WebP files by content hash and side, in a folder with a bound. Whatever of it is lost is made
 * again; files are the truth and rows are only for counting and for knowing what was used last.
 */
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ThumbnailSide } from '../../domain/look.ts';
import type { Database } from '../db/database.ts';
import { sweepTemporaries, writeWhole } from '../db/write.ts';

/** When full, it is emptied down to this share. */
const LOW_WATER = 0.9;
/** How exactly the last use is known: a write for each look at a thumbnail would be a waste. */
const USED_EXACTLY_MS = 3_600_000;

export class ThumbnailCache {
  readonly #db: Database;
  readonly #folder: string;
  #maxBytes: number;
  #bytes: number;
  #evicting: Promise<void> | undefined;

  /** `maxBytes` bounds the files; a few may go over it for a moment. */
  constructor(db: Database, dataFolder: string, maxBytes: number) {
    this.#db = db;
    this.#folder = join(dataFolder, 'cache', 'thumbnails');
    this.#maxBytes = maxBytes;
    this.#bytes = db.column<number>('SELECT coalesce(sum(bytes), 0) FROM thumbnails').get() ?? 0;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** A new bound, from the settings; evicts at once where it is lower. */
  async setMaxBytes(maxBytes: number): Promise<void> {
    this.#maxBytes = maxBytes;
    await this.#evictIfFull();
  }

  has(hash: Uint8Array, side: ThumbnailSide): boolean {
    return this.#row(hash, side) !== undefined;
  }

  /** The file, or undefined where it is to be made. Counts as a use. */
  async find(hash: Uint8Array, side: ThumbnailSide, now = Date.now()): Promise<string | undefined> {
    const row = this.#row(hash, side);
    if (!row) return undefined;
    const path = this.#path(hash, side);
    const seen = await stat(path).catch(() => undefined);
    if (seen?.size !== row.bytes) {
      // cut short by a power cut, or deleted by somebody
      this.#forget(hash, side);
      return undefined;
    }
    if (now - row.used_at > USED_EXACTLY_MS)
      this.#db.run('UPDATE thumbnails SET used_at = ? WHERE hash = ? AND side = ?', now, hash, side);
    return path;
  }

  /** Keeps one; the file. Throws `output.unwritable`. */
  async put(hash: Uint8Array, side: ThumbnailSide, webp: Uint8Array, now = Date.now()): Promise<string> {
    const path = this.#path(hash, side);
    await writeWhole(path, webp, { sync: false });
    this.#forget(hash, side);
    this.#db.run('INSERT INTO thumbnails VALUES (?, ?, ?, ?)', hash, side, webp.length, now);
    this.#bytes += webp.length;
    await this.#evictIfFull();
    return path;
  }

  /** After a start: removes what killed processes left, and files nobody counts. */
  async sweep(): Promise<void> {
    await sweepTemporaries(this.#folder);
    const counted = this.#db.column<number>('SELECT 1 FROM thumbnails WHERE hash = ? AND side = ?');
    for (const place of await readdir(this.#folder).catch(() => [])) {
      for (const name of await readdir(join(this.#folder, place)).catch(() => [])) {
        const match = /^([0-9a-f]{64})-(\d+)\.webp$/.exec(name);
        if (
          match?.[1] === undefined ||
          counted.get(Buffer.from(match[1], 'hex'), Number(match[2])) !== undefined
        )
          continue;
        const path = join(this.#folder, place, name);
        const seen = await stat(path).catch(() => undefined);
        // just written, and about to be counted
        if (seen && Date.now() - seen.mtimeMs > 60_000) await rm(path, { force: true });
      }
    }
  }

  /** Removes all of it. */
  async clear(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
    await mkdir(this.#folder, { recursive: true });
    this.#db.run('DELETE FROM thumbnails');
    this.#bytes = 0;
  }

  #row(hash: Uint8Array, side: number): { bytes: number; used_at: number } | undefined {
    return this.#db
      .query<{ bytes: number; used_at: number }>(
        'SELECT bytes, used_at FROM thumbnails WHERE hash = ? AND side = ?',
      )
      .get(hash, side);
  }

  #forget(hash: Uint8Array, side: number): void {
    const bytes = this.#db
      .column<number>('DELETE FROM thumbnails WHERE hash = ? AND side = ? RETURNING bytes')
      .get(hash, side);
    this.#bytes -= bytes ?? 0;
  }

  async #evictIfFull(): Promise<void> {
    if (this.#bytes <= this.#maxBytes) return;
    this.#evicting ??= this.#evict().finally(() => (this.#evicting = undefined));
    await this.#evicting;
  }

  /** What was used longest ago goes first. */
  async #evict(): Promise<void> {
    while (this.#bytes > LOW_WATER * this.#maxBytes) {
      const oldest = this.#db
        .query<{ hash: Uint8Array; side: ThumbnailSide }>(
          'SELECT hash, side FROM thumbnails ORDER BY used_at LIMIT 100',
        )
        .all();
      if (oldest.length === 0) return;
      for (const { hash, side } of oldest) {
        if (this.#bytes <= LOW_WATER * this.#maxBytes) return;
        this.#forget(hash, side);
        await rm(this.#path(hash, side), { force: true });
      }
    }
  }

  #path(hash: Uint8Array, side: number): string {
    const name = Buffer.from(hash).toString('hex');
    return join(this.#folder, name.slice(0, 2), `${name}-${side}.webp`);
  }
}
