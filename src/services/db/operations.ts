/**
 * Changes of rows as plain data, for the undo log: a list that does a change and a list that takes it back. Services
 * make the lists in the transaction of the change, services/history keeps and runs them.
 */
import { invariant } from '../../domain/errors.ts';
import type { Database, Value } from './database.ts';

/** A row by its key columns: { id: '...' } or { face: '...', person: '...' }. */
export type Key = Readonly<Record<string, string | number>>;
export type Row = Readonly<Record<string, Value>>;

/** `set` changes columns of a row that is there, `put` makes a whole row, `delete` removes one. */
export type Operation =
  | { readonly kind: 'set'; readonly table: string; readonly key: Key; readonly row: Row }
  | { readonly kind: 'put'; readonly table: string; readonly row: Row }
  | { readonly kind: 'delete'; readonly table: string; readonly key: Key };

/** One step of history. */
export interface Step {
  /** What was done, for people: Rename anna. */
  readonly label: string;
  readonly undo: readonly Operation[];
  readonly redo: readonly Operation[];
}

/** Called within the transaction of the change. */
export type Remember = (step: Step) => void;

/** Tables whose rows people change; the log may touch no others. */
export const HISTORY_TABLES = [
  'photos',
  'people',
  'faces',
  'face_embeddings',
  'face_rejections',
  'albums',
  'anchors',
  'renditions',
  'rendition_people',
  'export_presets',
] as const;
const TABLES: ReadonlySet<string> = new Set(HISTORY_TABLES);

/** Runs them in order, within the caller's transaction; how many rows they changed. */
export function applyOperations(db: Database, operations: readonly Operation[]): number {
  let changed = 0;
  for (const operation of operations) {
    invariant(TABLES.has(operation.table), `history does not change ${operation.table}`);
    changed += run(db, operation);
  }
  return changed;
}

function run(db: Database, operation: Operation): number {
  const { table } = operation;
  if (operation.kind === 'put') {
    const { names, values } = columnsOf(operation.row);
    const sql = `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;
    return db.run(sql, ...values);
  }
  const key = columnsOf(operation.key);
  const where = key.names.map((name) => `${name} = ?`).join(' AND ');
  invariant(key.names.length > 0, 'an operation names its row');
  if (operation.kind === 'delete') return db.run(`DELETE FROM ${table} WHERE ${where}`, ...key.values);
  const { names, values } = columnsOf(operation.row);
  const set = names.map((name) => `${name} = ?`).join(', ');
  return db.run(`UPDATE ${table} SET ${set} WHERE ${where}`, ...values, ...key.values);
}

function columnsOf(row: Row): { names: string[]; values: Value[] } {
  const names = Object.keys(row);
  for (const name of names) invariant(/^[a-z_]+$/.test(name), 'a column of the studio');
  // `values` is a word of SQL
  return { names: names.map((name) => `"${name}"`), values: Object.values(row) };
}

/** As JSON for the log; bytes (an embedding) as base64. */
export function operationsToJson(operations: readonly Operation[]): string {
  return JSON.stringify(operations, (_, value: unknown) => {
    if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
    // JSON.stringify has asked a Buffer for its toJSON already
    if (isBufferJson(value)) return { $bytes: Buffer.from(value.data).toString('base64') };
    return value;
  });
}

/** The way back, of text that operationsToJson made. */
export function operationsFromJson(json: string): Operation[] {
  return JSON.parse(json, (_, value: unknown) =>
    isBytes(value) ? Buffer.from(value.$bytes, 'base64') : value,
  ) as Operation[];
}

function isBytes(value: unknown): value is { $bytes: string } {
  return typeof value === 'object' && value !== null && '$bytes' in value && typeof value.$bytes === 'string';
}

function isBufferJson(value: unknown): value is { data: number[] } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    value.type === 'Buffer' &&
    'data' in value &&
    Array.isArray(value.data)
  );
}
