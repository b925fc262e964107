/**
 * The one history of the library: remembers steps of all services in their transactions, takes them back and does them
 * again. The contract is contract/history.ts; edit.ts is how a service makes a step.
 */
import type { Topic } from '../../contract/events.ts';
import type { history } from '../../contract/history.ts';
import type { Handlers } from '../../contract/rpc.ts';
import { UserError } from '../../domain/errors.ts';
import { quoted } from '../../domain/text.ts';
import type { Database } from '../db/database.ts';
import { newId } from '../db/ids.ts';
import type { Remember } from '../db/operations.ts';
import { applyWhatFits, changesFromJson, changesToJson, touchedBy } from './changes.ts';
import type { Change, Touched } from './changes.ts';
import { Edit } from './edit.ts';
import { historySql as sql } from './history.sql.ts';

/** Tells every window what changed: ids, or null for all of a topic. */
export type Tell = (topic: Topic, ids: readonly string[] | null) => void;

export interface HistoryParts {
  readonly db: Database;
  readonly tell: Tell;
  /** Hears of rows that undo or redo has changed, after the commit: sidecars and what is kept in memory follow. */
  readonly touched?: (touched: Touched) => void;
  readonly limits?: Partial<Limits>;
}

interface Limits {
  readonly steps: number;
  /** Of all steps together, in bytes of their text. */
  readonly bytes: number;
}

/** Nobody goes back 500 steps; a merge of 100,000 faces is some 6 MB. */
const LIMITS: Limits = { steps: 500, bytes: 64e6 };
const MAX_LABEL = 500;

const TOPICS: Readonly<Record<string, readonly Topic[]>> = {
  photos: ['photos'],
  people: ['people', 'faces'],
  faces: ['faces', 'people'],
  face_rejections: ['faces'],
  albums: ['albums', 'people'],
  anchors: ['albums', 'people'],
  adapters: ['adapters', 'people'],
  renditions: ['renditions', 'photos'],
  rendition_people: ['renditions'],
  export_presets: ['exports'],
};

interface StepRow {
  readonly id: string;
  readonly label: string;
  readonly undo: string;
  readonly redo: string;
}

export class History {
  readonly #parts: HistoryParts;
  readonly #limits: Limits;

  readonly handlers: Handlers<typeof history>;

  constructor(parts: HistoryParts) {
    const { db } = parts;
    this.#parts = parts;
    this.#limits = { ...LIMITS, ...parts.limits };
    this.handlers = {
      list: () =>
        db
          .query<{ id: string; label: string; done: number; at: number }>(sql.list)
          .all()
          .map((step) => ({ ...step, done: step.done === 1 })),
      state: () => this.#state(null),
      undo: () => this.#state(this.#step('undo')),
      redo: () => this.#state(this.#step('redo')),
    };
  }

  /** Remembers a step, within the transaction of the change; what had been undone cannot be redone any more. */
  record(label: string, undo: readonly Change[], redo: readonly Change[]): void {
    const { db } = this.#parts;
    const texts = [changesToJson(undo), changesToJson(redo)] as const;
    db.run(sql.dropUndone);
    db.run(sql.add, newId(), label.slice(0, MAX_LABEL), ...texts, Date.now());
    this.#bound();
  }

  /** The port of services that make whole steps themselves (photos). */
  readonly remember: Remember = ({ label, undo, redo }) => this.record(label, undo, redo);

  /** A change in one transaction, remembered as one step; what touched which rows is for the caller to tell. */
  edit<T>(label: string | ((made: T) => string), work: (edit: Edit) => T): { made: T; touched: Touched } {
    return this.#parts.db.transaction(() => {
      const edit = new Edit(this.#parts.db);
      const made = work(edit);
      if (!edit.empty) this.record(typeof label === 'string' ? label : label(made), edit.undo, edit.redo);
      return { made, touched: edit.touched };
    });
  }

  /** Takes every embedding out of the log: within the transaction that deletes a person for good. */
  forgetEmbeddings(): void {
    const { db } = this.#parts;
    for (const { id, undo, redo } of db
      .query<{ id: string; undo: string; redo: string }>(sql.withBytes)
      .all()) {
      const [back, again] = [changesFromJson(undo), changesFromJson(redo)];
      if (back && again)
        db.run(sql.rewrite, changesToJson(back.filter(blind)), changesToJson(again.filter(blind)), id);
      else db.run(sql.drop, id);
    }
  }

  #state(undone: string | null) {
    const { db } = this.#parts;
    return {
      undone,
      canUndo: db.column<string>(sql.undoableLabel).get() ?? null,
      canRedo: db.column<string>(sql.redoableLabel).get() ?? null,
    };
  }

  /** The label of what was done, or null where there is nothing. A step that fits nowhere any more is dropped. */
  #step(way: 'undo' | 'redo'): string | null {
    const { db, tell, touched } = this.#parts;
    const step = db.query<StepRow>(way === 'undo' ? sql.undoable : sql.redoable).get();
    if (!step) return null;
    const [back, again] = [changesFromJson(step.undo), changesFromJson(step.redo)];
    const problem =
      back && again ? this.#run(step.id, way === 'undo' ? back : again, way) : 'its record is damaged';
    if (problem !== undefined || !back || !again) {
      db.transaction(() => db.run(sql.drop, step.id));
      throw new UserError(
        'conflict',
        `${quoted(step.label)} cannot be ${way === 'undo' ? 'undone' : 'done again'}: ${problem}.`,
        'It was taken out of the history; everything else stays as it is.',
      );
    }
    const rows = touchedBy([...back, ...again]);
    touched?.(rows);
    for (const topic of topicsOf(rows)) tell(topic, null);
    return step.label;
  }

  /** In one transaction; the reason where it did nothing. */
  #run(id: string, changes: readonly Change[], way: 'undo' | 'redo'): string | undefined {
    const { db } = this.#parts;
    try {
      db.transaction(() => {
        let changed = 0;
        for (const change of changes) {
          if (change.kind === 'delete' && change.table === 'people')
            this.#assertNothingMade(String(change.key['id']));
          changed += applyWhatFits(db, [change]);
        }
        if (changed === 0) throw new Impossible('what it changed is not in the library any more');
        db.run(sql.loose);
        db.run(sql.mark, way === 'undo' ? 0 : 1, id);
      });
      return undefined;
    } catch (error) {
      if (error instanceof Impossible) return error.message;
      throw error;
    }
  }

  #assertNothingMade(person: string): void {
    const name = this.#parts.db.column<string>(sql.made).get(person);
    if (name !== undefined)
      throw new Impossible(`adapters or restored photos of ${quoted(name)} have been made since`);
  }

  #bound(): void {
    const { db } = this.#parts;
    let steps = db.column<number>(sql.count).get() ?? 0;
    let size = db.column<number>(sql.size).get() ?? 0;
    while (steps > this.#limits.steps || (size > this.#limits.bytes && steps > 1)) {
      const oldest = db.query<{ id: string; size: number }>(sql.oldest).get();
      if (!oldest) return;
      db.run(sql.drop, oldest.id);
      size -= oldest.size;
      steps--;
    }
  }
}

/** Rolls a step back; its message ends a sentence. */
class Impossible extends Error {}

/** Not one that would put an embedding back. */
function blind(change: Change): boolean {
  return change.kind !== 'put' || change.table !== 'face_embeddings';
}

export function topicsOf(touched: Touched): Topic[] {
  return [...new Set([...touched.keys()].flatMap((table) => TOPICS[table] ?? []))];
}
