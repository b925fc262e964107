/**
 * Keeps the sidecars of people, adapters and renditions in step with their rows: what changed is written a little later,
 * once, and what is gone is removed. db/sidecars.ts has the format, db/rebuild.ts the way back.
 */
import * as v from 'valibot';
import { LossPoint } from '../../domain/person.ts';
import { FaceEvidence } from '../../domain/rendition.ts';
import type { Database } from '../db/database.ts';
import type { Sidecar, SidecarOf, Sidecars } from '../db/sidecars.ts';
import { photosOfFaces, saidPhotos, writePhotoSidecars } from '../photos/said.ts';
import type { Touched } from './changes.ts';
import { personSidecar } from './person-sidecar.ts';

export type Kept = 'person' | 'adapter' | 'rendition';
const KINDS: readonly Kept[] = ['person', 'adapter', 'rendition'];
const TABLE: Readonly<Record<Kept, string>> = {
  person: 'people',
  adapter: 'adapters',
  rendition: 'renditions',
};

export interface KeeperParts {
  readonly db: Database;
  readonly sidecars: Sidecars;
  /** Hears of what could not be written; the database still has it. */
  readonly failed: (error: unknown) => void;
  /** How long after the first change, in milliseconds. */
  readonly delay?: number;
}

/** Long enough that naming a page of faces is one write. */
const DELAY_MS = 2000;
/** Files written at a time. */
const ABREAST = 4;

export class Keeper {
  readonly #parts: KeeperParts;
  readonly #waiting: Readonly<Record<Kept, Set<string>>> = {
    person: new Set(),
    adapter: new Set(),
    rendition: new Set(),
  };
  /** Faces whose people's sidecars are to follow. */
  readonly #faces = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> = Promise.resolve();

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  /** The sidecars of these are to follow their rows. */
  keep(kind: Kept, ids: Iterable<string>): void {
    for (const id of ids) this.#waiting[kind].add(id);
    if (this.#waiting[kind].size > 0) this.#later();
  }

  #later(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => void this.flush(), this.#parts.delay ?? DELAY_MS);
    this.#timer.unref();
  }

  /** All sidecars that rows changed by an edit, an undo or a redo are part of. */
  keepTouched(touched: Touched): void {
    const { db, sidecars } = this.#parts;
    const ids = (table: string): readonly string[] => [...(touched.get(table) ?? [])];
    this.keep('person', ids('people'));
    this.keep('adapter', ids('adapters'));
    this.keep('rendition', ids('renditions'));
    const of = (sql: string, list: readonly string[]): string[] =>
      list.length === 0 ? [] : db.column<string>(sql).all(JSON.stringify(list));
    const among = 'IN (SELECT value FROM json_each(?))';
    // whose they are is asked when the sidecars are written: a person may have thousands
    for (const face of ids('faces')) this.#faces.add(face);
    if (this.#faces.size > 0) this.#later();
    this.keep(
      'person',
      of(`SELECT person FROM albums WHERE id ${among} AND person IS NOT NULL`, ids('albums')),
    );
    const photos = [...ids('photos'), ...photosOfFaces(db, ids('said_faces'))];
    if (photos.length > 0) writePhotoSidecars(db, sidecars, [...new Set(photos)]);
  }

  /** Writes everything that waits, now; resolves when it is on the disk. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushing = this.#flushing.then(() => this.#flush());
    return this.#flushing;
  }

  /** Removes one now, before the row goes for good; `keep` afterwards, should a write have been on its way. */
  async remove(kind: Kept, id: string): Promise<void> {
    this.#waiting[kind].delete(id);
    await this.#parts.sidecars.remove(kind, id);
  }

  /**
   * After a start: rows without a sidecar get one (a kill came before it was written); how many. Sidecars without a row
   * stay: their photos may be on a drive that is away while the database was made anew.
   */
  async writeMissing(): Promise<number> {
    const { db, sidecars } = this.#parts;
    let written = 0;
    for (const kind of KINDS) {
      const there = await sidecars.ids(kind);
      const missing = db
        .column<string>(`SELECT id FROM ${TABLE[kind]}`)
        .all()
        .filter((id) => !there.has(id));
      written += missing.length;
      this.keep(kind, missing);
    }
    const there = await sidecars.ids('photo');
    const unsaid = saidPhotos(db).filter(({ hash }) => !there.has(hash));
    writePhotoSidecars(
      db,
      sidecars,
      unsaid.map(({ id }) => id),
    );
    written += unsaid.length;
    await this.flush();
    return written;
  }

  async #flush(): Promise<void> {
    // after whoever asked for it has its answer
    await new Promise((resolve) => setImmediate(resolve));
    this.#peopleOfFaces();
    const waiting = KINDS.flatMap((kind) => [...this.#waiting[kind]].map((id) => ({ kind, id })));
    for (const kind of KINDS) this.#waiting[kind].clear();
    const work = async (): Promise<void> => {
      for (let next = waiting.pop(); next; next = waiting.pop()) {
        // a turn of the event loop for everybody else: people with thousands of faces take a while
        await new Promise((resolve) => setImmediate(resolve));
        await this.#follow(next.kind, next.id);
      }
    };
    await Promise.all(Array.from({ length: ABREAST }, work));
  }

  #peopleOfFaces(): void {
    if (this.#faces.size === 0) return;
    const { db, failed } = this.#parts;
    const faces = JSON.stringify([...this.#faces]);
    this.#faces.clear();
    try {
      const people = db.column<string>(
        `SELECT DISTINCT f.person FROM json_each(?) j CROSS JOIN faces f ON f.id = j.value WHERE f.person IS NOT NULL`,
      );
      for (const person of people.all(faces)) this.#waiting.person.add(person);
    } catch (error) {
      failed(error);
    }
  }

  async #follow(kind: Kept, id: string): Promise<void> {
    const { db, sidecars, failed } = this.#parts;
    try {
      const sidecar = builders[kind](db, id);
      if (sidecar) await sidecars.write(sidecar);
      else await sidecars.remove(kind, id);
    } catch (error) {
      failed(error);
    }
  }
}

const builders: Readonly<Record<Kept, (db: Database, id: string) => Sidecar | undefined>> = {
  person: personSidecar,
  adapter: adapterSidecar,
  rendition: renditionSidecar,
};

type AdapterRow = Omit<SidecarOf<'adapter'>, 'kind' | 'curve'> & { readonly curve: string };

function adapterSidecar(db: Database, id: string): SidecarOf<'adapter'> | undefined {
  const row = db
    .query<AdapterRow>(
      `SELECT id, person, file, sha256, weights, base, base_sha256 AS baseSha256, recipe, photos, steps, bytes, curve,
              created_at AS created FROM adapters WHERE id = ?`,
    )
    .get(id);
  return row && { ...row, kind: 'adapter', curve: v.parse(v.array(LossPoint), JSON.parse(row.curve)) };
}

type RenditionRow = Omit<SidecarOf<'rendition'>, 'kind' | 'evidence' | 'people' | 'chosen'> & {
  readonly evidence: string;
  readonly people: string;
  readonly chosen: number;
};

function renditionSidecar(db: Database, id: string): SidecarOf<'rendition'> | undefined {
  const row = db
    .query<RenditionRow>(
      `SELECT r.id, lower(hex(p.hash)) AS hash, r.file, r.variation, r.sha256, r.bytes, r.width, r.height, r.recipe,
              r.evidence, r.chosen, r.rating, r.note, r.created_at AS created, r.deleted_at AS deleted,
              (SELECT json_group_array(person) FROM rendition_people WHERE rendition = r.id) AS people
       FROM renditions r JOIN photos p ON p.id = r.photo WHERE r.id = ?`,
    )
    .get(id);
  return (
    row && {
      ...row,
      kind: 'rendition',
      chosen: row.chosen === 1,
      evidence: v.parse(v.array(FaceEvidence), JSON.parse(row.evidence)),
      people: v.parse(v.array(v.string()), JSON.parse(row.people)),
    }
  );
}
