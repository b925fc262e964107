/**
 * What people said of photos, written beside the database so that it outlives it. db/sidecars.ts has the format,
 * db/rebuild.ts the way back.
 */
import type { DatePrecision } from '../../domain/photo.ts';
import type { Database } from '../db/database.ts';
import type { Sidecars } from '../db/sidecars.ts';

interface SaidRow {
  readonly hash: Buffer;
  readonly rating: number;
  readonly note: string;
  readonly place: string;
  readonly captured_at: number;
  readonly captured_precision: DatePrecision;
  readonly captured_from: string;
  readonly paired_by: string | null;
  readonly front: string | null;
  readonly front_hash: Buffer | null;
}

/**
 * Begins to write the sidecars of these photos, after the change is committed. A failure is no reason to fail what the
 * person did, which is in the database.
 */
export function writePhotoSidecars(db: Database, sidecars: Sidecars, ids: readonly string[]): void {
  const said = db.query<SaidRow>(
    `SELECT p.hash, p.rating, p.note, p.place, p.captured_at, p.captured_precision, p.captured_from, p.paired_by,
            p.front, (SELECT f.hash FROM photos f WHERE f.id = p.front) AS front_hash
     FROM photos p WHERE p.id = ?`,
  );
  for (const id of ids) {
    const row = said.get(id);
    if (!row) continue;
    sidecars.later({
      kind: 'photo',
      hash: row.hash.toString('hex'),
      rating: row.rating,
      note: row.note,
      place: row.place,
      captured:
        row.captured_from === 'hand' ? { at: row.captured_at, precision: row.captured_precision } : null,
      ...(row.paired_by === 'hand' && { front: row.front_hash?.toString('hex') ?? null }),
    });
  }
}
