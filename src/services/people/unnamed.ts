/**
 * Pages of the faces nobody has named: newest first, or, where a recogniser has seen them, those alike beside each other.
 * That order is made in the background (alike-order.ts) and kept while faces are named, so that nothing jumps.
 */
import type { PhotoFace } from '../../domain/person.ts';
import type { Database } from '../db/database.ts';
import type { Tell } from '../history/history.service.ts';
import { alikeOrder, roundedDirections } from './alike-order.ts';
import { toFloats } from './likeness.ts';
import { peopleSql as sql } from './people.sql.ts';
import { toFace } from './rows.ts';
import type { FaceRow } from './rows.ts';

/** Ordered at most: 512 dimensions of this many are 51 MB while it is done. Older faces follow by date. */
const MOST_ORDERED = 100_000;
/** The order is made again when more than this share of the faces is not in it yet. */
const NEW_SHARE = 0.1;
const BATCH = 250;
/** More faces changed at once than this: all are asked for again. */
const MOST_FOLLOWED = 2000;

export class Unnamed {
  readonly #db: Database;
  readonly #tell: Tell;
  readonly #failed: (error: unknown) => void;
  /** The last order made; some of its faces have been named since. */
  #order: readonly string[] = [];
  /** All unnamed faces in order, as long as nothing changes. */
  #ids: readonly string[] | undefined;
  #embedded: boolean | undefined;
  #making: Promise<void> | undefined;
  #closed = false;

  constructor(db: Database, tell: Tell, failed: (error: unknown) => void) {
    this.#db = db;
    this.#tell = tell;
    this.#failed = failed;
  }

  /** These faces were named, forgotten or removed; without any, all may have been. */
  changed(faces?: ReadonlySet<string>): void {
    const ids = this.#ids;
    if (!ids) return;
    if (!faces || faces.size > MOST_FOLLOWED) {
      this.#ids = undefined;
      return;
    }
    const unnamed = new Set(this.#db.column<string>(sql.unnamedAmong).all(JSON.stringify([...faces])));
    const left = ids.filter((id) => !faces.has(id) || unnamed.delete(id));
    // whoever is nobody's again has a place of their own in the order
    this.#ids = unnamed.size > 0 ? undefined : left;
  }

  /** New faces, with embeddings or without. */
  found(): void {
    this.#ids = undefined;
    this.#embedded = undefined;
  }

  page(offset: number, limit: number): { total: number; faces: PhotoFace[] } {
    const db = this.#db;
    this.#embedded ??= db.column<number>('SELECT 1 FROM face_embeddings LIMIT 1').get() !== undefined;
    if (!this.#embedded) {
      const total = db.column<number>(sql.countUnnamed).get() ?? 0;
      const rows = db.query<FaceRow>(sql.unnamed).all(limit, offset);
      return { total, faces: rows.map(toFace) };
    }
    const ids = (this.#ids ??= this.#inOrder());
    const rows = db.query<FaceRow>(sql.faces).all(JSON.stringify(ids.slice(offset, offset + limit)));
    // a photo may have been forgotten since, and its faces with it
    return { total: ids.length, faces: rows.filter(({ state }) => state === 'unknown').map(toFace) };
  }

  /** Resolves when no order is being made. */
  async settled(): Promise<void> {
    while (this.#making) await this.#making;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#making;
  }

  #inOrder(): string[] {
    const byDate = this.#db.column<string>(sql.unnamedIds).all();
    const rest = new Set(byDate);
    const known = this.#order.filter((id) => rest.delete(id));
    if (rest.size > NEW_SHARE * byDate.length) this.#make(byDate);
    return [...known, ...rest];
  }

  #make(ids: readonly string[]): void {
    if (this.#making || this.#closed) return;
    this.#making = this.#ordered(ids.slice(0, MOST_ORDERED))
      .then((order) => {
        if (this.#closed) return;
        this.#order = order;
        this.#ids = undefined;
        this.#tell('faces', null);
      })
      .catch((error: unknown) => this.#failed(error))
      .finally(() => (this.#making = undefined));
  }

  /** Faces of the commonest recogniser alike by alike, then the others as they come. */
  async #ordered(ids: readonly string[]): Promise<string[]> {
    const db = this.#db;
    const commonest = db
      .query<{ by: string; bytes: number }>(
        `SELECT e.made_by AS by, length(e."values") AS bytes
         FROM json_each(?) j CROSS JOIN face_embeddings e ON e.face = j.value
         GROUP BY 1, 2 ORDER BY count(*) DESC LIMIT 1`,
      )
      .get(JSON.stringify(ids));
    if (!commonest) return [...ids];
    const read = db.query<{ id: string; embedding: Uint8Array }>(
      `SELECT e.face AS id, e."values" AS embedding FROM json_each(?) j CROSS JOIN face_embeddings e ON e.face = j.value
       WHERE e.made_by = ? AND length(e."values") = ?`,
    );
    const directions = roundedDirections(ids.length, commonest.bytes / 4);
    const seen: string[] = [];
    for (let start = 0; start < ids.length && !this.#closed; start += BATCH) {
      const rows = read.all(JSON.stringify(ids.slice(start, start + BATCH)), commonest.by, commonest.bytes);
      for (const { id, embedding } of rows) directions.set(seen.push(id) - 1, toFloats(embedding));
      await pause();
    }
    const order = await alikeOrder({ ...directions, count: seen.length }, () =>
      this.#closed ? Promise.reject(new Error('closed')) : pause(),
    ).catch((error: unknown) => {
      if (this.#closed) return [];
      throw error;
    });
    const ordered = new Set(seen);
    return [...order.map((row) => seen[row]!), ...ids.filter((id) => !ordered.has(id))];
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
