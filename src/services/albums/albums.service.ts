/**
 * Answers the calls on a person's album and adapters: the anchors there are, those that choose.ts would take, and what
 * finetunes left. The contract is contract/albums.ts; the finetune itself is a job.
 */
import * as v from 'valibot';
import type { albums } from '../../contract/albums.ts';
import type { Handlers } from '../../contract/rpc.ts';
import { Sha256 } from '../../domain/catalog.ts';
import { UserError } from '../../domain/errors.ts';
import { AnchorReason, FaceBox, LossPoint } from '../../domain/person.ts';
import type { Adapter, Anchor } from '../../domain/person.ts';
import { printable } from '../../domain/text.ts';
import type { Database } from '../db/database.ts';
import { newId } from '../db/ids.ts';
import type { Row } from '../db/operations.ts';
import type { Sidecars } from '../db/sidecars.ts';
import type { Edit } from '../history/edit.ts';
import { topicsOf } from '../history/history.service.ts';
import type { History, Tell } from '../history/history.service.ts';
import type { Keeper } from '../history/keeper.ts';
import { toFloats } from '../people/likeness.ts';
import { nameOf, unknownFaces } from '../people/rows.ts';
import { albumsSql as sql } from './albums.sql.ts';
import { chooseAnchors, problemOf, reasonsOf } from './choose.ts';
import type { Candidate, Reason } from './choose.ts';
import { assertWhole, removeDataFile, sweepFiles } from './files.ts';

export interface AlbumsParts {
  readonly db: Database;
  readonly dataFolder: string;
  readonly history: History;
  readonly keeper: Keeper;
  readonly sidecars: Sidecars;
  readonly tell: Tell;
}

/** What a finetune left, as its job says; the file is there, whole, below the data folder. */
export interface MadeAdapter {
  readonly id?: string;
  /** Null for one of an album generated from a photo. */
  readonly person: string | null;
  readonly job: string | null;
  /** Below the data folder: `adapters/<name>`. */
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly weights: Adapter['weights'];
  readonly base: string;
  readonly baseSha256: string;
  /** JSON of an object with at least `recipe`: `fast` or `paper`. */
  readonly recipe: string;
  readonly photos: number;
  readonly steps: number;
  readonly curve: Adapter['curve'];
}

const Recipe = v.object({ recipe: v.picklist(['fast', 'paper']) });
const FOLDER = 'adapters';
/** People whose last suggestion is remembered. */
const MOST_SUGGESTED = 100;

export class AlbumsService {
  readonly #parts: AlbumsParts;
  /** What was suggested last for a person, by face: an album that is made of it says so. */
  readonly #suggested = new Map<string, ReadonlyMap<string, Reason[]>>();

  readonly handlers: Handlers<typeof albums>;

  constructor(parts: AlbumsParts) {
    const { db } = parts;
    this.#parts = parts;
    this.handlers = {
      get: ({ person }) => albumOf(db, person),
      suggest: ({ person, count, photo }) => {
        const anchors = suggest(db, person, count, photo);
        this.#remember(person, anchors);
        return anchors;
      },
      set: ({ person, faces }) => this.#set(person, faces),
      adapters: ({ person }) => adaptersOf(db, person),
      deleteAdapter: ({ adapter }) => this.#deleteAdapter(adapter),
    };
  }

  /**
   * The row of a finetune's adapter, in the transaction that ends its job; `recorded` after the commit. Again for the same
   * job or id, it leaves the first. Throws `internal:` where the file is not there whole.
   */
  recordAdapter(made: MadeAdapter): string {
    const { db, dataFolder } = this.#parts;
    assertWhole(dataFolder, made.file, made.bytes);
    v.parse(Sha256, made.sha256);
    v.parse(Recipe, JSON.parse(made.recipe));
    const known = db.column<string>(sql.adapterKnown).get(made.id ?? null, made.job);
    if (known !== undefined) return known;
    const id = made.id ?? newId();
    const album = made.person === null ? undefined : db.column<string>(sql.albumId).get(made.person);
    db.run(
      sql.addAdapter,
      id,
      made.person,
      album ?? null,
      made.job,
      made.file,
      made.sha256,
      made.weights,
      made.base,
      made.baseSha256,
      made.recipe,
      made.photos,
      made.steps,
      made.bytes,
      JSON.stringify(v.parse(v.array(LossPoint), made.curve)),
      Date.now(),
    );
    return id;
  }

  /** After the commit: sidecars follow, and windows are told. */
  recorded(adapters: readonly string[]): void {
    this.#parts.keeper.keep('adapter', adapters);
    this.#parts.tell('adapters', adapters);
    this.#parts.tell('people', null);
  }

  /** At the start, before any job runs: files that a kill left without a row. How many were removed. */
  async sweep(): Promise<number> {
    const { db, dataFolder, sidecars } = this.#parts;
    const named = new Set(db.column<string>('SELECT file FROM adapters').all());
    return sweepFiles(dataFolder, FOLDER, named, async () => {
      const kept = new Set<string>();
      for await (const { file } of sidecars.all('adapter', () => undefined)) kept.add(file);
      return kept;
    });
  }

  #set(person: string, faces: readonly string[]) {
    const { db, history, keeper, tell } = this.#parts;
    const name = nameOf(db, person);
    const wanted = [...new Set(faces)];
    const theirs = new Set(db.column<string>(sql.theirs).all(JSON.stringify(wanted), person));
    if (wanted.length > 0 && theirs.size === 0) throw unknownFaces();
    const { touched } = history.edit(`Change the album of ${printable(name)}`, (edit) =>
      setAlbum(
        db,
        edit,
        person,
        wanted.filter((face) => theirs.has(face)),
        this.#suggested.get(person),
      ),
    );
    keeper.keepTouched(touched);
    for (const topic of topicsOf(touched)) tell(topic, null);
    return albumOf(db, person);
  }

  #remember(person: string, anchors: readonly Anchor[]): void {
    this.#suggested.delete(person);
    this.#suggested.set(person, new Map(anchors.map(({ face, reasons }) => [face, reasons])));
    const [oldest] = this.#suggested.keys();
    if (this.#suggested.size > MOST_SUGGESTED && oldest !== undefined) this.#suggested.delete(oldest);
  }

  /** The sidecar, the row, the file, in this order: what a kill leaves is swept at the next start. */
  async #deleteAdapter(adapter: string): Promise<{ bytes: number }> {
    const { db, dataFolder, keeper, tell } = this.#parts;
    const file = db.column<string>('SELECT file FROM adapters WHERE id = ?').get(adapter);
    if (file === undefined)
      throw new UserError(
        'missing',
        'This adapter is not there any more.',
        'It may have been deleted in another window: look again.',
      );
    await keeper.remove('adapter', adapter);
    db.transaction(() => db.run('DELETE FROM adapters WHERE id = ?', adapter));
    const bytes = await removeDataFile(dataFolder, file);
    keeper.keep('adapter', [adapter]);
    tell('adapters', [adapter]);
    tell('people', null);
    return { bytes };
  }
}

/** The album becomes these faces, all confirmed as the person's, in this order. */
function setAlbum(
  db: Database,
  edit: Edit,
  person: string,
  faces: readonly string[],
  suggested: ReadonlyMap<string, Reason[]> = new Map(),
): void {
  let album = db.column<string>(sql.albumId).get(person);
  if (album === undefined) {
    if (faces.length === 0) return;
    album = newId();
    edit.put(
      'albums',
      { id: album },
      { kind: 'personal', person, photo: null, file: null, created_at: Date.now() },
    );
  }
  const before = new Set(db.column<string>(sql.anchorFaces).all(album));
  for (const face of before) if (!faces.includes(face)) edit.delete('anchors', { album, face });
  const known = new Map(readCandidates(db, person, faces).map((candidate) => [candidate.face, candidate]));
  for (const [position, face] of faces.entries()) {
    const [candidate, reasons] = [known.get(face), suggested.get(face)];
    const row: Row = {
      position,
      reasons: JSON.stringify(reasons ?? (candidate ? reasonsOf(candidate) : [])),
      chosen_by: reasons ? 'albumen' : 'you',
    };
    if (before.has(face)) edit.set('anchors', { album, face }, { position });
    else edit.put('anchors', { album, face }, row);
  }
}

function albumOf(db: Database, person: string) {
  nameOf(db, person);
  const rows = db
    .query<{
      face: string;
      photo: string;
      position: number;
      chosenBy: Anchor['chosenBy'];
      reasons: string;
      box: string;
      sharpness: number | null;
    }>(sql.anchors)
    .all(person);
  const anchors = rows.map(({ face, photo, position, chosenBy, reasons }) => ({
    face,
    photo,
    position,
    chosenBy,
    reasons: v.parse(v.array(AnchorReason), JSON.parse(reasons)),
  }));
  const problem = problemOf(rows.map(({ box, sharpness }) => ({ side: sideOf(box), sharpness })));
  return { person, anchors, problem };
}

function suggest(db: Database, person: string, count: number, photo: string | undefined): Anchor[] {
  nameOf(db, person);
  const year = photo === undefined ? undefined : db.column<number>(sql.knownDate).get(photo);
  return chooseAnchors(readCandidates(db, person), count, year ?? null).map((chosen, position) => ({
    ...chosen,
    position,
    chosenBy: 'albumen',
  }));
}

interface CandidateRow extends Omit<Candidate, 'side' | 'byHand' | 'embedding'> {
  readonly box: string;
  readonly byHand: number;
  readonly embedding: Uint8Array | null;
}

/** The person's confirmed faces in photos that are in the library; of `faces` where given. */
function readCandidates(db: Database, person: string, faces?: readonly string[]): Candidate[] {
  const rows =
    faces === undefined
      ? db.query<CandidateRow>(sql.candidates).all(person)
      : db.query<CandidateRow>(sql.candidatesAmong).all(JSON.stringify(faces), person);
  return rows.map(({ box, byHand, embedding, ...row }) => ({
    ...row,
    side: sideOf(box),
    byHand: byHand === 1,
    embedding: embedding && toFloats(embedding),
  }));
}

function sideOf(box: string): number {
  const { width, height } = v.parse(FaceBox, JSON.parse(box));
  return Math.min(width, height);
}

function adaptersOf(db: Database, person: string): Adapter[] {
  nameOf(db, person);
  return db
    .query<Omit<Adapter, 'recipe' | 'curve'> & { recipe: string; curve: string }>(sql.adapters)
    .all(person)
    .map((row) => ({
      ...row,
      recipe: v.parse(Recipe, JSON.parse(row.recipe)).recipe,
      curve: v.parse(v.array(LossPoint), JSON.parse(row.curve)),
    }));
}
