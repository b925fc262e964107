/**
 * Sidecars: what they bring back into an empty database, or into a copy from before; and files in their folders that are
 * none. recover.test.ts has the databases.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { UserError } from '../../../src/domain/errors.ts';
import { openDatabase } from '../../../src/services/db/open.ts';
import { rebuildFolders, rebuildFromSidecars } from '../../../src/services/db/rebuild.ts';
import { Sidecars } from '../../../src/services/db/sidecars.ts';
import type { Sidecar } from '../../../src/services/db/sidecars.ts';
import { closing, dataFolder } from './helpers.ts';

const [HASH, OTHER] = ['ab'.repeat(32), 'ee'.repeat(32)];
const face = (id: string, hash: string) => ({
  ...{ id, hash, score: 0.9, byHand: false },
  box: { left: 1, top: 2, width: 3, height: 4 },
  landmarks: [0, 1, 2, 3, 4].map((x) => ({ x, y: x })) as [P, P, P, P, P],
});
const said = (id: string, more: { ignored?: boolean; byHand?: boolean; rejected?: string[] }) => {
  const { hash: _, ...place } = face(id, HASH);
  return { ...place, ignored: false, rejected: [], ...more };
};
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
    faces: [
      said('ignored', { ignored: true }),
      said('notAnna', { rejected: ['person1', 'gone'] }),
      // named since this was written
      said('face1', { byHand: true }),
    ],
  },
  { kind: 'photo', hash: OTHER, rating: 3, note: '', place: '', captured: null, front: HASH, faces: [] },
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
    expect(db.query('SELECT id, photo, person, state FROM faces ORDER BY id').all()).toEqual([
      { id: 'face1', photo: 'new', person: 'person1', state: 'confirmed' },
      { id: 'ignored', photo: 'new', person: null, state: 'ignored' },
      { id: 'notAnna', photo: 'new', person: null, state: 'unknown' },
    ]);
    expect(db.query('SELECT * FROM face_rejections').all()).toEqual([{ face: 'notAnna', person: 'person1' }]);
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

  it.each([0, 1, 500, 1201])(
    'of a person with %i faces come back whole, and others had their turns',
    async (count) => {
      const written = new Sidecars(dataFolder());
      const person = sidecars.find((sidecar) => sidecar.kind === 'person');
      const faces = Array.from({ length: count }, (_, i) => face(`face${i}`, HASH));
      let turns = 0;
      const turning = setInterval(() => turns++, 0);
      await written.write({ ...person, faces } as Sidecar);
      clearInterval(turning);
      expect(turns).toBeGreaterThanOrEqual(Math.floor(count / 500));
      const read: unknown[] = [];
      for await (const one of written.all('person', (bad) => expect.unreachable(bad.message))) read.push(one);
      expect(read).toEqual([{ ...person, faces }]);
    },
  );

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

  it('name a face that a copy of the database knew unnamed', async () => {
    const folder = dataFolder();
    const written = new Sidecars(folder);
    await Promise.all(sidecars.map((sidecar) => written.write(sidecar)));
    const { db } = closing(openDatabase(folder));
    await rebuildFolders(db, written);
    db.run(
      `INSERT INTO photos (id, folder, path, size, mtime, hash, captured_at, captured_from, captured_precision, own_date,
         added_at) VALUES ('known', 'folder1', 'a.jpg', 1, 1, ?, 5, 'mtime', 'second', '{}', 0)`,
      Buffer.from(HASH, 'hex'),
    );
    db.run(
      `INSERT INTO faces (id, photo, box, landmarks, score, created_at) VALUES ('face1', 'known', '{}', '[]', 1, 0)`,
    );
    await rebuildFromSidecars(db, written);
    expect(db.query(`SELECT person, state FROM faces WHERE id = 'face1'`).get()).toEqual({
      person: 'person1',
      state: 'confirmed',
    });
    expect(await written.ids('photo')).toEqual(new Set([HASH, OTHER]));
    expect(await written.ids('person')).toEqual(new Set(['person1']));
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
