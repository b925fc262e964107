/**
 * Answers the calls on people: who there is, their names, merging, splitting and deleting; faces.ts answers those on
 * faces. The contract is contract/people.ts; every change is a step of history.
 */
import type { people } from '../../contract/people.ts';
import type { Handlers } from '../../contract/rpc.ts';
import { UserError } from '../../domain/errors.ts';
import type { Person } from '../../domain/person.ts';
import { counted, printable } from '../../domain/text.ts';
import { removeDataFile } from '../albums/files.ts';
import type { Database } from '../db/database.ts';
import { newId } from '../db/ids.ts';
import type { Row } from '../db/operations.ts';
import type { Touched } from '../history/changes.ts';
import type { Edit } from '../history/edit.ts';
import { topicsOf } from '../history/history.service.ts';
import { folded } from '../photos/words.ts';
import { confirmFaces, knownFaces } from './assign.ts';
import { deletePerson, labelOfDeletion } from './delete-person.ts';
import type { DeletedPerson } from './delete-person.ts';
import { faceCalls } from './faces.ts';
import { mergeInto } from './merge.ts';
import type { ChangePeople, PeopleParts } from './parts.ts';
import { peopleSql as sql } from './people.sql.ts';
import { recordEmbedding, recordFaces } from './record-faces.ts';
import type { FoundFace } from './record-faces.ts';
import { nameOf, onePerson, readPeople, unknownFaces } from './rows.ts';
import { Suggester } from './suggest.ts';
import { Unnamed } from './unnamed.ts';

interface PersonEdit {
  readonly name?: string | undefined;
  readonly birthYear?: number | null | undefined;
  readonly hidden?: boolean | undefined;
  readonly cover?: string | undefined;
}

export class PeopleService {
  readonly #parts: PeopleParts;
  readonly #suggester: Suggester;
  readonly #unnamed: Unnamed;

  readonly handlers: Handlers<typeof people>;

  constructor(parts: PeopleParts) {
    const { db, tell, failed } = parts;
    this.#parts = parts;
    this.#suggester = new Suggester(
      db,
      (topic, ids) => {
        this.#unnamed.changed();
        tell(topic, ids);
      },
      failed,
    );
    this.#unnamed = new Unnamed(db, tell, failed);
    const change: ChangePeople = (label, work) => this.#change(label, work);
    this.handlers = {
      list: ({ hidden = false, search = '' }) => list(db, hidden, search),
      get: ({ person }) => onePerson(db, person),
      create: ({ name, birthYear, faces = [] }) => this.#create(name, birthYear ?? null, faces),
      update: ({ person, ...edit }) => this.#update(person, edit),
      merge: ({ person, others }) => this.#merge(person, others),
      split: ({ person, faces, name }) => this.#split(person, faces, name),
      delete: ({ person }) => this.#delete(person),
      ...faceCalls(parts, this.#unnamed, change),
    };
  }

  /**
   * What a detector found in a photo, for the jobs layer: call it in the transaction that ends the job and `recorded`
   * after the commit. Faces a person has said something of stay. The ids, in the order of `found`.
   */
  recordFaces(photo: string, detector: string, found: readonly FoundFace[]): string[] {
    return recordFaces(this.#parts.db, photo, detector, found);
  }

  /** The embedding of one face, for the jobs layer; `recorded` after the commit. False where the face is gone. */
  recordEmbedding(face: string, values: Float32Array, by: string): boolean {
    return recordEmbedding(this.#parts.db, face, values, by);
  }

  /** After the commit: tells, and begins to suggest who these faces may be. */
  recorded(faces: readonly string[]): void {
    const { db, keeper, tell } = this.#parts;
    const people = db
      .column<string>(
        `SELECT DISTINCT f.person FROM json_each(?) j CROSS JOIN faces f ON f.id = j.value
         WHERE f.person IS NOT NULL AND f.state = 'confirmed'`,
      )
      .all(JSON.stringify(faces));
    this.#unnamed.found();
    this.#suggester.peopleChanged(people);
    this.#suggester.facesChanged(faces);
    keeper.keep('person', people);
    tell('faces', null);
  }

  /** Rows that undo, redo or another service changed: what is kept in memory and suggested follows. */
  touched(touched: Touched): void {
    if (!touched.has('faces')) return;
    this.#unnamed.changed(touched.get('faces'));
    this.#suggester.peopleChanged(touched.get('people') ?? []);
    this.#suggester.facesChanged(touched.get('faces') ?? []);
  }

  /** Resolves when all suggestions are made. */
  async settled(): Promise<void> {
    await this.#suggester.settled();
    await this.#unnamed.settled();
  }

  /** Stops what runs in the background. */
  async close(): Promise<void> {
    await this.#suggester.close();
    await this.#unnamed.close();
  }

  #change<T>(label: string | ((made: T) => string), work: (edit: Edit) => T): T {
    const { history, keeper, tell } = this.#parts;
    const { made, touched } = history.edit(label, work);
    this.touched(touched);
    keeper.keepTouched(touched);
    for (const topic of topicsOf(touched)) tell(topic, null);
    return made;
  }

  #create(name: string, birthYear: number | null, faces: readonly string[]): Person {
    const { db } = this.#parts;
    const id = this.#change(`Add ${printable(name)}`, (edit) => this.#add(edit, name, birthYear, faces));
    return onePerson(db, id);
  }

  #add(edit: Edit, name: string, birthYear: number | null, faces: readonly string[]): string {
    const { db } = this.#parts;
    const known = knownFaces(db, faces);
    if (faces.length > 0 && known.length === 0) throw unknownFaces();
    const id = newId();
    const row = { name, birth_year: birthYear, hidden: 0, cover: null, note: '', created_at: Date.now() };
    edit.put('people', { id }, row);
    confirmFaces(db, edit, known, id);
    edit.set('people', { id }, { cover: known[0] ?? null });
    return id;
  }

  #update(person: string, { name, birthYear, hidden, cover }: PersonEdit): Person {
    const { db } = this.#parts;
    const before = nameOf(db, person);
    if (cover !== undefined) {
      const theirs = db
        .column<number>(`SELECT 1 FROM faces WHERE id = ? AND person = ? AND state = 'confirmed'`)
        .get(cover, person);
      if (theirs === undefined)
        throw new UserError(
          'conflict',
          `This face is not one of ${printable(before)}'s.`,
          'Choose one that was confirmed.',
        );
    }
    const row: Row = {
      ...(name !== undefined && { name }),
      ...(birthYear !== undefined && { birth_year: birthYear }),
      ...(hidden !== undefined && { hidden: Number(hidden) }),
      ...(cover !== undefined && { cover }),
    };
    if (Object.keys(row).length > 0)
      this.#change(labelOfUpdate(printable(before), { name, hidden }), (edit) =>
        edit.set('people', { id: person }, row),
      );
    return onePerson(db, person);
  }

  #merge(person: string, others: readonly string[]): Person {
    const { db } = this.#parts;
    const name = nameOf(db, person);
    const known = [...new Set(others)].filter(
      (other) => other !== person && db.column<string>(sql.name).get(other) !== undefined,
    );
    const names = known.map((other) => nameOf(db, other));
    if (known.length === 0) {
      if (others.every((other) => other === person)) return onePerson(db, person);
      nameOf(db, others.find((other) => other !== person) ?? person);
    }
    const what =
      names.length === 1
        ? printable(names[0] ?? '')
        : counted(names.length, 'person').replace('persons', 'people');
    this.#change(`Merge ${what} into ${printable(name)}`, (edit) => {
      for (const other of known) mergeInto(db, edit, person, other);
    });
    // the others' sidecars would bring them back
    void this.#parts.keeper.flush();
    return onePerson(db, person);
  }

  #split(person: string, faces: readonly string[], name: string): Person {
    const { db } = this.#parts;
    const before = nameOf(db, person);
    const theirs = db.column<string>(
      `SELECT f.id FROM json_each(?) j CROSS JOIN faces f ON f.id = j.value WHERE f.person = ? GROUP BY f.id
       ORDER BY min(j.key)`,
    );
    const known = theirs.all(JSON.stringify(faces), person);
    if (known.length === 0) throw unknownFaces();
    const id = this.#change(`Split ${printable(name)} from ${printable(before)}`, (edit) =>
      this.#add(edit, name, null, known),
    );
    return onePerson(db, id);
  }

  /**
   * The sidecars first, the rows, then the files: whatever a kill leaves is written, or swept, at the next start.
   */
  async #delete(person: string) {
    const { db, dataFolder, history, keeper, tell } = this.#parts;
    const name = printable(nameOf(db, person));
    await keeper.remove('person', person);
    for (const adapter of db.column<string>('SELECT id FROM adapters WHERE person = ?').all(person))
      await keeper.remove('adapter', adapter);
    const { adapters, faces } = this.#change(labelOfDeletion, (edit): DeletedPerson => {
      history.forgetEmbeddings();
      return deletePerson(db, edit, person, name);
    });
    let bytes = 0;
    for (const { file } of adapters) bytes += await removeDataFile(dataFolder, file);
    keeper.keep(
      'adapter',
      adapters.map(({ id }) => id),
    );
    await keeper.flush();
    db.pragma('wal_checkpoint(TRUNCATE)');
    if (adapters.length > 0) tell('adapters', null);
    return { adapters: adapters.length, bytes, faces };
  }
}

const byName = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** By name; hidden people only where they are asked for. */
function list(db: Database, hidden: boolean, search: string): Person[] {
  const wanted = folded(search.trim());
  return readPeople(db)
    .filter((person) => (hidden || !person.hidden) && folded(person.name).includes(wanted))
    .sort((a, b) => byName.compare(a.name, b.name) || (a.id < b.id ? -1 : 1));
}

function labelOfUpdate(
  before: string,
  { name, hidden }: { name: string | undefined; hidden: boolean | undefined },
): string {
  if (name !== undefined && name !== before) return `Rename ${before} to ${printable(name)}`;
  if (hidden !== undefined) return `${hidden ? 'Hide' : 'Show'} ${before}`;
  return `Change ${before}`;
}
