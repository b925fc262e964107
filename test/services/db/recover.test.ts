/**
 * Opening, copies, damage, and the way back to the newest sound copy. sidecars.test.ts has the other way out of it:
 * people, albums and renditions from their sidecars after a scan.
 */
import { existsSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../src/domain/errors.ts';
import { backUpIfDue, backUpNow, backupsIn } from '../../../src/services/db/backup.ts';
import { openDatabase } from '../../../src/services/db/open.ts';
import { recoverDatabase } from '../../../src/services/db/recover.ts';
import { closing, contents, dataFolder } from './helpers.ts';

/** Overwrites pages from `from` to before `to`; all past the header without. */
function damage(folder: string, from = 1, to = Infinity): void {
  const path = join(folder, 'studio.db');
  const bytes = readFileSync(path);
  bytes.fill(0xa5, from * 4096, Math.min(bytes.length, to * 4096));
  writeFileSync(path, bytes);
}

function filled(folder: string): void {
  using opened = openDatabase(folder);
  opened.db.exec(contents.join(''));
}

describe('opening', () => {
  it('makes a database that keeps what was committed when the process is killed', () => {
    const folder = dataFolder();
    const first = closing(openDatabase(folder));
    first.db.run(`INSERT INTO settings VALUES ('a', '1')`);
    expect(first.db.pragma('journal_mode')).toBe('wal');
    expect(first.db.pragma('foreign_keys')).toBe(1);
    // not closed: what another process finds after a kill
    const second = closing(openDatabase(folder));
    expect(second.db.column('SELECT value FROM settings').all()).toEqual(['1']);
  });

  it('looks for damage after a crash and when asked, and says how many copies there are', () => {
    const folder = dataFolder();
    filled(folder);
    using opened = openDatabase(folder);
    backUpNow(opened.db, join(folder, 'backups'));
    opened.close();
    damage(folder);
    const thrown = caught(() => openDatabase(folder, { check: true }));
    expect(thrown).toMatchObject({ code: 'library.corrupt', data: { backups: 1 } });
    expect(thrown.advice).toMatch(/newest copy/);
    rmSync(join(folder, 'studio.health.json'));
    expect(caught(() => openDatabase(folder))).toMatchObject({ code: 'library.corrupt' });
  });

  it('looks for damage after a statement has met some', () => {
    const folder = dataFolder();
    filled(folder);
    const before = openDatabase(folder);
    const root = `SELECT rootpage FROM sqlite_schema WHERE name = 'photos'`;
    const page = before.db.column<number>(root).get() ?? 0;
    before.close();
    damage(folder, page - 1, page);
    // closed in order, so that the start itself looks at few pages
    const opened = openDatabase(folder);
    expect(() => opened.db.query('SELECT * FROM photos').all()).toThrow('malformed');
    opened.close();
    expect(caught(() => openDatabase(folder))).toMatchObject({ code: 'library.corrupt' });
  });

  it.each(['', 'no database at all, but long enough to be one'.repeat(100)])(
    'says what is no database (%#)',
    (content) => {
      const folder = dataFolder();
      writeFileSync(join(folder, 'studio.db'), content);
      if (content === '') closing(openDatabase(folder));
      else
        expect(caught(() => openDatabase(folder))).toMatchObject({
          code: 'library.corrupt',
          data: { backups: 0 },
        });
    },
  );

  it('says where a folder cannot be used', () => {
    const folder = dataFolder();
    writeFileSync(join(folder, 'file'), '');
    expect(caught(() => openDatabase(join(folder, 'file')))).toMatchObject({ code: 'output.unwritable' });
  });
});

describe('copies', () => {
  it('are made once a day while the database is in use, and few are kept', async () => {
    const folder = dataFolder();
    filled(folder);
    const { db } = closing(openDatabase(folder));
    const backups = join(folder, 'backups');
    const day = 86_400_000;
    const made = await backUpIfDue(db, backups);
    expect(made).toBeDefined();
    expect(await backUpIfDue(db, backups)).toBeUndefined();
    for (let n = 1; n < 6; n++) {
      for (const path of backupsIn(backups)) utimesSync(path, 0, 0);
      await backUpIfDue(db, backups, Date.UTC(2500, 0) + n * day);
    }
    const kept = backupsIn(backups);
    expect(kept).toHaveLength(3);
    expect(kept).not.toContain(made);
    expect(readdirSync(backups)).toHaveLength(3);
  });
});

describe('recovery', () => {
  it('goes back to the newest copy that is sound, and keeps the damaged file', () => {
    const folder = dataFolder();
    filled(folder);
    {
      using opened = openDatabase(folder);
      backUpNow(opened.db, join(folder, 'backups'));
      opened.db.run(`INSERT INTO settings VALUES ('after', '1')`);
    }
    const [good = ''] = backupsIn(join(folder, 'backups'));
    writeFileSync(
      join(folder, 'backups', 'studio-2999-01-01T00-00-00-000.db'),
      readFileSync(good).fill(1, 3000),
    );
    damage(folder);
    const recovery = recoverDatabase(folder, 'backup');
    expect(good).toContain(recovery.from);
    expect(existsSync(join(folder, recovery.setAside ?? ''))).toBe(true);
    const { db } = closing(openDatabase(folder));
    expect(db.column('SELECT name FROM people ORDER BY name').all()).toEqual(['Grandma', 'anna']);
    expect(db.column(`SELECT value FROM settings WHERE name = 'after'`).all()).toEqual([]);
  });

  it('starts empty where there is no copy', () => {
    const folder = dataFolder();
    filled(folder);
    damage(folder);
    expect(recoverDatabase(folder, 'backup')).toMatchObject({ from: undefined });
    const { db } = closing(openDatabase(folder));
    expect(db.column('SELECT count(*) FROM people').get()).toBe(0);
    expect(recoverDatabase(dataFolder(), 'rebuild')).toEqual({ setAside: undefined, from: undefined });
  });
});

function caught(work: () => Disposable): UserError {
  try {
    closing(work());
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
