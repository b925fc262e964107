/**
 * Finds photos by words: names, places, notes and dates in FTS5, people by their names. A word may be either, so that
 * "anna 1944" finds the photos of 1944 with Anna in them and those called so. words.ts reads what was typed.
 */
import type { Database, Value } from '../db/database.ts';
import { folded, matchOf, wordsOf } from './words.ts';
import type { Word } from './words.ts';

/** More than this nobody looks through; the newest additions are shown and the rest counts as "more". */
export const MOST_FOUND = 5000;
/** Photos of people put into a set; each takes about a microsecond, a look at the faces of a photo some ten. */
const MOST_SET = 20_000;
/** Words that are taken for people's names too; each doubles the ways to read the search. */
const MOST_NAMES = 3;

/** A photo that was found, by what the grid is ordered by. */
export interface FoundPhoto {
  readonly id: string;
  readonly at: number;
}

export interface Found {
  /** Newest first. */
  readonly photos: readonly FoundPhoto[];
  readonly more: boolean;
}

/** A condition on photos `p`, with its parameters; grid.ts makes it of the other filters. */
export interface Condition {
  readonly sql: string;
  readonly parameters: readonly Value[];
}

/** Photos that have all the words and meet the condition. Text without any word finds nothing. */
export function findPhotos(db: Database, text: string, condition: Condition): Found {
  const words = wordsOf(text);
  if (words.length === 0) return { photos: [], more: false };
  const people = namesOf(db, words);
  const found = new Map<string, FoundPhoto>();
  for (const reading of readings(words, people)) {
    for (const photo of findReading(db, reading, condition)) found.set(photo.id, photo);
  }
  const photos = [...found.values()].slice(0, MOST_FOUND);
  photos.sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1));
  return { photos, more: found.size > MOST_FOUND };
}

/** One way to read the search: these words as text, and one of each list of people in the photo. */
interface Reading {
  readonly text: readonly Word[];
  readonly people: readonly (readonly string[])[];
}

function readings(words: readonly Word[], people: ReadonlyMap<Word, readonly string[]>): Reading[] {
  const names = words.filter((word) => people.has(word)).slice(0, MOST_NAMES);
  // a name of several words is one person, not one of this name beside one of that
  const [first = [], ...others] = names.map((word) => people.get(word) ?? []);
  const whole = first.filter((id) => others.every((ids) => ids.includes(id)));
  if (names.length > 1 && whole.length > 0)
    return [
      { text: words, people: [] },
      { text: words.filter((word) => !names.includes(word)), people: [whole] },
    ];
  let all: Reading[] = [{ text: [], people: [] }];
  for (const word of words) {
    const known = names.includes(word) ? people.get(word) : undefined;
    all = all.flatMap((reading) => [
      { ...reading, text: [...reading.text, word] },
      ...(known ? [{ ...reading, people: [...reading.people, known] }] : []),
    ]);
  }
  return all;
}

/** People one of whom is to be in the photo, and how many confirmed faces they have, as far as that matters. */
interface Wanted {
  readonly people: string;
  readonly faces: number;
}

/** Begins with what leaves least to look at: the words, where few photos have them, else the people. */
function findReading(db: Database, { text, people }: Reading, condition: Condition): FoundPhoto[] {
  const match = matchOf(text);
  if (people.length === 0) return findText(db, match, condition);
  const wanted = people.map((ids) => wantedOf(db, ids)).sort((a, b) => a.faces - b.faces);
  if (text.length === 0) return findPeople(db, wanted, undefined, condition);
  const keys = db
    .column<number>(`SELECT rowid FROM photo_search WHERE photo_search MATCH ? LIMIT ${MOST_FOUND + 1}`)
    .all(match);
  if (keys.length > MOST_FOUND || (wanted[0]?.faces ?? 0) < keys.length)
    return findPeople(db, wanted, match, condition);
  return db
    .query<FoundPhoto>(
      `SELECT p.id, p.captured_at AS at FROM json_each(?) k CROSS JOIN photos p ON p.key = k.value
       WHERE p.shown = 1 AND ${condition.sql} ${wanted.map((one) => withOne(one, 'p.id')).join(' ')}`,
    )
    .all(JSON.stringify(keys), ...condition.parameters, ...wanted.map((one) => one.people));
}

function findText(db: Database, match: string, { sql, parameters }: Condition): FoundPhoto[] {
  return db
    .query<FoundPhoto>(
      `SELECT p.id, p.captured_at AS at FROM photo_search s CROSS JOIN photos p ON p.key = s.rowid
       WHERE photo_search MATCH ? AND p.shown = 1 AND ${sql} ORDER BY s.rowid DESC LIMIT ${MOST_FOUND + 1}`,
    )
    .all(match, ...parameters);
}

/** From the index of faces alone, where nothing else is asked of the photos. */
function findPeople(
  db: Database,
  [first, ...others]: readonly Wanted[],
  match: string | undefined,
  { sql, parameters }: Condition,
): FoundPhoto[] {
  const alone = match === undefined && sql === '1';
  return db
    .query<FoundPhoto>(
      `SELECT f.photo AS id, f.captured_at AS at
       FROM faces f INDEXED BY faces_person ${alone ? '' : 'CROSS JOIN photos p ON p.id = f.photo'}
       WHERE f.person IN (SELECT value FROM json_each(?)) AND f.state = 'confirmed' AND f.shown = 1 AND ${sql}
       ${others.map((one) => withOne(one, 'f.photo')).join(' ')}
       ${match === undefined ? '' : 'AND +p.key IN (SELECT rowid FROM photo_search WHERE photo_search MATCH ?)'}
       LIMIT ${MOST_FOUND + 1}`,
    )
    .all(
      first?.people ?? '[]',
      ...parameters,
      ...others.map(({ people }) => people),
      ...(match === undefined ? [] : [match]),
    );
}

function wantedOf(db: Database, ids: readonly string[]): Wanted {
  const people = JSON.stringify(ids);
  const faces = db
    .column<number>(
      `SELECT count(*) FROM (SELECT 1 FROM faces INDEXED BY faces_person
         WHERE person IN (SELECT value FROM json_each(?)) AND state = 'confirmed' AND shown = 1
         LIMIT ${MOST_SET + 1})`,
    )
    .get(people);
  return { people, faces: faces ?? 0 };
}

/** The photos of the people as a set, made once from their index; where they are in very many, a look at each photo. */
function withOne({ faces }: Wanted, photo: string): string {
  if (faces <= MOST_SET)
    return `AND ${photo} IN (SELECT o.photo FROM faces o INDEXED BY faces_person
            WHERE o.person IN (SELECT value FROM json_each(?)) AND o.state = 'confirmed' AND o.shown = 1)`;
  return `AND EXISTS (SELECT 1 FROM faces o WHERE o.photo = ${photo} AND o.state = 'confirmed'
          AND o.person IN (SELECT value FROM json_each(?)))`;
}

/** People (also hidden ones: they were asked for by name) by each word that begins a part of their name. */
function namesOf(db: Database, words: readonly Word[]): Map<Word, string[]> {
  const found = new Map<Word, string[]>();
  const wanted = words.filter(({ text }) => text.length > 1);
  if (wanted.length === 0) return found;
  for (const { id, name } of db
    .query<{ id: string; name: string }>('SELECT id, name FROM people')
    .iterate()) {
    const parts = folded(name).split(/[^\p{L}\p{N}]+/u);
    for (const word of wanted)
      if (parts.some((part) => part.startsWith(word.text))) found.set(word, [...(found.get(word) ?? []), id]);
  }
  return found;
}
