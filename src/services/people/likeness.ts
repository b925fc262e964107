/**
 * How alike a face is to a person: the mean cosine to the nearest few of the person's confirmed faces, over embeddings
 * of one recogniser. suggest.ts decides by it what is suggested.
 */
import type { Database } from '../db/database.ts';

/**
 * From here on a face is suggested. Faces of two people lie around 0 with a spread of about 0.06 over 512 dimensions, so
 * that 0.4 is far out for strangers and lets through some siblings; two photos of one person decades apart are often at 0.4
 * to 0.6. Every suggestion waits for a yes, so a wrong one costs a click and a missing one a search.
 */
export const SUGGESTED_FROM = 0.4;
/** Faces this much below it by the centre of a person are not looked at more closely. */
const CENTRE_MARGIN = 0.15;
/** The person's confirmed faces compared with, spread over their life; the mean is over the nearest few. */
const MOST_REFERENCES = 16;
const NEAREST = 3;

/** A person, as a recogniser sees their confirmed faces. */
export interface Reference {
  readonly person: string;
  readonly by: string;
  readonly dimensions: number;
  /** Direction of the mean. */
  readonly centre: Float32Array;
  /** [faces x dimensions] */
  readonly faces: Float32Array;
}

/** One for each recogniser that has seen the person; none for a person without embeddings. */
export function referencesOf(db: Database, person: string): Reference[] {
  const recognisers = db.column<string>(
    `SELECT DISTINCT e.made_by FROM faces f CROSS JOIN face_embeddings e ON e.face = f.id
     WHERE f.person = ? AND f.state = 'confirmed'`,
  );
  return recognisers.all(person).flatMap((by) => {
    const ids = db
      .column<string>(
        `SELECT f.id FROM faces f CROSS JOIN face_embeddings e ON e.face = f.id
         WHERE f.person = ? AND f.state = 'confirmed' AND e.made_by = ? ORDER BY f.captured_at, f.photo`,
      )
      .all(person, by);
    const step = Math.max(1, ids.length / MOST_REFERENCES);
    const chosen = Array.from(
      { length: Math.min(ids.length, MOST_REFERENCES) },
      (_, i) => ids[Math.floor(i * step)]!,
    );
    const embeddings = db
      .column<Uint8Array>(
        'SELECT e."values" FROM json_each(?) j CROSS JOIN face_embeddings e ON e.face = j.value ORDER BY j.key',
      )
      .all(JSON.stringify(chosen))
      .map(toFloats);
    const dimensions = embeddings[0]?.length ?? 0;
    const alike = embeddings.filter(({ length }) => length === dimensions);
    return dimensions === 0 ? [] : [referenceFrom(person, by, alike)];
  });
}

/** Of at least one embedding, all of one length. */
export function referenceFrom(person: string, by: string, embeddings: readonly Float32Array[]): Reference {
  const dimensions = embeddings[0]?.length ?? 0;
  const faces = new Float32Array(embeddings.length * dimensions);
  const centre = new Float32Array(dimensions);
  for (const [i, embedding] of embeddings.entries()) {
    faces.set(embedding, i * dimensions);
    for (let k = 0; k < dimensions; k++) centre[k] = centre[k]! + embedding[k]!;
  }
  const length = Math.sqrt(dot(centre, 0, centre, 0, dimensions)) || 1;
  return { person, by, dimensions, centre: centre.map((value) => value / length), faces };
}

/** -1..1, or undefined for a face that is not alike or is another recogniser's. */
export function likenessTo(reference: Reference, embedding: Float32Array, by: string): number | undefined {
  const { dimensions, centre, faces } = reference;
  if (reference.by !== by || embedding.length !== dimensions) return undefined;
  if (dot(embedding, 0, centre, 0, dimensions) < SUGGESTED_FROM - CENTRE_MARGIN) return undefined;
  const count = faces.length / dimensions;
  const cosines = Array.from({ length: count }, (_, i) =>
    dot(embedding, 0, faces, i * dimensions, dimensions),
  );
  const nearest = cosines.sort((a, b) => b - a).slice(0, NEAREST);
  const mean = nearest.reduce((sum, cosine) => sum + cosine, 0) / nearest.length;
  return mean >= SUGGESTED_FROM ? Math.min(1, mean) : undefined;
}

/** An embedding as it is stored: float32 little-endian; the platform's own where that is the same. */
export function toFloats(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

/** Of `length` values from two offsets; four sums, so that they do not wait for each other. */
export function dot(
  a: Float32Array | Int8Array,
  i: number,
  b: Float32Array | Int8Array,
  j: number,
  length: number,
): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  const end = length - (length % 4);
  let k = 0;
  for (; k < end; k += 4) {
    s0 += a[i + k]! * b[j + k]!;
    s1 += a[i + k + 1]! * b[j + k + 1]!;
    s2 += a[i + k + 2]! * b[j + k + 2]!;
    s3 += a[i + k + 3]! * b[j + k + 3]!;
  }
  for (; k < length; k++) s0 += a[i + k]! * b[j + k]!;
  return s0 + s1 + s2 + s3;
}
