/**
 * Photos as the database has them, and as the contract gives them. grid.ts and details.ts read with it.
 */
import type { Photo } from '../../domain/photo.ts';
import type { Database } from '../db/database.ts';
import { titleOf } from './names.ts';

interface PhotoRow {
  readonly key: number;
  readonly id: string;
  readonly path: string;
  readonly width: number | null;
  readonly height: number | null;
  readonly captured_at: number;
  readonly captured_precision: Photo['capturedPrecision'];
  readonly rating: number;
  readonly missing: number;
  readonly damaged: number;
  readonly renditions: number;
  readonly back: string | null;
}

const COLUMNS = `p.key, p.id, p.path, p.width, p.height, p.captured_at, p.captured_precision, p.rating,
  (p.state <> 'present' OR d.state <> 'present') AS missing, p.damage IS NOT NULL AS damaged, p.renditions,
  (SELECT b.id FROM photos b WHERE b.front = p.id AND b.state <> 'removed' LIMIT 1) AS back`;

function toPhoto(row: PhotoRow): Photo {
  return {
    id: row.id,
    title: titleOf(row.path),
    width: row.width,
    height: row.height,
    capturedAt: row.captured_at,
    capturedPrecision: row.captured_precision,
    rating: row.rating,
    missing: row.missing === 1,
    damaged: row.damaged === 1,
    renditions: row.renditions,
    back: row.back,
  };
}

/** In the order of `keys`; those that there are. */
export function photosByKey(db: Database, keys: readonly number[]): Photo[] {
  return inOrder(db, 'key', keys);
}

/** In the order of `ids`; those that there are. */
export function photosById(db: Database, ids: readonly string[]): Photo[] {
  return inOrder(db, 'id', ids);
}

function inOrder(db: Database, column: 'key' | 'id', wanted: readonly (number | string)[]): Photo[] {
  const rows = db
    .query<PhotoRow>(
      `SELECT ${COLUMNS} FROM json_each(?) j CROSS JOIN photos p ON p.${column} = j.value
       JOIN folders d ON d.id = p.folder ORDER BY j.key`,
    )
    .all(JSON.stringify(wanted));
  return rows.map(toPhoto);
}
