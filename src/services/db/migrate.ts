/**
 * Brings a database from whatever version it has to the newest, in one transaction, with a copy made before.
 * The steps are migrations/; open.ts calls this.
 */
import { invariant, UserError } from '../../domain/errors.ts';
import { backUpNow } from './backup.ts';
import type { Database } from './database.ts';
import { migrations } from './migrations/index.ts';
import type { Migration } from './migrations/migration.ts';

/** The version a database has: 0 for an empty file. */
export function versionOf(db: Database): number {
  return Number(db.pragma('user_version'));
}

/**
 * Runs what is missing. A kill at any moment leaves the version before, whole. Throws UserError `library.newer` for a
 * database that a newer Albumen has written, and whatever a copy before an upgrade throws.
 */
export function migrate(
  db: Database,
  backups: string | undefined,
  steps: readonly Migration[] = migrations,
): void {
  steps.forEach(({ version }, i) =>
    invariant(version === i + 1, `migration ${version} is in place ${i + 1}`),
  );
  const version = versionOf(db);
  if (version > steps.length)
    throw new UserError(
      'library.newer',
      `This library was last used by a newer version of Albumen (its database is version ${version}, and this Albumen knows ${steps.length}).`,
      'Use the newer version; nothing was changed.',
      { data: { version, known: steps.length } },
    );
  if (version === steps.length) return;
  if (version > 0 && backups !== undefined) backUpNow(db, backups);
  // cannot be switched inside a transaction; tables may be rebuilt in a migration, so keys are checked at its end
  db.exec('PRAGMA foreign_keys = OFF');
  try {
    db.transaction(() => {
      for (const step of steps.slice(version)) {
        db.exec(step.sql);
        const broken = db.pragma('foreign_key_check');
        invariant(
          Array.isArray(broken) && broken.length === 0,
          `migration ${step.version} breaks foreign keys`,
        );
        db.exec(`PRAGMA user_version = ${step.version}`);
      }
    });
  } finally {
    db.exec('PRAGMA foreign_keys = ON');
  }
}
