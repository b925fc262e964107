/**
 * A person is deleted: who is in which photo can be taken back, adapters and embeddings are gone from the disk for good.
 * people.service.ts calls it; history.service.ts takes embeddings out of the log too.
 */
import type { Database } from '../db/database.ts';
import type { Edit } from '../history/edit.ts';
import { forgetWho } from './assign.ts';
import { peopleSql as sql } from './people.sql.ts';

export interface DeletedPerson {
  readonly name: string;
  /** Files whose rows are gone: to be removed once this is committed. */
  readonly adapters: readonly { readonly id: string; readonly file: string; readonly bytes: number }[];
  /** Faces that were theirs or suggested for them. */
  readonly faces: number;
  readonly embeddings: number;
}

/** Within a transaction. */
export function deletePerson(db: Database, edit: Edit, person: string, name: string): DeletedPerson {
  const ids = (text: string, ...parameters: string[]): string[] => db.column<string>(text).all(...parameters);
  const adapters = db.query<{ id: string; file: string; bytes: number }>(sql.adaptersOf).all(person);
  for (const { id } of adapters) db.run('DELETE FROM adapters WHERE id = ?', id);
  const embeddings = db.column<number>(sql.embedded).get(person) ?? 0;
  db.run(sql.forgetEmbeddings, person);

  const faces = ids(sql.idsOf, person);
  edit.set('people', { id: person }, { cover: null });
  for (const face of ids(sql.rejected, person)) edit.delete('face_rejections', { face, person });
  for (const rendition of ids(sql.renditionsOf, person))
    edit.delete('rendition_people', { rendition, person });
  const album = db.column<string>(sql.albumOf).get(person);
  if (album !== undefined) {
    for (const face of ids(sql.anchors, album)) edit.delete('anchors', { album, face });
    edit.delete('albums', { id: album });
  }
  forgetWho(db, edit, faces, 'unknown');
  edit.each('jobs', ids(sql.jobsOf, person), { person: null });
  edit.delete('people', { id: person });
  return { name, adapters, faces: faces.length, embeddings };
}

/** What undo will not bring back is said where the step is listed. */
export function labelOfDeletion({ name, adapters, embeddings }: DeletedPerson): string {
  const gone = [
    ...(adapters.length > 0 ? ['adapters'] : []),
    ...(embeddings > 0 ? ['face measurements'] : []),
  ];
  return gone.length === 0 ? `Delete ${name}` : `Delete ${name} (${gone.join(' and ')} stay deleted)`;
}
