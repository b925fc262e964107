/**
 * Every migration, from every earlier version with data in it; what happens when one fails, and what a newer database
 * is told. helpers.ts has the data of each version.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Database } from '../../../src/services/db/database.ts';
import { migrate, versionOf } from '../../../src/services/db/migrate.ts';
import { migrations } from '../../../src/services/db/migrations/index.ts';
import { assertSound, openDatabase } from '../../../src/services/db/open.ts';
import { closing, contents, dataFolder, everything } from './helpers.ts';

/** What a newest database has of the data of version 1, by table: a later migration that changes it says so here. */
const kept: Readonly<Record<string, number>> = {
  adapters: 1,
  albums: 2,
  anchors: 1,
  export_presets: 1,
  export_targets: 1,
  exports: 1,
  face_embeddings: 1,
  face_rejections: 1,
  faces: 1,
  folders: 1,
  jobs: 1,
  people: 2,
  photo_months: 1,
  photos: 2,
  rendition_people: 1,
  renditions: 1,
  settings: 1,
  thumbnails: 1,
  undo_log: 1,
};

/** A database file of `version` with the data of all versions up to it. */
function databaseOf(version: number, folder: string): Database {
  const db = closing(new Database(join(folder, 'studio.db')));
  db.exec('PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON');
  for (let v = 1; v <= version; v++) {
    migrate(db, undefined, migrations.slice(0, v));
    db.exec(contents[v - 1] ?? '');
  }
  return db;
}

const versions = Array.from({ length: migrations.length }, (_, i) => i + 1);

describe('migrations', () => {
  it('are numbered without a gap, and each has data to be tried on', () => {
    expect(migrations.map(({ version }) => version)).toEqual(versions);
    expect(contents).toHaveLength(migrations.length);
  });

  it.each(versions)('bring a full database of version %i to the newest', (version) => {
    const folder = dataFolder();
    const old = databaseOf(version, folder);
    const before = everything(old);
    old.close();
    const { db } = closing(openDatabase(folder));
    expect(versionOf(db)).toBe(migrations.length);
    assertSound(db, true);
    expect(db.pragma('foreign_key_check')).toEqual([]);
    const after = everything(db);
    for (const [table, rows] of Object.entries(kept))
      expect([table, after[table]?.length]).toEqual([table, rows]);
    if (version === migrations.length) expect(after).toEqual(before);
    const backups = version === migrations.length ? 0 : 1;
    expect(namesIn(join(folder, 'backups'))).toHaveLength(backups);
  });

  it('keep what triggers keep: counts, words, dates of faces', () => {
    const { db } = closing(openDatabase(dataFolder()));
    db.exec(contents.join(''));
    expect(db.query('SELECT * FROM photo_months').all()).toEqual([
      { folder: 'folder1', month: '1944-01', photos: 1 },
    ]);
    expect(db.column('SELECT renditions FROM photos ORDER BY key').all()).toEqual([1, 0]);
    expect(db.column('SELECT captured_at FROM faces').all()).toEqual([-820_454_400_000]);
    const words = db.column(`SELECT rowid FROM photo_search WHERE photo_search MATCH ?`);
    for (const word of ['anna', 'paris', 'sea', '1944', 'm01', 'd02'])
      expect([word, words.get(word)]).toEqual([word, 1]);
  });

  it('happen whole or not at all, and leave a copy', () => {
    const folder = dataFolder();
    const db = databaseOf(migrations.length, folder);
    const before = everything(db);
    const next = migrations.length + 1;
    const failing = {
      version: next,
      name: 'fails',
      sql: `DELETE FROM settings; CREATE TABLE more (x); SELECT nothing`,
    };
    expect(() => migrate(db, join(folder, 'backups'), [...migrations, failing])).toThrow(/nothing/);
    expect([versionOf(db), everything(db)]).toEqual([migrations.length, before]);
    expect(namesIn(join(folder, 'backups'))).toHaveLength(1);
    const orphaning = { version: next, name: 'orphans', sql: `DELETE FROM folders` };
    expect(() => migrate(db, undefined, [...migrations, orphaning])).toThrow(
      /^internal: migration \d+ breaks/,
    );
    expect(everything(db)).toEqual(before);
    expect(() =>
      db.run(
        `INSERT INTO faces (id, photo, box, landmarks, score, created_at) VALUES ('f', 'no', '{}', '[]', 0, 0)`,
      ),
    ).toThrow(/FOREIGN KEY/);
  });

  it('refuse a database of a newer version in one sentence', () => {
    const folder = dataFolder();
    const db = databaseOf(migrations.length, folder);
    db.exec(`PRAGMA user_version = ${migrations.length + 1}`);
    db.close();
    expect(() => openDatabase(folder)).toThrow(
      expect.objectContaining({
        code: 'library.newer',
        message: expect.stringMatching(/newer version of Albumen/) as string,
      }),
    );
  });
});

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // none was made
    return [];
  }
}
