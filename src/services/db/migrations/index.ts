/**
 * All migrations in order: a new one is a file 000N-name.ts beside this one and a line in the table below. Released
 * migrations never change; test/services/db/migrations.test.ts brings a full database of every earlier version up.
 */
import { studio } from './0001-studio.ts';
import type { Migration } from './migration.ts';

export const migrations: readonly Migration[] = [studio];
