/**
 * People and faces as the database has them, and as the contract gives them. people.service.ts and faces.ts read with it.
 */
import * as v from 'valibot';
import { UserError } from '../../domain/errors.ts';
import { FaceBox, FaceLandmarks } from '../../domain/person.ts';
import type { Person, PhotoFace } from '../../domain/person.ts';
import type { Database } from '../db/database.ts';
import { peopleSql as sql } from './people.sql.ts';

export interface FaceRow {
  readonly id: string;
  readonly photo: string;
  readonly box: string;
  readonly landmarks: string;
  readonly score: number;
  readonly byHand: number;
  readonly state: PhotoFace['state'];
  readonly person: string | null;
  readonly similarity: number | null;
}

type PersonRow = Omit<Person, 'hidden'> & { readonly hidden: number };

export function toFace(row: FaceRow): PhotoFace {
  return {
    ...row,
    box: v.parse(FaceBox, JSON.parse(row.box)),
    landmarks: v.parse(FaceLandmarks, JSON.parse(row.landmarks)),
    byHand: row.byHand === 1,
  };
}

/** All people, or one. */
export function readPeople(db: Database, person?: string): Person[] {
  const rows =
    person === undefined ? db.query<PersonRow>(sql.list).all() : db.query<PersonRow>(sql.get).all(person);
  return rows.map((row) => ({ ...row, hidden: row.hidden === 1 }));
}

export function onePerson(db: Database, id: string): Person {
  const [person] = readPeople(db, id);
  if (!person) throw unknownPerson();
  return person;
}

export function nameOf(db: Database, person: string): string {
  const name = db.column<string>(sql.name).get(person);
  if (name === undefined) throw unknownPerson();
  return name;
}

export function unknownPerson(): UserError {
  return new UserError(
    'missing',
    'This person is not in the library any more.',
    'They may have been merged or deleted in another window: look again.',
  );
}

export function unknownFaces(): UserError {
  return new UserError(
    'missing',
    'These faces are not in the library any more.',
    'The photo may have been searched again: look at it once more.',
  );
}
