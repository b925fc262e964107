/**
 * Who a face is, as steps of an edit: given to a person by a yes, taken away by a no, ignored, removed; albums and covers
 * follow. people.service.ts calls these; only `confirmFaces` ever makes a face somebody's.
 */
import type { Database } from '../db/database.ts';
import type { Edit } from '../history/edit.ts';
import { peopleSql as sql } from './people.sql.ts';

/** Of these ids, the faces that there are, each once, in their order. */
export function knownFaces(db: Database, faces: readonly string[]): string[] {
  return db
    .column<string>(
      'SELECT f.id FROM json_each(?) j CROSS JOIN faces f ON f.id = j.value GROUP BY f.id ORDER BY min(j.key)',
    )
    .all(JSON.stringify(faces));
}

/** The person said that these faces are `person`. */
export function confirmFaces(db: Database, edit: Edit, faces: readonly string[], person: string): void {
  takeOutOfAlbums(db, edit, faces, person);
  dropRejections(db, edit, faces, person);
  edit.each('faces', faces, { person, state: 'confirmed', similarity: null });
}

/** Nobody's again, and never suggested for `person`. */
export function rejectFaces(db: Database, edit: Edit, faces: readonly string[], person: string): void {
  const state = db.query<{ person: string | null }>('SELECT person FROM faces WHERE id = ?');
  const theirs = faces.filter((face) => state.get(face)?.person === person);
  forgetWho(db, edit, theirs, 'unknown');
  const known = db.column<number>('SELECT 1 FROM face_rejections WHERE face = ? AND person = ?');
  for (const face of faces)
    if (known.get(face, person) === undefined) edit.put('face_rejections', { face, person }, {});
}

/** Nobody's, by the person's own word (`ignored`) or for now (`unknown`). */
export function forgetWho(
  db: Database,
  edit: Edit,
  faces: readonly string[],
  state: 'unknown' | 'ignored',
): void {
  takeOutOfAlbums(db, edit, faces, null);
  edit.each('faces', faces, { person: null, state, similarity: null });
}

/** The row is gone; undo brings it back as it was. */
export function removeFace(db: Database, edit: Edit, face: string): void {
  takeOutOfAlbums(db, edit, [face], null);
  for (const person of db.column<string>(sql.rejections).all(face))
    edit.delete('face_rejections', { face, person });
  edit.delete('face_embeddings', { face });
  edit.delete('faces', { id: face });
}

/** A face that is `person`'s from now on is no other's anchor and no other's cover. */
function takeOutOfAlbums(db: Database, edit: Edit, faces: readonly string[], person: string | null): void {
  const list = JSON.stringify(faces);
  const anchors = db.query<{ album: string; face: string; person: string | null }>(sql.anchorsOfFaces);
  for (const anchor of anchors.all(list))
    if (anchor.person !== person) edit.delete('anchors', { album: anchor.album, face: anchor.face });
  for (const { id } of db.query<{ id: string }>(sql.covers).all(list))
    if (id !== person) edit.set('people', { id }, { cover: null });
}

function dropRejections(db: Database, edit: Edit, faces: readonly string[], person: string): void {
  const wanted = new Set(faces);
  for (const face of db.column<string>(sql.rejected).all(person))
    if (wanted.has(face)) edit.delete('face_rejections', { face, person });
}
