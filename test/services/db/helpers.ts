/**
 * Data folders for the tests of the database, and a full database of each version that was ever released.
 * Read next: migrations.test.ts.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { Database } from '../../../src/services/db/database.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

export function dataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'albumen-db-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Closed at the end of the test, before its folder goes. */
export function closing<T extends Disposable>(opened: T): T {
  cleanups.push(() => opened[Symbol.dispose]());
  return opened;
}

const HASH = 'ab'.repeat(32);

/**
 * Rows in every table, as a database of each version has them: entry i fills what version i + 1 brought. A new migration
 * that adds tables adds an entry; one that does not adds an empty text. Entries of released versions never change.
 */
export const contents: readonly string[] = [
  `
INSERT INTO folders VALUES ('folder1', '/photos', 'photos', 'present', '1:2', 10, 20);
INSERT INTO photos (id, folder, path, size, mtime, hash, width, height, format, captured_at, captured_from,
    captured_precision, own_date, camera, place, note, rating, dhash, added_at)
  VALUES ('photo1', 'folder1', 'sea/anna.jpg', 5, 6, x'${HASH}', 40, 30, 'jpeg', -820454400000, 'exif', 'second', '{}',
    'Acme One', 'Paris', 'at the sea', 4, x'0102030405060708', 1);
INSERT INTO photos (id, folder, path, size, mtime, hash, captured_at, captured_from, captured_precision, own_date,
    front, paired_by, state, damage, added_at)
  VALUES ('photo2', 'folder1', 'sea/anna_back.jpg', 5, 6, x'${'cd'.repeat(32)}', 0, 'hand', 'year', '{}', 'photo1', 'name',
    'missing', 'It is cut short.', 1);
INSERT INTO thumbnails VALUES (x'${HASH}', 256, 1000, 5);
INSERT INTO people VALUES ('person1', 'anna', 1920, 0, NULL, '', 3);
INSERT INTO faces (id, photo, box, landmarks, score, state, person, created_at)
  VALUES ('face1', 'photo1', '{"left":1}', '[]', 0.9, 'confirmed', 'person1', 4);
INSERT INTO face_embeddings VALUES ('face1', 'net', x'00ff');
UPDATE people SET cover = 'face1';
INSERT INTO people VALUES ('person2', 'Grandma', NULL, 1, NULL, '', 3);
INSERT INTO face_rejections VALUES ('face1', 'person2');
INSERT INTO albums VALUES ('album1', 'personal', 'person1', NULL, NULL, 5);
INSERT INTO albums VALUES ('album2', 'generative', NULL, 'photo1', 'albums/album2', 5);
INSERT INTO anchors VALUES ('album1', 'face1', 0, '[{"kind":"sharp","weight":1}]', 'albumen');
INSERT INTO adapters VALUES ('adapter1', 'person1', 'album1', 'job1', 'adapters/a.safetensors', '${HASH}', 'adapter',
  'face-128', '${HASH}', '{}', 20, 400, 4000000, '[]', 6);
INSERT INTO jobs (id, kind, state, title, photo, person, payload, position, created_at)
  VALUES ('job1', 'restore', 'done', 'anna.jpg', 'photo1', 'person1', '{}', 1, 7);
INSERT INTO renditions (id, photo, job, file, sha256, bytes, width, height, recipe, chosen, created_at)
  VALUES ('rendition1', 'photo1', 'job1', 'renditions/r.jpg', '${HASH}', 9, 40, 30, '{}', 1, 8);
INSERT INTO rendition_people VALUES ('rendition1', 'person1');
INSERT INTO export_presets VALUES ('preset1', 'web', '{}', 9);
INSERT INTO export_targets VALUES ('target1', '/out', 9);
INSERT INTO exports (job, position, photo, rendition, path) VALUES ('job1', 0, 'photo1', 'rendition1', 'anna.jpg');
INSERT INTO undo_log VALUES ('step1', 1, 'Rename anna', '[]', '[]', 1, 10);
INSERT INTO settings VALUES ('theme', '"dark"');
`,
];

/** All rows of all tables, but those of the search index and of the schema. */
export function everything(db: Database): Record<string, unknown[]> {
  const tables = db
    .column<string>(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'photo_search%'
       ORDER BY name`,
    )
    .all();
  return Object.fromEntries(tables.map((table) => [table, db.query(`SELECT * FROM ${table}`).all()]));
}
