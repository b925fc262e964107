/**
 * The whole way out of a corrupt database without a copy: set aside, scanned, and people and notes are there again.
 * test/services/db/recover.test.ts has the parts.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openDatabase } from '../../../src/services/db/open.ts';
import type { Rebuilt } from '../../../src/services/db/rebuild.ts';
import { recoverDatabase } from '../../../src/services/db/recover.ts';
import { writePhotoSidecars } from '../../../src/services/photos/said.ts';
import { rebuildLibrary } from '../../../src/services/photos/rebuild-library.ts';
import { ThumbnailCache } from '../../../src/services/photos/thumbnails.ts';
import { lookAt, openLibrary } from './helpers.ts';

it('a library comes back from its folders and sidecars', async () => {
  const { db, dataFolder, put, scan, ids, sidecars, close } = await openLibrary();
  put('a.jpg', '1998-07-06');
  put('deep/b.jpg', 'b');
  await scan();
  const { 'a.jpg': a = '' } = ids();
  db.run(`UPDATE photos SET note = 'by the sea', rating = 5 WHERE id = ?`, a);
  writePhotoSidecars(db, sidecars, [a]);
  const hash = db.column<string>('SELECT lower(hex(hash)) FROM photos WHERE id = ?').get(a) ?? '';
  const place = { x: 1, y: 1 };
  await sidecars.write({
    ...{ kind: 'person', id: 'person1', name: 'anna', birthYear: 1920, hidden: false, note: '', created: 3 },
    ...{ cover: null, anchors: [] },
    faces: [
      {
        ...{ id: 'face1', hash, score: 1, byHand: true },
        box: { left: 1, top: 1, width: 9, height: 9 },
        landmarks: [place, place, place, place, place],
      },
    ],
  });
  await sidecars.settled();
  close();
  const file = join(dataFolder, 'studio.db');
  writeFileSync(file, readFileSync(file).fill(7, 4096));
  expect(() => openDatabase(dataFolder, { check: true })).toThrow(/is damaged/);
  expect(recoverDatabase(dataFolder, 'rebuild').setAside).toMatch(/^studio\.db\.damaged-/);
  using opened = openDatabase(dataFolder);
  const thumbnails = new ThumbnailCache(opened.db, dataFolder, 1e9);
  const parts = { db: opened.db, lookAt, thumbnails, abreast: 2, sides: [256] as const, sidecars };
  let rebuilt: Rebuilt | undefined;
  for await (const _ of rebuildLibrary(parts, new AbortController().signal, (done) => (rebuilt = done)));
  expect(rebuilt).toMatchObject({ folders: 1, photos: 1, people: 1, faces: 1, withoutPhoto: 0, bad: [] });
  const photos = opened.db.query('SELECT path, note, rating FROM photos ORDER BY path').all();
  expect(photos).toEqual([
    { path: 'a.jpg', note: 'by the sea', rating: 5 },
    { path: 'deep/b.jpg', note: '', rating: 0 },
  ]);
  expect(opened.db.column(`SELECT p.path FROM faces f JOIN photos p ON p.id = f.photo`).all()).toEqual([
    'a.jpg',
  ]);
});
