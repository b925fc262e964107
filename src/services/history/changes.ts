/**
 * What one step of history does to rows, as data that may be read back: the operations of db/operations.ts, and `each`,
 * which gives many rows the same values in one go. history.service.ts keeps and runs them, edit.ts makes them.
 */
import * as v from 'valibot';
import { list, number, text } from '../../domain/fields.ts';
import { sqliteCode } from '../db/database.ts';
import type { Database, Value } from '../db/database.ts';
import { HISTORY_TABLES, applyOperations, operationsFromJson, operationsToJson } from '../db/operations.ts';
import type { Operation, Row } from '../db/operations.ts';

/** Gives these columns of all these rows of a table whose key is `id` the same values. */
export interface Each {
  readonly kind: 'each';
  readonly table: 'faces' | 'adapters' | 'jobs';
  readonly ids: readonly string[];
  readonly row: Row;
}

export type Change = Operation | Each;

/** What `each` may change, so that no log, however it came about, moves a file or restarts a job. */
const EACH: Readonly<Record<Each['table'], readonly string[]>> = {
  faces: ['person', 'state', 'similarity'],
  adapters: ['person', 'album'],
  jobs: ['person'],
};

const MOST_TEXT = 20_000_000;
const Column = v.pipe(text(60), v.regex(/^[a-z_]+$/));
const Cell = v.union([
  text(MOST_TEXT),
  number(-Number.MAX_VALUE, Number.MAX_VALUE),
  v.instance(Uint8Array),
  v.null(),
]);
const Cells = v.record(Column, Cell);
const KeyCells = v.record(Column, v.union([text(200), v.number()]));
const Table = v.picklist(HISTORY_TABLES);
const Changes = v.array(
  v.variant('kind', [
    v.strictObject({ kind: v.literal('set'), table: Table, key: KeyCells, row: Cells }),
    v.strictObject({ kind: v.literal('put'), table: Table, row: Cells }),
    v.strictObject({ kind: v.literal('delete'), table: Table, key: KeyCells }),
    v.strictObject({
      kind: v.literal('each'),
      table: v.picklist(['faces', 'adapters', 'jobs']),
      ids: list(text(64), 10_000_000),
      row: Cells,
    }),
  ]),
);

export function changesToJson(changes: readonly Change[]): string {
  const texts = changes.map((change) =>
    change.kind === 'each' ? JSON.stringify(change) : operationsToJson([change]).slice(1, -1),
  );
  return `[${texts.join(',')}]`;
}

/** The way back; undefined for what is no list of changes (a damaged row, a newer version's). */
export function changesFromJson(json: string): Change[] | undefined {
  let data: unknown;
  try {
    data = operationsFromJson(json);
  } catch {
    return undefined; // the caller says so in words
  }
  const parsed = v.safeParse(Changes, data);
  return parsed.success ? parsed.output : undefined;
}

/**
 * Runs them in order within the caller's transaction; how many rows they changed. Throws `internal:` for a column that
 * `each` does not change, and SQLite's errors.
 */
export function applyChanges(db: Database, changes: readonly Change[]): number {
  let changed = 0;
  for (const change of changes)
    changed += change.kind === 'each' ? applyEach(db, change) : applyOperations(db, [change]);
  return changed;
}

/** As applyChanges, passing over what no longer fits (a photo that was forgotten, a key that is taken). */
export function applyWhatFits(db: Database, changes: readonly Change[]): number {
  let changed = 0;
  for (const change of changes) {
    try {
      changed += applyChanges(db, [change]);
    } catch (error) {
      if (sqliteCode(error)?.startsWith('SQLITE_CONSTRAINT') !== true) throw error;
    }
  }
  return changed;
}

function applyEach(db: Database, { table, ids, row }: Each): number {
  return updateAll(db, table, row, 'id IN (SELECT value FROM json_each(?))', JSON.stringify(ids));
}

/** As `each` for all rows of a person, by their index: a lookup less for every row. How many it changed. */
export function applyToPerson(db: Database, table: Each['table'], person: string, row: Row): number {
  return updateAll(db, table, row, 'person = ?', person);
}

function updateAll(db: Database, table: Each['table'], row: Row, where: string, value: string): number {
  const columns = Object.keys(row);
  const allowed = EACH[table];
  if (!columns.every((column) => allowed.includes(column)) || columns.length === 0)
    throw new Error(`internal: each does not change ${columns.join(', ')} of ${table}`);
  const values: readonly Value[] = Object.values(row);
  const set = columns.map((column) => `${column} = ?`).join(', ');
  return db.run(`UPDATE ${table} SET ${set} WHERE ${where}`, ...values, value);
}

/**
 * Rows by table, as far as the changes name them: `id`, or the columns that name another thing. `said_faces` are faces of
 * which something is said, or was, without naming them: the sidecars of their photos have that.
 */
export type Touched = ReadonlyMap<string, ReadonlySet<string>>;

const NAMES = ['id', 'person', 'face', 'album', 'photo', 'rendition'] as const;
const TABLE_OF: Readonly<Record<(typeof NAMES)[number], string | undefined>> = {
  id: undefined,
  person: 'people',
  face: 'faces',
  album: 'albums',
  photo: 'photos',
  rendition: 'renditions',
};

export function touchedBy(changes: readonly Change[]): Touched {
  const touched = new Map<string, Set<string>>();
  const add = (table: string, id: unknown): void => {
    if (typeof id !== 'string') return;
    const known = touched.get(table);
    if (known) known.add(id);
    else touched.set(table, new Set([id]));
  };
  for (const change of changes) {
    if (change.kind === 'each') for (const id of change.ids) add(change.table, id);
    const cells = {
      ...(change.kind === 'delete' || change.kind === 'set' ? change.key : {}),
      ...(change.kind === 'delete' ? {} : change.row),
    };
    for (const name of NAMES) add(TABLE_OF[name] ?? change.table, cells[name]);
    if (change.table === 'face_rejections') add('said_faces', cells['face']);
    if (change.table !== 'faces' || (cells['state'] !== 'ignored' && cells['by_hand'] !== 1)) continue;
    add('said_faces', cells['id']);
    if (change.kind === 'each') for (const id of change.ids) add('said_faces', id);
  }
  return touched;
}
