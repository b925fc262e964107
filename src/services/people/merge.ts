/**
 * Several people who are one after all: faces, suggestions, noes, album, adapters and renditions of the others become the
 * person's. All of it is an edit, so that it can be taken back; people.service.ts calls it.
 */
import type { Database } from '../db/database.ts';
import type { Row } from '../db/operations.ts';
import type { Edit } from '../history/edit.ts';
import { peopleSql as sql } from './people.sql.ts';

/** `other` becomes `person`; both exist and differ. */
export function mergeInto(db: Database, edit: Edit, person: string, other: string): void {
  mergeRejections(db, edit, person, other);
  mergeAlbums(db, edit, person, other);
  edit.eachOf('adapters', other, { person });
  edit.eachOf('jobs', other, { person });
  mergeRenditions(db, edit, person, other);
  edit.eachOf('faces', other, { person });
  mergeWords(db, edit, person, other);
  edit.delete('people', { id: other });
}

/**
 * A no to either is a no to both, except for faces that were confirmed as the other one; a face suggested for one and
 * rejected for the other is nobody's.
 */
function mergeRejections(db: Database, edit: Edit, person: string, other: string): void {
  const faces = (text: string, ...parameters: string[]): Set<string> =>
    new Set(db.column<string>(text).all(...parameters));
  const [mine, theirs] = [faces(sql.rejected, person), faces(sql.rejected, other)];
  if (mine.size === 0 && theirs.size === 0) return;
  const confirmed = new Set([
    ...faces(sql.idsOfState, person, 'confirmed'),
    ...faces(sql.idsOfState, other, 'confirmed'),
  ]);
  const suggested = new Set([
    ...faces(sql.idsOfState, person, 'suggested'),
    ...faces(sql.idsOfState, other, 'suggested'),
  ]);
  for (const face of theirs) edit.delete('face_rejections', { face, person: other });
  for (const face of mine) if (confirmed.has(face)) edit.delete('face_rejections', { face, person });
  for (const face of theirs)
    if (!confirmed.has(face) && !mine.has(face)) edit.put('face_rejections', { face, person }, {});
  const nobodys = [...mine, ...theirs].filter((face) => suggested.has(face));
  edit.each('faces', nobodys, { person: null, state: 'unknown', similarity: null });
}

/** The person's own album stays as it is; without one, the other's becomes theirs. */
function mergeAlbums(db: Database, edit: Edit, person: string, other: string): void {
  const albumOf = db.column<string>(sql.albumOf);
  const [mine, theirs] = [albumOf.get(person), albumOf.get(other)];
  if (theirs === undefined) return;
  if (mine === undefined) {
    edit.set('albums', { id: theirs }, { person });
    return;
  }
  edit.each('adapters', db.column<string>(sql.adaptersOfAlbum).all(theirs), { album: mine });
  for (const face of db.column<string>(sql.anchors).all(theirs))
    edit.delete('anchors', { album: theirs, face });
  edit.delete('albums', { id: theirs });
}

function mergeRenditions(db: Database, edit: Edit, person: string, other: string): void {
  const known = db.column<number>('SELECT 1 FROM rendition_people WHERE rendition = ? AND person = ?');
  for (const rendition of db.column<string>(sql.renditionsOf).all(other)) {
    edit.delete('rendition_people', { rendition, person: other });
    if (known.get(rendition, person) === undefined) edit.put('rendition_people', { rendition, person }, {});
  }
}

/** What the person has not, the other gives: birth year, cover, note. */
function mergeWords(db: Database, edit: Edit, person: string, other: string): void {
  const words = db.query<{ birth_year: number | null; cover: string | null; note: string }>(
    'SELECT birth_year, cover, note FROM people WHERE id = ?',
  );
  const [mine, theirs] = [words.get(person), words.get(other)];
  if (!mine || !theirs) return;
  const row: Row = {
    birth_year: mine.birth_year ?? theirs.birth_year,
    cover: mine.cover ?? theirs.cover,
    note: mine.note === '' ? theirs.note : mine.note,
  };
  edit.set('people', { id: person }, row);
}
