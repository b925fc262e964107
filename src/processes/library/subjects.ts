/**
 * What an order is about, out of the database: a photo's file, its faces, a person's anchors and adapters. The workers
 * beside this file put orders together of it.
 */
import { symlink, copyFile, mkdir, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import * as v from 'valibot';
import type { FinetuneOrder, RestoreOrder } from '../../contract/engine.ts';
import { UserError } from '../../domain/errors.ts';
import { FaceBox, FaceLandmarks } from '../../domain/person.ts';
import type { PriorChoice, RestoreChoice } from '../../domain/restoring.ts';
import { quoted } from '../../domain/text.ts';
import type { Database } from '../../services/db/database.ts';
import { placeOf, titleOf } from '../../services/photos/names.ts';

export type PhotoSubject = RestoreOrder['photo'];

/** `folder` takes a link to a file whose name is no text. Throws UserError `missing`. */
export async function photoSubject(db: Database, id: string, folder: string): Promise<PhotoSubject> {
  const row = db
    .query<{ root: string; path: string; hash: Uint8Array; size: number; state: string; drive: string }>(
      `SELECT d.path AS root, p.path, p.hash, p.size, p.state, d.state AS drive FROM photos p
       JOIN folders d ON d.id = p.folder WHERE p.id = ?`,
    )
    .get(id);
  if (!row) throw new UserError('missing', 'This photo is not in the library any more.');
  const name = titleOf(row.path);
  if (row.state !== 'present' || row.drive !== 'present')
    throw new UserError(
      'missing',
      `The file of ${quoted(name)} is not there.`,
      'Connect its drive, or scan its folder.',
    );
  const place = placeOf(row.root, row.path);
  const file = typeof place === 'string' ? place : await linked(place, folder, id, extname(name));
  return { file, name, sha256: Buffer.from(row.hash).toString('hex'), bytes: row.size };
}

async function linked(place: Buffer, folder: string, id: string, ending: string): Promise<string> {
  const link = join(folder, `${id}${/^\.[a-z0-9]{1,5}$/i.test(ending) ? ending : ''}`);
  await mkdir(folder, { recursive: true });
  await rm(link, { force: true });
  await symlink(place, link).catch(() => copyFile(place, link));
  return link;
}

interface FaceRow {
  readonly id: string;
  readonly box: string;
  readonly landmarks: string;
  readonly score: number;
  readonly by_hand: number;
  readonly state: string;
  readonly person: string | null;
}

export interface FaceSubject {
  readonly id: string;
  readonly where: {
    readonly box: v.InferOutput<typeof FaceBox>;
    readonly landmarks: v.InferOutput<typeof FaceLandmarks>;
    readonly score: number;
  };
  readonly byHand: boolean;
  /** Who it is, where a person said so. */
  readonly person: string | null;
}

/** Those that are not to be left alone. */
export function facesOf(db: Database, photo: string): FaceSubject[] {
  return db
    .query<FaceRow>(
      `SELECT id, box, landmarks, score, by_hand, state, person FROM faces WHERE photo = ? AND state <> 'ignored'
       ORDER BY id LIMIT 500`,
    )
    .all(photo)
    .map(({ id, box, landmarks, score, by_hand, state, person }) => ({
      ...{ id, where: whereOf(box, landmarks, score), byHand: by_hand === 1 },
      person: state === 'confirmed' ? person : null,
    }));
}

export const whereOf = (box: string, landmarks: string, score: number): FaceSubject['where'] => ({
  box: v.parse(FaceBox, JSON.parse(box)),
  landmarks: v.parse(FaceLandmarks, JSON.parse(landmarks)),
  score,
});

export const looked = (db: Database, photo: string): string | null =>
  db.column<string | null>('SELECT faces_by FROM photos WHERE id = ?').get(photo) ?? null;

/**
 * Whose prior a face gets: what was chosen for it, else what was chosen for all; but nobody's, where a person said that
 * it is somebody else.
 */
export function priorFor({ id, person }: FaceSubject, choice: RestoreChoice): PriorChoice {
  const own = choice.faces.find(({ face }) => face === id)?.prior;
  if (own) return own;
  const { prior } = choice;
  const another = prior.kind === 'person' && person !== null && person !== prior.person;
  return another ? { kind: 'prior' } : prior;
}

/** Faces that are to be restored with an album generated from them. */
export function generatedFaces(db: Database, photo: string, choice: RestoreChoice): FaceSubject[] {
  return facesOf(db, photo).filter((face) => {
    const on = choice.faces.find((own) => own.face === face.id)?.on ?? true;
    return on && priorFor(face, choice).kind === 'generative';
  });
}

export interface AdapterSubject {
  readonly file: string;
  readonly sha256: string;
}

/** The newest adapter of a person for a prior. Throws UserError `missing`. */
export function adapterOf(
  db: Database,
  dataFolder: string,
  person: string,
  base: string,
): AdapterSubject & { name: string } {
  const name = db.column<string>('SELECT name FROM people WHERE id = ?').get(person);
  if (name === undefined) throw new UserError('missing', 'This person is not there any more.');
  const row = db
    .query<{ file: string; sha256: string }>(
      `SELECT file, sha256 FROM adapters WHERE person = ? AND base_sha256 = ? ORDER BY created_at DESC, id LIMIT 1`,
    )
    .get(person, base);
  if (!row)
    throw new UserError(
      'missing',
      `Nothing has been learned of ${name} for this prior yet.`,
      `Finetune it on the album of ${name} first, or choose another prior.`,
    );
  return { name, file: join(dataFolder, row.file), sha256: row.sha256 };
}

/** One by its hash; undefined where it is not there. */
export function adapterByHash(db: Database, dataFolder: string, sha256: string): AdapterSubject | undefined {
  const file = db.column<string>('SELECT file FROM adapters WHERE sha256 = ? LIMIT 1').get(sha256);
  return file === undefined ? undefined : { file: join(dataFolder, file), sha256 };
}

/** The anchors of a person's album, in its order. Throws UserError `album.unsuitable` where there are none to learn from. */
export async function anchorsOf(
  db: Database,
  person: string,
  folder: string,
): Promise<FinetuneOrder['anchors']> {
  const rows = db
    .query<{ photo: string; box: string; landmarks: string; score: number }>(
      `SELECT f.photo, f.box, f.landmarks, f.score FROM albums a JOIN anchors n ON n.album = a.id
       JOIN faces f ON f.id = n.face JOIN photos p ON p.id = f.photo JOIN folders d ON d.id = p.folder
       WHERE a.person = ? AND p.state = 'present' AND d.state = 'present' ORDER BY n.position LIMIT 1000`,
    )
    .all(person);
  if (rows.length < 2)
    throw new UserError(
      'album.unsuitable',
      'The album has fewer than two photos that are there now.',
      'Choose about 20 clear, varied photos of the person.',
    );
  const anchors = [];
  for (const { photo, box, landmarks, score } of rows) {
    const { file, name } = await photoSubject(db, photo, folder);
    anchors.push({ file, name, where: whereOf(box, landmarks, score) });
  }
  return anchors;
}

/** The mean direction of a person's faces as a recogniser sees them, float32 little-endian; undefined without any. */
export function albumEmbedding(
  db: Database,
  person: string,
  recogniser: string,
): Uint8Array<ArrayBuffer> | undefined {
  const all = db
    .column<Uint8Array>(
      `SELECT e."values" FROM albums a JOIN anchors n ON n.album = a.id JOIN face_embeddings e ON e.face = n.face
       WHERE a.person = ? AND e.made_by = ?`,
    )
    .all(person, recogniser);
  const [first] = all;
  if (!first) return undefined;
  const sum = new Float64Array(first.length >> 2);
  for (const bytes of all) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + view.getFloat32(4 * i, true);
  }
  const length = Math.hypot(...sum);
  if (!(length > 0)) return undefined;
  const mean = new Uint8Array(4 * sum.length);
  const view = new DataView(mean.buffer);
  sum.forEach((value, i) => view.setFloat32(4 * i, value / length, true));
  return mean;
}
