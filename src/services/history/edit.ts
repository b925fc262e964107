/**
 * A change of rows that knows its way back: each step is done at once, and what was there before becomes the undo list.
 * Used within a transaction; history.service.ts remembers what comes of it.
 */
import { invariant } from '../../domain/errors.ts';
import type { Database } from '../db/database.ts';
import type { Key, Operation, Row } from '../db/operations.ts';
import { applyChanges, applyToPerson, touchedBy } from './changes.ts';
import type { Change, Each, Touched } from './changes.ts';

type Table = Operation['table'];

export class Edit {
  readonly #db: Database;
  readonly #undo: Change[][] = [];
  readonly #redo: Change[] = [];

  constructor(db: Database) {
    this.#db = db;
  }

  /** Newest first: the order in which they take everything back. */
  get undo(): readonly Change[] {
    return this.#undo.toReversed().flat();
  }

  get redo(): readonly Change[] {
    return this.#redo;
  }

  /** Nothing was changed, and there is nothing to remember. */
  get empty(): boolean {
    return this.#redo.length === 0;
  }

  get touched(): Touched {
    return touchedBy([...this.#redo, ...this.undo]);
  }

  /** Changes columns of one row; false where there is no such row or it has these values already. */
  set(table: Table, key: Key, row: Row): boolean {
    const before = this.#read(table, key, Object.keys(row));
    if (!before || sameCells(before, row)) return false;
    this.#do({ kind: 'set', table, key, row }, [{ kind: 'set', table, key, row: before }]);
    return true;
  }

  /** Adds a whole row; `key` of its columns is what names it. */
  put(table: Table, key: Key, row: Row): void {
    this.#do({ kind: 'put', table, row: { ...key, ...row } }, [{ kind: 'delete', table, key }]);
  }

  /** Removes one row; what refers to it must have been removed before. */
  delete(table: Table, key: Key): boolean {
    const row = this.#read(table, key);
    if (!row) return false;
    this.#do({ kind: 'delete', table, key }, [{ kind: 'put', table, row }]);
    return true;
  }

  /** Gives many rows the same values; those that are not there are passed over. How many it changed. */
  each(table: Each['table'], ids: readonly string[], row: Row): number {
    const where = 'id IN (SELECT value FROM json_each(?))';
    return this.#each(table, this.#cells(table, row, where, JSON.stringify(ids)), row);
  }

  /** As `each`, for all rows of a person. */
  eachOf(table: Each['table'], person: string, row: Row): number {
    const before = this.#cells(table, row, 'person = ?', person);
    return this.#each(table, before, row, () => applyToPerson(this.#db, table, person, row));
  }

  /** What the columns of `row` are now, of each row. */
  #cells(table: Each['table'], row: Row, where: string, value: string): (Row & { readonly id: string })[] {
    return this.#db
      .query<Row & { readonly id: string }>(
        `SELECT id, ${Object.keys(row).join(', ')} FROM ${table} WHERE ${where}`,
      )
      .all(value);
  }

  #each(
    table: Each['table'],
    before: readonly (Row & { readonly id: string })[],
    row: Row,
    apply?: () => void,
  ): number {
    const groups = new Map<string, { ids: string[]; row: Row }>();
    const changed: string[] = [];
    for (const { id, ...cells } of before) {
      if (sameCells(cells, row)) continue;
      const name = JSON.stringify(cells);
      const group = groups.get(name);
      if (group) group.ids.push(id);
      else groups.set(name, { ids: [id], row: cells });
      changed.push(id);
    }
    if (changed.length === 0) return 0;
    this.#do(
      { kind: 'each', table, ids: changed, row },
      [...groups.values()].map((group) => ({ kind: 'each', table, ...group })),
      apply,
    );
    return changed.length;
  }

  /** `apply` where there is a shorter way to the same rows. */
  #do(change: Change, back: readonly Change[], apply?: () => void): void {
    if (apply) apply();
    else applyChanges(this.#db, [change]);
    this.#redo.push(change);
    this.#undo.push([...back]);
  }

  #read(table: Table, key: Key, columns: readonly string[] = ['*']): Row | undefined {
    const names = Object.keys(key);
    for (const name of [table, ...names]) invariant(/^[a-z_]+$/.test(name), 'a name of the studio');
    return this.#db
      .query<Row>(
        `SELECT ${columns.join(', ')} FROM ${table} WHERE ${names.map((name) => `${name} = ?`).join(' AND ')}`,
      )
      .get(...Object.values(key));
  }
}

function sameCells(a: Row, b: Row): boolean {
  return Object.entries(b).every(([name, value]) => a[name] === value);
}
