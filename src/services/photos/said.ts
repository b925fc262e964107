/**
 * What people said of photos, written beside the database so that it outlives it. db/sidecars.ts has the format,
 * db/rebuild.ts the way back.
 */
import type { DatePrecision } from '../../domain/photo.ts';
import type { Database } from '../db/database.ts';
import type { SidecarOf, Sidecars } from '../db/sidecars.ts';

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

type SaidFace = SidecarOf<'photo'>['faces'][number];

interface SaidFaceRow {
  readonly id: string;
  readonly box: string;
  readonly landmarks: string;
  readonly score: number;
  readonly byHand: number;
  readonly ignored: number;
  readonly rejected: string;
}

/** Of all copies of a content: the sidecar is one. */
const SAID_FACES = `SELECT f.id, f.box, f.landmarks, f.score, f.by_hand AS byHand, f.state = 'ignored' AS ignored,
    (SELECT json_group_array(person) FROM face_rejections WHERE face = f.id) AS rejected
  FROM photos p CROSS JOIN faces f ON f.photo = p.id
  WHERE p.hash = ? AND (f.state = 'ignored' OR (f.by_hand = 1 AND f.person IS NULL)
    OR EXISTS (SELECT 1 FROM face_rejections WHERE face = f.id)) ORDER BY f.id`;

/**
 * Begins to write the sidecars of these photos, after the change is committed. A failure is no reason to fail what the
 * person did, which is in the database.
 */
export function writePhotoSidecars(db: Database, sidecars: Sidecars, ids: readonly string[]): void {
  const faces = db.query<SaidFaceRow>(SAID_FACES);
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
      faces: faces.all(row.hash).map((face) => ({
        ...{ id: face.id, score: face.score, byHand: face.byHand === 1, ignored: face.ignored === 1 },
        box: JSON.parse(face.box) as SaidFace['box'],
        landmarks: JSON.parse(face.landmarks) as SaidFace['landmarks'],
        rejected: JSON.parse(face.rejected) as string[],
      })),
    });
  }
}

/** Photos with these faces. */
export function photosOfFaces(db: Database, faces: Iterable<string>): string[] {
  return db
    .column<string>('SELECT DISTINCT f.photo FROM json_each(?) j CROSS JOIN faces f ON f.id = j.value')
    .all(JSON.stringify([...faces]));
}

/** Photos of which something was said, with the hash their sidecar is named by. */
export function saidPhotos(db: Database): { readonly id: string; readonly hash: string }[] {
  return db
    .query<{ id: string; hash: string }>(
      `SELECT id, lower(hex(hash)) AS hash FROM photos
       WHERE rating > 0 OR note <> '' OR place <> '' OR captured_from = 'hand' OR paired_by = 'hand'
          OR id IN (SELECT photo FROM faces WHERE state = 'ignored' OR (by_hand = 1 AND person IS NULL))
          OR id IN (SELECT f.photo FROM face_rejections r JOIN faces f ON f.id = r.face)`,
    )
    .all();
}
