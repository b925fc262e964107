/**
 * Finds photos by words: names, places, notes and dates in FTS5, people by their names. A word may be either, so that
 * "anna 1944" finds the photos of 1944 with Anna in them and those called so. words.ts reads what was typed.
 */
import type { Database, Value } from '../db/database.ts';
import { folded, matchOf, wordsOf } from './words.ts';
import type { Word } from './words.ts';

/** More than this nobody looks through; the newest additions are shown and the rest counts as "more". */
export const MOST_FOUND = 5000;
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

/** Begins with what leaves least to look at: the words, where few photos have them, else the people. */
function findReading(db: Database, { text, people }: Reading, condition: Condition): FoundPhoto[] {
  const match = matchOf(text);
  if (people.length === 0) return findText(db, match, condition);
  const byCount = [...people].sort((a, b) => a.length - b.length).map((list) => JSON.stringify(list));
  if (text.length === 0) return findPeople(db, byCount, undefined, condition);
  const keys = db
    .column<number>(`SELECT rowid FROM photo_search WHERE photo_search MATCH ? LIMIT ${MOST_FOUND + 1}`)
    .all(match);
  if (keys.length > MOST_FOUND) return findPeople(db, byCount, match, condition);
  return db
    .query<FoundPhoto>(
      `SELECT p.id, p.captured_at AS at FROM json_each(?) k CROSS JOIN photos p ON p.key = k.value
       WHERE p.shown = 1 AND ${condition.sql} ${byCount.map(() => withPerson('p.id')).join(' ')}`,
    )
    .all(JSON.stringify(keys), ...condition.parameters, ...byCount);
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
  [first = '[]', ...others]: readonly string[],
  match: string | undefined,
  { sql, parameters }: Condition,
): FoundPhoto[] {
  const alone = match === undefined && sql === '1';
  return db
    .query<FoundPhoto>(
      `SELECT f.photo AS id, f.captured_at AS at
       FROM faces f INDEXED BY faces_person ${alone ? '' : 'CROSS JOIN photos p ON p.id = f.photo'}
       WHERE f.person IN (SELECT value FROM json_each(?)) AND f.state = 'confirmed' AND f.shown = 1 AND ${sql}
       ${others.map(() => withPerson('f.photo')).join(' ')}
       ${match === undefined ? '' : 'AND +p.key IN (SELECT rowid FROM photo_search WHERE photo_search MATCH ?)'}
       LIMIT ${MOST_FOUND + 1}`,
    )
    .all(first, ...parameters, ...others, ...(match === undefined ? [] : [match]));
}

function withPerson(photo: string): string {
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
