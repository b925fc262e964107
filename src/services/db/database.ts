/**
 * One open database: prepared statements by their text, transactions, and how much has changed. The only file that
 * imports better-sqlite3; open.ts makes one of these, services take it.
 */
import Sqlite from 'better-sqlite3';

/** What a column holds, and a parameter may be. Booleans are 0 and 1. */
export type Value = string | number | Uint8Array | null;
export type Parameters = readonly Value[];

/** A prepared SELECT (or a write with RETURNING) whose rows are `Row`. */
export interface Query<Row> {
  get(...parameters: Parameters): Row | undefined;
  all(...parameters: Parameters): Row[];
  iterate(...parameters: Parameters): IterableIterator<Row>;
}

/** Hears of statements that took long: their text, never their parameters, and milliseconds. */
export type SlowQuery = (sql: string, ms: number) => void;

const SLOW_MS = 40;
/** Different statements kept prepared; filters make some hundred. */
const MOST_STATEMENTS = 500;

export class Database implements Disposable {
  readonly path: string;
  readonly #raw: Sqlite.Database;
  readonly #slow: SlowQuery | undefined;
  readonly #statements = new Map<string, Sqlite.Statement>();
  #damaged = false;

  /** Opens (or makes) the file, with nothing set and nothing checked: open.ts does that. */
  constructor(
    path: string,
    options: { readonly readonly?: boolean; readonly slow?: SlowQuery | undefined } = {},
  ) {
    this.path = path;
    this.#raw = new Sqlite(path, { readonly: options.readonly ?? false, timeout: 5000 });
    this.#slow = options.slow;
  }

  /** Prepared once for each text. The row type is the caller's promise about the columns. */
  query<Row>(sql: string): Query<Row> {
    const statement = this.#prepare(sql) as Sqlite.Statement<Value[], Row>;
    return {
      get: (...parameters) => this.#timed(sql, () => statement.get(...parameters)),
      all: (...parameters) => this.#timed(sql, () => statement.all(...parameters)),
      iterate: (...parameters) => statement.iterate(...parameters),
    };
  }

  /** The first column of each row: `SELECT id FROM ...`. */
  column<Cell extends Value>(sql: string): Query<Cell> {
    // the tail keeps this statement apart from one with the same text that gives whole rows
    const statement = this.#prepare(`${sql} `);
    const plucked = (statement.reader ? statement.pluck() : statement) as Sqlite.Statement<Value[], Cell>;
    return {
      get: (...parameters) => this.#timed(sql, () => plucked.get(...parameters)),
      all: (...parameters) => this.#timed(sql, () => plucked.all(...parameters)),
      iterate: (...parameters) => plucked.iterate(...parameters),
    };
  }

  /** Runs one writing statement; how many rows it changed. */
  run(sql: string, ...parameters: Parameters): number {
    const statement = this.#prepare(sql);
    return this.#timed(sql, () => statement.run(...parameters).changes);
  }

  /** Runs several statements without parameters. */
  exec(sql: string): void {
    this.#raw.exec(sql);
  }

  /** The value of a PRAGMA, or its rows where there are several. */
  pragma(text: string): unknown {
    return this.#raw.pragma(text, { simple: !text.includes('check') });
  }

  /** All of it or nothing; a transaction within a transaction is a savepoint. `work` must not wait for anything. */
  transaction<T>(work: () => T): T {
    return this.#raw.transaction(work).immediate();
  }

  /** Grows with every row this process changes: what was computed at one revision holds until the next. */
  get revision(): number {
    return this.column<number>('SELECT total_changes()').get() ?? 0;
  }

  get open(): boolean {
    return this.#raw.open;
  }

  /** Whether a statement has met damage in the file. */
  get damaged(): boolean {
    return this.#damaged;
  }

  /** A sound copy of the database as it is now, while it is in use; `path` must not exist. */
  async backupTo(path: string): Promise<void> {
    await this.#raw.backup(path);
  }

  close(): void {
    this.#statements.clear();
    this.#raw.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #prepare(sql: string): Sqlite.Statement {
    const known = this.#statements.get(sql);
    if (known) return known;
    const [oldest] = this.#statements.keys();
    if (this.#statements.size >= MOST_STATEMENTS && oldest !== undefined) this.#statements.delete(oldest);
    const made = this.#raw.prepare(sql);
    this.#statements.set(sql, made);
    return made;
  }

  #timed<T>(sql: string, work: () => T): T {
    const start = this.#slow ? performance.now() : 0;
    try {
      return work();
    } catch (error) {
      this.#damaged ||= isCorruption(error);
      throw error;
    } finally {
      const ms = this.#slow ? performance.now() - start : 0;
      if (ms > SLOW_MS) this.#slow?.(sql, ms);
    }
  }
}

/** The code of an error of SQLite: SQLITE_CORRUPT, SQLITE_FULL, ... */
export function sqliteCode(error: unknown): string | undefined {
  return error instanceof Sqlite.SqliteError ? error.code : undefined;
}

/** Whether the file itself is what is wrong. */
export function isCorruption(error: unknown): boolean {
  return /^SQLITE_(CORRUPT|NOTADB)/.test(sqliteCode(error) ?? '');
}
