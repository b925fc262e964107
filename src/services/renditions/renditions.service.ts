/**
 * Answers the calls on renditions: the versions of a photo, which one is shown, what is thought of them, and the bin. The
 * contract is contract/renditions.ts; jobs record what they made.
 */
import * as v from 'valibot';
import type { renditions } from '../../contract/renditions.ts';
import type { Handlers } from '../../contract/rpc.ts';
import { UserError } from '../../domain/errors.ts';
import { id } from '../../domain/fields.ts';
import { parseRecipe, recipeText } from '../../domain/recipe.ts';
import { FaceEvidence } from '../../domain/rendition.ts';
import type { Rendition } from '../../domain/rendition.ts';
import { counted } from '../../domain/text.ts';
import { assertWhole, dataFile, removeDataFile, sweepFiles } from '../albums/files.ts';
import type { Database } from '../db/database.ts';
import { newId } from '../db/ids.ts';
import type { Row } from '../db/operations.ts';
import type { Sidecars } from '../db/sidecars.ts';
import type { Edit } from '../history/edit.ts';
import { topicsOf } from '../history/history.service.ts';
import type { History, Tell } from '../history/history.service.ts';
import type { Keeper } from '../history/keeper.ts';
import { renditionsSql as sql } from './renditions.sql.ts';

export interface RenditionsParts {
  readonly db: Database;
  readonly dataFolder: string;
  readonly history: History;
  readonly keeper: Keeper;
  readonly sidecars: Sidecars;
  readonly tell: Tell;
}

/** A restored version as its job says; the files are there, whole, below the data folder. */
export interface MadeRendition {
  readonly photo: string;
  readonly job: string | null;
  /** Which of the job's results, from 0. */
  readonly ordinal: number;
  /** Below the data folder: `renditions/<name>`. */
  readonly file: string;
  /** The map of what was invented, where there is one: its file and size. */
  readonly variation: { readonly file: string; readonly bytes: number } | null;
  readonly sha256: string;
  readonly bytes: number;
  readonly width: number;
  readonly height: number;
  /** domain/recipe.ts, as text. */
  readonly recipe: string;
  readonly evidence: readonly FaceEvidence[];
  /** People whose adapters were used. */
  readonly people: readonly string[];
}

/** Days that a deleted rendition can still be taken out of the bin. */
const BIN_DAYS = 30;
const DAY_MS = 86_400_000;
const FOLDER = 'renditions';

export class RenditionsService {
  readonly #parts: RenditionsParts;

  readonly handlers: Handlers<typeof renditions>;

  constructor(parts: RenditionsParts) {
    const { db } = parts;
    this.#parts = parts;
    this.handlers = {
      of: ({ photo }) => db.query<RenditionRow>(sql.of).all(photo).map(toRendition),
      get: ({ rendition }) => one(db, rendition),
      recipe: ({ rendition }) => {
        const recipe = db.column<string>(sql.recipe).get(rendition);
        if (recipe === undefined) throw unknown();
        return recipe;
      },
      choose: ({ photo, rendition }) => this.#choose(photo, rendition),
      update: ({ rendition, rating, note }) => this.#update(rendition, rating, note),
      delete: ({ renditions: ids }) => this.#delete(ids),
    };
  }

  /**
   * The row of a result, in the transaction that ends its job; `recorded` after the commit. The photo's first is the one
   * shown. Again for the same job and ordinal, it leaves the first. Throws `internal:` where a file is not there whole,
   * `recipe.unreadable` for a recipe that is none.
   */
  recordRendition(made: MadeRendition): string {
    const { db, dataFolder } = this.#parts;
    const known = made.job === null ? undefined : db.column<string>(sql.ofJob).get(made.job, made.ordinal);
    if (known !== undefined) return known;
    assertWhole(dataFolder, made.file, made.bytes);
    if (made.variation) assertWhole(dataFolder, made.variation.file, made.variation.bytes);
    const rendition = newId();
    const first = db.column<string>(sql.chosenOf).get(made.photo) === undefined;
    db.run(
      sql.add,
      rendition,
      made.photo,
      made.job,
      made.ordinal,
      made.file,
      made.variation?.file ?? null,
      made.sha256,
      made.bytes,
      made.width,
      made.height,
      recipeText(parseRecipe(made.recipe, 'the recipe of a result')),
      JSON.stringify(v.parse(v.array(FaceEvidence), made.evidence)),
      Number(first),
      Date.now(),
    );
    for (const person of made.people) db.run(sql.addPerson, rendition, person);
    return rendition;
  }

  /** After the commit: sidecars follow, and windows are told. */
  recorded(ids: readonly string[]): void {
    this.#parts.keeper.keep('rendition', ids);
    this.#parts.tell('renditions', ids);
    this.#parts.tell('photos', null);
  }

  /** Where the picture of a rendition is (and its map), for hosts and exports; undefined where it is not there. */
  filesOf(rendition: string): { file: string; variation: string | undefined } | undefined {
    const { db, dataFolder } = this.#parts;
    const row = db.query<{ file: string; variation: string | null }>(sql.file).get(rendition);
    return (
      row && {
        file: dataFile(dataFolder, row.file),
        variation: row.variation === null ? undefined : dataFile(dataFolder, row.variation),
      }
    );
  }

  /**
   * Deletes for good what has been in the bin for `days` (0: everything): the sidecar, the row, then the files. How many
   * and how many bytes.
   */
  async emptyBin(days = BIN_DAYS): Promise<{ renditions: number; bytes: number }> {
    const { db, dataFolder, keeper, tell } = this.#parts;
    const rows = db
      .query<{ id: string; file: string; variation: string | null; bytes: number }>(sql.binned)
      .all(Date.now() - days * DAY_MS);
    const emptied = { renditions: 0, bytes: 0 };
    for (const row of rows) {
      await keeper.remove('rendition', row.id);
      // an undo may have taken it out meanwhile
      const shared = row.variation !== null && this.#isShared(row.id, row.variation);
      if (db.run(sql.remove, row.id) === 0) keeper.keep('rendition', [row.id]);
      else {
        await removeDataFile(dataFolder, row.file);
        if (row.variation !== null && !shared) await removeDataFile(dataFolder, row.variation);
        emptied.renditions++;
        emptied.bytes += row.bytes;
      }
    }
    if (emptied.renditions > 0) tell('renditions', null);
    return emptied;
  }

  /** At the start, before any job runs: files that a kill left without a row. How many were removed. */
  async sweep(): Promise<number> {
    const { db, dataFolder, sidecars } = this.#parts;
    return sweepFiles(dataFolder, FOLDER, new Set(db.column<string>(sql.files).all()), async () => {
      const kept = new Set<string>();
      for await (const { file, variation } of sidecars.all('rendition', () => undefined)) {
        kept.add(file);
        if (variation !== null) kept.add(variation);
      }
      return kept;
    });
  }

  #isShared(rendition: string, file: string): boolean {
    return this.#parts.db.column<number>(sql.named).get(rendition, rendition, file, file) !== undefined;
  }

  #change(label: string, work: (edit: Edit) => void): void {
    const { history, keeper, tell } = this.#parts;
    const { touched } = history.edit(label, work);
    keeper.keepTouched(touched);
    for (const topic of topicsOf(touched)) tell(topic, null);
  }

  #choose(photo: string, rendition: string | null): undefined {
    const { db } = this.#parts;
    if (db.column<number>(sql.photo).get(photo) === undefined)
      throw new UserError(
        'missing',
        'This photo is not in the library any more.',
        'It may have been removed in another window: look again.',
      );
    if (rendition !== null && db.column<string>(sql.photoOf).get(rendition) !== photo) throw unknown();
    const before = db.column<string>(sql.chosenOf).get(photo);
    if (before === (rendition ?? undefined)) return undefined;
    this.#change(rendition === null ? 'Show the original' : 'Show another version', (edit) => {
      // one row at a time: only one of a photo may be chosen
      if (before !== undefined) edit.set('renditions', { id: before }, { chosen: 0 });
      if (rendition !== null) edit.set('renditions', { id: rendition }, { chosen: 1 });
    });
    return undefined;
  }

  #update(rendition: string, rating: number | undefined, note: string | undefined): Rendition {
    const { db } = this.#parts;
    one(db, rendition);
    const row: Row = { ...(rating !== undefined && { rating }), ...(note !== undefined && { note }) };
    if (Object.keys(row).length > 0)
      this.#change(rating === undefined ? 'Note on a version' : 'Rate a version', (edit) =>
        edit.set('renditions', { id: rendition }, row),
      );
    return one(db, rendition);
  }

  /** Into the bin. Ids that there are no renditions of are passed over. */
  #delete(ids: readonly string[]): undefined {
    const { db } = this.#parts;
    const there = db.column<string>(sql.photoOf);
    const known = [...new Set(ids)].filter((rendition) => there.get(rendition) !== undefined);
    if (ids.length > 0 && known.length === 0) throw unknown();
    const now = Date.now();
    this.#change(`Delete ${counted(known.length, 'version')}`, (edit) => {
      for (const rendition of known)
        edit.set('renditions', { id: rendition }, { deleted_at: now, chosen: 0 });
    });
    return undefined;
  }
}

interface RenditionRow {
  readonly id: string;
  readonly photo: string;
  readonly job: string | null;
  readonly created: number;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  readonly recipe: string;
  readonly evidence: string;
  readonly hasVariation: number;
  readonly chosen: number;
  readonly rating: number;
  readonly note: string;
  readonly people: string;
}

function one(db: Database, rendition: string): Rendition {
  const row = db.query<RenditionRow>(sql.get).get(rendition);
  if (!row) throw unknown();
  return toRendition(row);
}

/** Strength, steps and seed are those of the first face that was restored. */
function toRendition({ recipe: text, ...row }: RenditionRow): Rendition {
  const recipe = parseRecipe(text, 'the recipe of this version');
  const face = recipe.faces.find(({ on }) => on);
  return {
    ...row,
    strength: Math.min(1000, face?.strength ?? 0),
    steps: face?.steps ?? 0,
    seed: face?.seed ?? 0,
    sampler: recipe.sampler,
    model: recipe.model.id,
    generative: recipe.faces.some(({ person }) => person?.kind === 'generative'),
    people: v.parse(v.array(id), JSON.parse(row.people)),
    evidence: v.parse(v.array(FaceEvidence), JSON.parse(row.evidence)),
    hasVariation: row.hasVariation === 1,
    chosen: row.chosen === 1,
  };
}

function unknown(): UserError {
  return new UserError(
    'missing',
    'This version is not there any more.',
    'It may have been deleted in another window: look again.',
  );
}
