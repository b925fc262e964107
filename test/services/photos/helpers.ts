/**
 * A library for tests: a data folder, a folder of made-up files, a database, and somebody who looks into files without
 * decoding them. Read next: scan.test.ts.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach } from 'vitest';
import type { Look } from '../../../src/domain/look.ts';
import type { ScanProgress } from '../../../src/domain/library.ts';
import type { Database, Value } from '../../../src/services/db/database.ts';
import { newId } from '../../../src/services/db/ids.ts';
import { openDatabase } from '../../../src/services/db/open.ts';
import { Sidecars } from '../../../src/services/db/sidecars.ts';
import { addFolder } from '../../../src/services/photos/folders.ts';
import type { LookAt } from '../../../src/services/photos/ports.ts';
import { scanFolders } from '../../../src/services/photos/scan.ts';
import type { ScannedFolder } from '../../../src/services/photos/scan.ts';
import { ThumbnailCache } from '../../../src/services/photos/thumbnails.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'albumen-library-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What a file says is its text: `1998-07-06 anything` has that EXIF date, `broken` is damaged. */
export const lookAt: LookAt = async (name, input, sides) => {
  const text = Buffer.from(input).toString('latin1');
  const date = /^(\d{4})-(\d\d)-(\d\d)/.exec(text);
  const broken = text.startsWith('broken');
  const look: Look = {
    size: broken ? null : { width: 40, height: 30 },
    format: 'jpeg',
    orientation: 1,
    captured: date
      ? { at: Date.UTC(Number(date[1]), Number(date[2]) - 1, Number(date[3])), precision: 'second' }
      : null,
    digitized: null,
    camera: null,
    gps: null,
    dhash: broken ? null : Buffer.from(text.padEnd(8, 'x').slice(-8), 'latin1'),
    thumbnails: new Map(broken ? [] : sides.map((side) => [side, Buffer.from(`${side} of ${text}`)])),
    damage: broken ? `${name} is cut short.` : null,
  };
  return look;
};

export interface Library {
  readonly db: Database;
  readonly dataFolder: string;
  /** The folder of photos. */
  readonly root: string;
  readonly sidecars: Sidecars;
  readonly thumbnails: ThumbnailCache;
  /** Writes a file into the folder of photos. */
  readonly put: (path: string, content: string | Uint8Array) => void;
  /** Scans all folders to the end. */
  readonly scan: () => Promise<ScanProgress>;
  /** Path to id, of photos that are present. */
  readonly ids: () => Record<string, string>;
  /** Closes the database before the test ends. */
  readonly close: () => void;
}

export async function openLibrary(): Promise<Library> {
  const dataFolder = temporaryFolder();
  const root = temporaryFolder();
  const opened = openDatabase(dataFolder);
  cleanups.push(() => opened.close());
  const { db } = opened;
  const sidecars = new Sidecars(dataFolder);
  const thumbnails = new ThumbnailCache(db, dataFolder, 1e9);
  await addFolder(db, sidecars, root);
  return {
    ...{ db, dataFolder, root, sidecars, thumbnails, close: () => opened.close() },
    put: (path, content) => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
    },
    scan: async () => {
      let last: ScanProgress | undefined;
      const parts = { db, lookAt, thumbnails, abreast: 2, sides: [256] as const };
      for await (const now of scanFolders(parts, foldersOf(db), new AbortController().signal)) last = now;
      if (!last) throw new Error('a scan says something');
      return last;
    },
    ids: () => {
      const rows = db.query<{ path: string; id: string }>(
        `SELECT path, id FROM photos WHERE state = 'present'`,
      );
      return Object.fromEntries(rows.all().map(({ path, id }) => [path, id]));
    },
  };
}

export function foldersOf(db: Database): ScannedFolder[] {
  return db.query<ScannedFolder>(`SELECT id, path, drive FROM folders WHERE state <> 'removed'`).all();
}

/** Rows made directly, where a test is about questions and not about files. */
export function addPhotoRow(db: Database, row: Readonly<Record<string, Value>> = {}): string {
  const id = newId();
  const folder = db.column<string>('SELECT id FROM folders LIMIT 1').get() ?? '';
  const whole: Record<string, Value> = {
    id,
    folder,
    path: `${id}.jpg`,
    size: 1,
    mtime: 0,
    hash: Buffer.from(id.padEnd(32).slice(0, 32)),
    captured_at: 0,
    captured_from: 'exif',
    captured_precision: 'second',
    own_date: '{}',
    added_at: 0,
    ...row,
  };
  const names = Object.keys(whole);
  db.run(
    `INSERT INTO photos (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
    ...Object.values(whole),
  );
  return String(whole['id']);
}

export function addPersonRow(db: Database, name: string): string {
  const id = newId();
  db.run('INSERT INTO people (id, name, created_at) VALUES (?, ?, 0)', id, name);
  return id;
}

export function addFaceRow(db: Database, photo: string, person: string, state = 'confirmed'): string {
  const id = newId();
  db.run(
    `INSERT INTO faces (id, photo, box, landmarks, score, state, person, created_at)
     VALUES (?, ?, '{}', '[]', 0.9, ?, ?, 0)`,
    id,
    photo,
    state,
    person,
  );
  return id;
}
