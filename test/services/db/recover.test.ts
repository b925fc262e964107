/**
 * Opening, copies, damage and the ways out of it: the newest sound copy, or people, albums and renditions from their
 * sidecars after a scan.
 */
import { existsSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../src/domain/errors.ts';
import { backUpIfDue, backUpNow, backupsIn } from '../../../src/services/db/backup.ts';
import { openDatabase } from '../../../src/services/db/open.ts';
import { rebuildFolders, rebuildFromSidecars } from '../../../src/services/db/rebuild.ts';
import { recoverDatabase } from '../../../src/services/db/recover.ts';
import { Sidecars } from '../../../src/services/db/sidecars.ts';
import type { Sidecar } from '../../../src/services/db/sidecars.ts';
import { closing, contents, dataFolder } from './helpers.ts';

/** Overwrites the middle of the file, past the header. */
function damage(folder: string): void {
  const path = join(folder, 'studio.db');
  const bytes = readFileSync(path);
  bytes.fill(0xa5, 4096, bytes.length);
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

const [HASH, OTHER] = ['ab'.repeat(32), 'ee'.repeat(32)];
const face = (id: string, hash: string) => ({
  ...{ id, hash, score: 0.9, byHand: false },
  box: { left: 1, top: 2, width: 3, height: 4 },
  landmarks: [0, 1, 2, 3, 4].map((x) => ({ x, y: x })) as [P, P, P, P, P],
});
interface P {
  x: number;
  y: number;
}
const sidecars: readonly Sidecar[] = [
  { kind: 'folder', id: 'folder1', path: '/photos', title: 'photos' },
  {
    kind: 'photo',
    hash: HASH,
    rating: 3,
    note: 'by the sea',
    place: 'Paris',
    captured: { at: 0, precision: 'year' },
  },
  { kind: 'photo', hash: OTHER, rating: 3, note: '', place: '', captured: null, front: HASH },
  {
    ...{ kind: 'person', id: 'person1', name: 'anna', birthYear: 1920, hidden: false, note: '', created: 3 },
    cover: 'face1',
    faces: [face('face1', HASH), face('face2', OTHER)],
    anchors: [
      { face: 'face1', position: 0, reasons: [{ kind: 'sharp', weight: 1 }], chosenBy: 'you' },
      { face: 'face2', position: 1, reasons: [], chosenBy: 'albumen' },
    ],
  },
  {
    ...{
      kind: 'adapter',
      id: 'adapter1',
      person: 'person1',
      file: 'people/person1/a.safetensors',
      sha256: HASH,
    },
    ...{
      weights: 'adapter',
      base: 'face-128',
      baseSha256: HASH,
      recipe: '{}',
      photos: 20,
      steps: 400,
      bytes: 5,
    },
    ...{ curve: [{ step: 1, loss: 0.5, heldOut: null }], created: 6 },
  },
  {
    ...{
      kind: 'rendition',
      id: 'rendition1',
      hash: HASH,
      file: 'renditions/r.jpg',
      variation: null,
      sha256: OTHER,
    },
    ...{
      bytes: 9,
      width: 40,
      height: 30,
      recipe: '{}',
      evidence: [],
      people: ['person1', 'nobody'],
      chosen: true,
    },
    ...{ rating: 5, note: 'good', created: 8, deleted: null },
  },
];

describe('sidecars', () => {
  it('bring back people, albums, adapters, renditions and what was said of photos', async () => {
    const folder = dataFolder();
    const written = new Sidecars(folder);
    await Promise.all(sidecars.map((sidecar) => written.write(sidecar)));
    const { db } = closing(openDatabase(folder));
    expect(await rebuildFolders(db, written)).toBe(1);
    // the scan finds the photo again, under a new id
    db.run(
      `INSERT INTO photos (id, folder, path, size, mtime, hash, captured_at, captured_from, captured_precision, own_date,
         added_at) VALUES ('new', 'folder1', 'a.jpg', 1, 1, ?, 5, 'mtime', 'second', '{}', 0)`,
      Buffer.from(HASH, 'hex'),
    );
    const rebuilt = await rebuildFromSidecars(db, written);
    expect(rebuilt).toEqual({
      ...{ folders: 1, photos: 1, people: 1, faces: 1, adapters: 1, renditions: 1, withoutPhoto: 2, bad: [] },
    });
    expect(
      db.query('SELECT rating, note, place, captured_at, captured_from, renditions FROM photos').all(),
    ).toEqual([
      { rating: 3, note: 'by the sea', place: 'Paris', captured_at: 0, captured_from: 'hand', renditions: 1 },
    ]);
    expect(db.query('SELECT id, photo, person, state FROM faces').all()).toEqual([
      { id: 'face1', photo: 'new', person: 'person1', state: 'confirmed' },
    ]);
    expect(db.query('SELECT face, chosen_by, reasons FROM anchors').all()).toEqual([
      { face: 'face1', chosen_by: 'you', reasons: '[{"kind":"sharp","weight":1}]' },
    ]);
    expect(db.column('SELECT cover FROM people').all()).toEqual(['face1']);
    expect(db.query('SELECT person, album IS NOT NULL AS album FROM adapters').all()).toEqual([
      { person: 'person1', album: 1 },
    ]);
    expect(db.query('SELECT photo, chosen, note FROM renditions').all()).toEqual([
      { photo: 'new', chosen: 1, note: 'good' },
    ]);
    expect(db.column('SELECT person FROM rendition_people').all()).toEqual(['person1']);
    // once more changes nothing
    expect(await rebuildFromSidecars(db, written)).toMatchObject({
      people: 0,
      faces: 0,
      adapters: 0,
      renditions: 0,
    });
  });

  it('that are damaged, foreign or malicious are passed over', async () => {
    const folder = dataFolder();
    const written = new Sidecars(folder);
    const rendition = sidecars.find(({ kind }) => kind === 'rendition');
    await written.write({ ...rendition, id: 'good' } as Sidecar);
    const place = join(folder, 'sidecars', 'renditions');
    const json = readFileSync(join(place, 'good.json'), 'utf8');
    const bad = {
      cut: json.slice(0, 40),
      newer: json.replace('"version": 1', '"version": 2'),
      upwards: json.replace('renditions/r.jpg', '../../outside.jpg'),
      absolute: json.replace('renditions/r.jpg', '/etc/passwd'),
      drive: json.replace('renditions/r.jpg', 'C:/x.jpg'),
      recipe: json.replace('"recipe": "{}"', '"recipe": "{"'),
    };
    for (const [name, text] of Object.entries(bad)) writeFileSync(join(place, `${name}.json`), text);
    const errors: UserError[] = [];
    const read: string[] = [];
    for await (const { id } of written.all('rendition', (error) => void errors.push(error))) read.push(id);
    expect(read).toEqual(['good']);
    expect(errors).toHaveLength(Object.keys(bad).length);
    await expect(written.write({ ...rendition, id: '../x' } as Sidecar)).rejects.toThrow(/^internal:/);
  });

  it('are written in order, and removed', async () => {
    const folder = dataFolder();
    const failures: unknown[] = [];
    const written = new Sidecars(folder, (error) => failures.push(error));
    for (let n = 0; n < 20; n++) written.later({ kind: 'folder', id: 'f', path: '/p', title: `${n}` });
    await written.settled();
    const path = join(folder, 'sidecars/folders/f.json');
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ title: '19' });
    await written.remove('folder', 'f');
    expect(readdirSync(join(folder, 'sidecars/folders'))).toEqual([]);
    expect(failures).toEqual([]);
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
