/**
 * What a migration is. All of them in order are index.ts; ../migrate.ts runs them.
 */

export interface Migration {
  /** 1, 2, 3, ...: what `PRAGMA user_version` is afterwards. */
  readonly version: number;
  readonly name: string;
  /** Run in one transaction, with foreign keys off and checked before the end. */
  readonly sql: string;
}
