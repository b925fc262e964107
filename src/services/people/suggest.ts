/**
 * Suggests who unnamed faces may be, in the background: after a yes, a no or new faces, those nobody has named are
 * compared with people (likeness.ts). It never confirms anything; confirming is assign.ts, by a person's word.
 */
import type { Database } from '../db/database.ts';
import type { Tell } from '../history/history.service.ts';
import { likenessTo, referencesOf, toFloats } from './likeness.ts';
import type { Reference } from './likeness.ts';

interface Face {
  readonly id: string;
  readonly captured_at: number;
  readonly embedding: Uint8Array;
  readonly made_by: string;
}

const COLUMNS = 'f.id, f.captured_at, e."values" AS embedding, e.made_by';
const EMBEDDED = 'faces f CROSS JOIN face_embeddings e ON e.face = f.id';
/** Faces compared between two turns of the event loop: some milliseconds. */
const BATCH = 250;
/** People whose references are kept in memory: some 33 KB each. */
const MOST_KEPT = 1500;

export class Suggester {
  readonly #db: Database;
  readonly #tell: Tell;
  readonly #failed: (error: unknown) => void;
  /** People whose confirmed faces changed: everybody's unnamed faces are compared with them. */
  readonly #people = new Set<string>();
  /** Faces that are new or nobody's again: compared with all people. */
  readonly #faces = new Set<string>();
  readonly #references = new Map<string, readonly Reference[]>();
  #work: Promise<void> | undefined;
  #closed = false;

  constructor(db: Database, tell: Tell, failed: (error: unknown) => void) {
    this.#db = db;
    this.#tell = tell;
    this.#failed = failed;
  }

  peopleChanged(people: Iterable<string>): void {
    for (const person of people) {
      this.#people.add(person);
      this.#references.delete(person);
    }
    this.#start();
  }

  facesChanged(faces: Iterable<string>): void {
    for (const face of faces) this.#faces.add(face);
    this.#start();
  }

  /** Resolves when nothing is left to compare. */
  async settled(): Promise<void> {
    while (this.#work) await this.#work;
  }

  /** Stops after the batch at work. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#work;
  }

  #start(): void {
    if (this.#work || this.#closed || (this.#people.size === 0 && this.#faces.size === 0)) return;
    this.#work = this.#run()
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#work = undefined;
        this.#start();
      });
  }

  async #run(): Promise<void> {
    await pause();
    while (!this.#closed && (this.#people.size > 0 || this.#faces.size > 0)) {
      const [people, faces] = [[...this.#people], [...this.#faces]];
      this.#people.clear();
      this.#faces.clear();
      if (people.length > 0) await this.#comparePeople(people);
      if (faces.length > 0) await this.#compareFaces(faces);
    }
  }

  async #comparePeople(people: readonly string[]): Promise<void> {
    for (const person of people) this.#reviewSuggestions(person);
    const references = people.flatMap((person) => this.#referencesOf(person));
    if (references.length === 0) return;
    const ofUnknown = this.#db.query<Face>(
      `SELECT ${COLUMNS} FROM ${EMBEDDED} WHERE f.person IS NULL AND f.state = 'unknown' AND f.shown = 1
       AND (f.captured_at, f.id) > (?, ?) ORDER BY f.captured_at, f.id LIMIT ${BATCH}`,
    );
    let [at, id] = [Number.MIN_SAFE_INTEGER, ''];
    while (!this.#closed) {
      const batch = ofUnknown.all(at, id);
      const last = batch.at(-1);
      if (!last) return;
      this.#suggest(batch, references);
      [at, id] = [last.captured_at, last.id];
      await pause();
    }
  }

  async #compareFaces(ids: readonly string[]): Promise<void> {
    const people = this.#db.column<string>('SELECT id FROM people').all();
    const read = this.#db.query<Face>(
      `SELECT ${COLUMNS} FROM json_each(?) j CROSS JOIN faces f ON f.id = j.value
       CROSS JOIN face_embeddings e ON e.face = f.id WHERE f.person IS NULL AND f.state = 'unknown'`,
    );
    for (let start = 0; start < ids.length && !this.#closed; start += BATCH) {
      const batch = read.all(JSON.stringify(ids.slice(start, start + BATCH)));
      if (batch.length > 0)
        this.#suggest(
          batch,
          people.flatMap((person) => this.#referencesOf(person)),
        );
      await pause();
    }
  }

  /** What was suggested for a person and is no longer alike is nobody's again. */
  #reviewSuggestions(person: string): void {
    const references = this.#referencesOf(person);
    const suggested = this.#db
      .query<Face>(`SELECT ${COLUMNS} FROM ${EMBEDDED} WHERE f.person = ? AND f.state = 'suggested'`)
      .all(person);
    const gone = suggested.filter((face) => best(references, face) === undefined);
    if (gone.length === 0) return;
    this.#db.transaction(() => {
      for (const { id } of gone)
        this.#db.run(
          `UPDATE faces SET state = 'unknown', person = NULL, similarity = NULL WHERE id = ? AND state = 'suggested'`,
          id,
        );
    });
    this.#told([person]);
  }

  /** Faces nobody has named become suggestions for the person they are most alike, unless a no was said before. */
  #suggest(faces: readonly Face[], references: readonly Reference[]): void {
    const rejections = this.#db.column<string>('SELECT person FROM face_rejections WHERE face = ?');
    const suggestions = faces.flatMap((face) => {
      const found = best(references, face);
      if (!found) return [];
      const rejected = rejections.all(face.id);
      const allowed = rejected.includes(found.person)
        ? best(
            references.filter(({ person }) => !rejected.includes(person)),
            face,
          )
        : found;
      return allowed ? [{ id: face.id, ...allowed }] : [];
    });
    if (suggestions.length === 0) return;
    this.#db.transaction(() => {
      for (const { id, person, similarity } of suggestions)
        this.#db.run(
          `UPDATE faces SET state = 'suggested', person = ?, similarity = ?
           WHERE id = ? AND state = 'unknown' AND person IS NULL AND EXISTS (SELECT 1 FROM people WHERE id = ?)`,
          person,
          similarity,
          id,
          person,
        );
    });
    this.#told([...new Set(suggestions.map(({ person }) => person))]);
  }

  #referencesOf(person: string): readonly Reference[] {
    const known = this.#references.get(person);
    if (known) return known;
    const made = referencesOf(this.#db, person);
    this.#references.set(person, made);
    const [oldest] = this.#references.keys();
    if (this.#references.size > MOST_KEPT && oldest !== undefined) this.#references.delete(oldest);
    return made;
  }

  #told(people: readonly string[]): void {
    this.#tell('people', people);
    this.#tell('faces', null);
  }
}

function best(
  references: readonly Reference[],
  { embedding, made_by }: Face,
): { person: string; similarity: number } | undefined {
  const values = toFloats(embedding);
  let found: { person: string; similarity: number } | undefined;
  for (const reference of references) {
    const similarity = likenessTo(reference, values, made_by);
    if (similarity !== undefined && similarity > (found?.similarity ?? -2))
      found = { person: reference.person, similarity };
  }
  return found;
}

/** A turn of the event loop for everybody else. */
function pause(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
