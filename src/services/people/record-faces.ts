/**
 * What a detector found in a photo becomes its faces: those a person has named or placed stay, matched by where they are;
 * the rest is as the newest detection says. The jobs layer calls it, in the transaction that ends its job.
 */
import { FaceBox } from '../../domain/person.ts';
import type { PhotoFace } from '../../domain/person.ts';
import { invariant, UserError } from '../../domain/errors.ts';
import * as v from 'valibot';
import type { Database } from '../db/database.ts';
import { newId } from '../db/ids.ts';

export interface FoundFace {
  readonly box: PhotoFace['box'];
  readonly landmarks: PhotoFace['landmarks'];
  readonly score: number;
  /** 0..1 each, for the choice of anchors; null where nobody measured. */
  readonly sharpness: number | null;
  readonly frontal: number | null;
  /** Of a recogniser, any length; it is made a direction (length 1) here. */
  readonly embedding?: { readonly values: Float32Array; readonly by: string };
}

interface Known {
  readonly id: string;
  readonly box: string;
  readonly byHand: number;
  readonly kept: number;
}

/** Boxes that share more than this of their union are of one face: as faces/overlap.ts has it. */
const SAME = 0.4;

/** Faces a person has said something of: named, ignored, placed, rejected for somebody, an anchor or a cover. */
const KNOWN = `SELECT f.id, f.box, f.by_hand AS byHand,
    (f.by_hand OR f.state IN ('confirmed', 'ignored')
     OR EXISTS (SELECT 1 FROM face_rejections r WHERE r.face = f.id)
     OR EXISTS (SELECT 1 FROM anchors n WHERE n.face = f.id)
     OR EXISTS (SELECT 1 FROM people p WHERE p.cover = f.id)) AS kept
  FROM faces f WHERE f.photo = ?`;

/**
 * Writes the rows; the ids of the photo's faces that are found, in the order of `found`. The same call twice changes
 * nothing the second time. Throws UserError `missing` where the photo is gone.
 */
export function recordFaces(
  db: Database,
  photo: string,
  detector: string,
  found: readonly FoundFace[],
): string[] {
  return db.transaction(() => {
    if (db.run('UPDATE photos SET faces_by = ? WHERE id = ?', detector, photo) === 0)
      throw new UserError('missing', 'The photo whose faces were looked for is not in the library any more.');
    const known = db
      .query<Known>(KNOWN)
      .all(photo)
      .map((face) => ({ ...face, at: v.parse(FaceBox, JSON.parse(face.box)) }));
    const matches = matched(
      found.map(({ box }) => box),
      known.map(({ at }) => at),
    );
    for (const [i, { id, kept }] of known.entries())
      if (kept === 0 && !matches.includes(i)) db.run('DELETE FROM faces WHERE id = ?', id);
    return found.map((face, i) => {
      const match = known[matches[i] ?? -1];
      return match ? update(db, match, face) : insert(db, photo, face);
    });
  });
}

function update(db: Database, { id, byHand }: Known, face: FoundFace): string {
  // where a person has placed it, it stays
  if (byHand === 0)
    db.run(
      'UPDATE faces SET box = ?, landmarks = ?, score = ? WHERE id = ?',
      JSON.stringify(face.box),
      JSON.stringify(face.landmarks),
      face.score,
      id,
    );
  db.run('UPDATE faces SET sharpness = ?, frontal = ? WHERE id = ?', face.sharpness, face.frontal, id);
  if (face.embedding) recordEmbedding(db, id, face.embedding.values, face.embedding.by);
  return id;
}

function insert(db: Database, photo: string, face: FoundFace): string {
  const id = newId();
  db.run(
    `INSERT INTO faces (id, photo, box, landmarks, score, sharpness, frontal, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    id,
    photo,
    JSON.stringify(face.box),
    JSON.stringify(face.landmarks),
    face.score,
    face.sharpness,
    face.frontal,
    Date.now(),
  );
  if (face.embedding) recordEmbedding(db, id, face.embedding.values, face.embedding.by);
  return id;
}

/** The embedding of one face (placed by hand, or by a recogniser that came later); false where the face is gone. */
export function recordEmbedding(db: Database, face: string, values: Float32Array, by: string): boolean {
  return (
    db.run(
      `INSERT INTO face_embeddings (face, made_by, "values") SELECT id, ?, ? FROM faces WHERE id = ?
       ON CONFLICT (face) DO UPDATE SET made_by = excluded.made_by, "values" = excluded."values"`,
      by,
      toBytes(values),
      face,
    ) > 0
  );
}

/** float32 little-endian, length 1. Throws `internal:` for numbers that are no direction. */
export function toBytes(values: Float32Array): Uint8Array {
  let sum = 0;
  for (const value of values) sum += value * value;
  const length = Math.sqrt(sum);
  invariant(Number.isFinite(length) && length > 0, 'an embedding with a direction');
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setFloat32(4 * i, value / length, true);
  return bytes;
}

/** For each box of `found` the index of the known one that is the same face, best overlap first; each at most once. */
export function matched(
  found: readonly PhotoFace['box'][],
  known: readonly PhotoFace['box'][],
): (number | undefined)[] {
  const pairs = found.flatMap((a, i) => known.map((b, j) => ({ i, j, same: overlap(a, b) })));
  const matches: (number | undefined)[] = found.map(() => undefined);
  for (const { i, j, same } of pairs.sort((p, q) => q.same - p.same)) {
    if (same <= SAME) break;
    if (matches[i] === undefined && !matches.includes(j)) matches[i] = j;
  }
  return matches;
}

/** Intersection over union, 0..1. */
function overlap(a: PhotoFace['box'], b: PhotoFace['box']): number {
  const width = Math.min(a.left + a.width, b.left + b.width) - Math.max(a.left, b.left);
  const height = Math.min(a.top + a.height, b.top + b.height) - Math.max(a.top, b.top);
  if (width <= 0 || height <= 0) return 0;
  return (width * height) / (a.width * a.height + b.width * b.height - width * height);
}
