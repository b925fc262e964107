/**
 * People and their faces through the contract: names, merging, splitting, deleting for good, and what a new detection
 * leaves alone. suggest.test.ts has the suggestions.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { rebuildFromSidecars } from '../../../src/services/db/rebuild.ts';
import { matched, toBytes } from '../../../src/services/people/record-faces.ts';
import { embedding, found, makeHouse } from '../history/house.ts';
import type { House } from '../history/house.ts';

let house: House;
beforeEach(() => (house = makeHouse()));
afterEach(async () => {
  expect(house.problems).toEqual([]);
  expect(house.serviceProblems).toEqual([]);
  await house.close();
});

const at = { leftEye: { x: 300, y: 300 }, rightEye: { x: 400, y: 300 }, mouth: { x: 350, y: 420 } };

test('a person has the photos of their confirmed faces, each once', async () => {
  const { people } = house.client;
  const photos = house.addPhotos(3);
  const faces = house.addFaces(photos);
  const anna = await people.create({ name: '  anna ', birthYear: 1921, faces: faces.slice(0, 2) });
  expect(anna).toMatchObject({ name: 'anna', birthYear: 1921, photos: 2, suggestions: 0, cover: faces[0] });
  const second = await people.place({ photo: photos[0]!, at });
  await people.confirm({ faces: [second.id], person: anna.id });
  expect((await people.get({ person: anna.id })).photos).toBe(2);
  house.db.run(`UPDATE photos SET state = 'removed' WHERE id = ?`, photos[1]!);
  expect((await people.list())[0]).toMatchObject({ photos: 1 });
  const page = await people.facesOf({ person: anna.id, state: 'confirmed', offset: 0, limit: 10 });
  expect(page.total).toBe(2);
  expect(page.faces.map(({ photo }) => photo)).toEqual([photos[0], photos[0]]);
});

test('the list is by name, searched without accents, without the hidden', async () => {
  const { people } = house.client;
  for (const name of ['anna', 'Änne', 'Grandma']) await people.create({ name });
  const [, , grandma] = await people.list();
  await people.update({ person: grandma!.id, hidden: true });
  expect((await people.list({ search: ' ANN' })).map(({ name }) => name)).toEqual(['anna', 'Änne']);
  expect((await people.list()).length).toBe(2);
  expect((await people.list({ hidden: true })).length).toBe(3);
});

test('a cover is one of the confirmed faces', async () => {
  const { people } = house.client;
  const [mine, other] = house.addFaces(house.addPhotos(2));
  const anna = await people.create({ name: 'anna', faces: [mine!] });
  await expect(people.update({ person: anna.id, cover: other! })).rejects.toMatchObject({ code: 'conflict' });
  await people.confirm({ faces: [other!], person: anna.id });
  expect((await people.update({ person: anna.id, cover: other! })).cover).toBe(other);
  await people.ignore({ faces: [other!] });
  expect((await people.get({ person: anna.id })).cover).toBeNull();
});

test('merging brings faces, noes, album, adapters and renditions along, and undo takes all apart again', async () => {
  const { people, albums, history } = house.client;
  const photos = house.addPhotos(6);
  const faces = house.addFaces(photos);
  const anna = await people.create({ name: 'anna', faces: faces.slice(0, 2) });
  const grandma = await people.create({ name: 'Grandma', birthYear: 1921, faces: faces.slice(2, 5) });
  await albums.set({ person: grandma.id, faces: faces.slice(2, 4) });
  await people.reject({ faces: [faces[5]!, faces[0]!], person: grandma.id });
  const adapter = house.addAdapter(grandma.id);
  house.addRendition(photos[0]!, [grandma.id]);
  const before = house.dump();

  const merged = await people.merge({ person: anna.id, others: [grandma.id, anna.id] });
  expect(merged).toMatchObject({ name: 'anna', birthYear: 1921, photos: 5, anchors: 2, adapters: 1 });
  expect((await people.list()).length).toBe(1);
  expect((await albums.adapters({ person: anna.id }))[0]?.id).toBe(adapter);
  expect(house.db.query('SELECT face, person FROM face_rejections').all()).toEqual([
    { face: faces[5], person: anna.id },
  ]);
  expect(house.db.column('SELECT person FROM rendition_people').all()).toEqual([anna.id]);

  expect((await history.undo()).undone).toBe('Merge Grandma into anna');
  expect(house.dump()).toEqual(before);
  await history.redo();
  expect(await people.get({ person: anna.id })).toEqual(merged);
});

test('splitting makes a person of some faces, which leave the album', async () => {
  const { people, albums } = house.client;
  const faces = house.addFaces(house.addPhotos(4));
  const anna = await people.create({ name: 'anna', faces });
  await albums.set({ person: anna.id, faces });
  const grandma = await people.split({ person: anna.id, faces: [faces[0]!, faces[1]!], name: 'Grandma' });
  expect(grandma).toMatchObject({ photos: 2, cover: faces[0] });
  expect(await people.get({ person: anna.id })).toMatchObject({ photos: 2, anchors: 2, cover: null });
  await expect(people.split({ person: anna.id, faces: [faces[0]!], name: 'x' })).rejects.toMatchObject({
    code: 'missing',
  });
});

test('deleting a person leaves no adapter and no embedding of them on the disk, and says what went', async () => {
  const { people, albums, history } = house.client;
  const photos = house.addPhotos(5);
  const made = photos.map((_, i) => embedding(1, i));
  const faces = house.addFaces(photos, (i) => ({ embedding: made[i]! }));
  const hand = await people.place({ photo: photos[0]!, at });
  house.people.recordEmbedding(hand.id, made[0]!.values, 'recogniser');
  const anna = await people.create({ name: 'anna', faces: [...faces.slice(0, 4), hand.id] });
  await people.remove({ faces: [hand.id] }); // its embedding is in the log now
  await albums.set({ person: anna.id, faces: faces.slice(0, 4) });
  house.addAdapter(anna.id);
  await house.people.settled();
  expect(house.db.column('SELECT state FROM faces WHERE id = ?').get(faces[4]!)).toBe('suggested');
  await house.keeper.flush();
  const on = (folder: string): string[] =>
    existsSync(join(house.dataFolder, folder)) ? readdirSync(join(house.dataFolder, folder)) : [];
  expect([on('adapters').length, on('sidecars/adapters').length, on('sidecars/people').length]).toEqual([
    1, 1, 1,
  ]);
  const bytes = [0, 1, 2, 3].map((i) => Buffer.from(toBytes(made[i]!.values)).subarray(0, 64));
  house.db.pragma('wal_checkpoint(TRUNCATE)');
  expect(bytes.every((part) => databaseBytes(house).includes(part))).toBe(true);

  expect(await people.delete({ person: anna.id })).toEqual({ adapters: 1, bytes: 7, faces: 5 });
  expect([on('adapters').length, on('sidecars/adapters').length, on('sidecars/people').length]).toEqual([
    0, 0, 0,
  ]);
  expect(bytes.some((part) => databaseBytes(house).includes(part))).toBe(false);
  expect(databaseBytes(house).includes(bytes[0]!.toString('base64').slice(0, 40))).toBe(false);
  expect(house.db.column('SELECT count(*) FROM face_embeddings').get()).toBe(0);
  await expect(people.get({ person: anna.id })).rejects.toMatchObject({ code: 'missing' });

  expect((await history.undo()).undone).toBe('Delete anna (adapters and face measurements stay deleted)');
  expect(await people.get({ person: anna.id })).toMatchObject({ photos: 4, anchors: 4, adapters: 0 });
  expect(house.db.column('SELECT count(*) FROM face_embeddings').get()).toBe(0);
  expect((await history.undo()).undone).toBe('Change the album of anna');
  expect((await history.undo()).undone).toBe('Remove 1 face');
  expect((await people.inPhoto({ photo: photos[0]! })).map(({ byHand }) => byHand)).toEqual([false, true]);
});

function databaseBytes({ dataFolder }: House): Buffer {
  const files = ['studio.db', 'studio.db-wal'].map((name) => join(dataFolder, name));
  return Buffer.concat(files.filter((file) => existsSync(file)).map((file) => readFileSync(file)));
}

test('a new detection keeps what a person has said, and the same one changes nothing', async () => {
  const { people } = house.client;
  const [photo] = house.addPhotos(1);
  const box = (left: number) => ({ left, top: 100, width: 100, height: 100 });
  const first = [box(0), box(200), box(400), box(600)].map((each) => found({ box: each }));
  const ids = house.people.recordFaces(photo!, 'one', first);
  const anna = await people.create({ name: 'anna', faces: [ids[0]!] });
  await people.ignore({ faces: [ids[1]!] });
  const hand = await people.place({ photo: photo!, at });
  const before = house.dump();
  expect(house.people.recordFaces(photo!, 'one', first)).toEqual(ids);
  expect(house.dump()).toEqual(before);

  // the newest detector finds anna a little to the side, the third face not at all, one more, and the one placed by hand
  const second = [
    found({ box: box(10), sharpness: 0.5 }),
    found({ box: box(610) }),
    found({ box: box(800) }),
    found({ box: hand.box, frontal: 0.25 }),
  ];
  const again = house.people.recordFaces(photo!, 'two', second);
  expect([again[0], again[1], again[3]]).toEqual([ids[0], ids[3], hand.id]);
  const faces = await people.inPhoto({ photo: photo! });
  expect(faces.map(({ id }) => id).sort()).toEqual([ids[0], ids[1], ids[3], again[2], hand.id].sort());
  const byId = new Map(faces.map((face) => [face.id, face]));
  expect(byId.get(ids[0]!)).toMatchObject({ state: 'confirmed', person: anna.id, box: box(10) });
  expect(byId.get(ids[1]!)?.state).toBe('ignored');
  expect(byId.get(hand.id)).toMatchObject({
    byHand: true,
    box: hand.box,
    landmarks: hand.landmarks,
    score: 1,
  });
  expect(house.db.column('SELECT frontal FROM faces WHERE id = ?').get(hand.id)).toBe(0.25);
  expect(house.db.column('SELECT faces_by FROM photos').get()).toBe('two');
  expect(() => house.people.recordFaces('nowhere', 'two', [])).toThrow(
    expect.objectContaining({ code: 'missing' }) as Error,
  );
});

test('boxes are matched best first, each once', () => {
  const box = (left: number) => ({ left, top: 0, width: 10, height: 10 });
  expect(matched([box(2), box(0), box(50)], [box(0), box(1), box(80)])).toEqual([1, 0, undefined]);
});

test('only faces placed by hand are removed; points that are no face are refused', async () => {
  const { people } = house.client;
  const [photo] = house.addPhotos(1);
  const [face] = house.addFaces([photo!]);
  await expect(people.remove({ faces: [face!] })).rejects.toMatchObject({ code: 'conflict' });
  await expect(people.place({ photo: photo!, at: { ...at, mouth: at.leftEye } })).rejects.toMatchObject({
    code: 'usage',
  });
  await expect(
    people.place({ photo: photo!, at: { ...at, mouth: { x: 5000, y: 0 } } }),
  ).rejects.toMatchObject({ code: 'usage' });
  await expect(people.place({ photo: 'nowhere', at })).rejects.toMatchObject({ code: 'missing' });
});

test('people come back from their sidecars when the database is lost', async () => {
  const { people, albums } = house.client;
  const photos = house.addPhotos(5);
  const faces = house.addFaces(photos);
  const anna = await people.create({ name: 'anna', birthYear: 1921, faces });
  const gone = await people.create({ name: 'Grandma', faces: [faces[4]!] });
  await albums.set({ person: anna.id, faces: faces.slice(0, 4) });
  house.addAdapter(anna.id);
  house.addRendition(photos[0]!, [anna.id]);
  await people.merge({ person: anna.id, others: [gone.id] });
  await house.keeper.flush();
  const before = await people.list();

  const lost = makeHouse();
  lost.addPhotos(5);
  const rebuilt = await rebuildFromSidecars(lost.db, house.sidecars);
  expect(rebuilt).toMatchObject({
    people: 1,
    faces: 5,
    adapters: 1,
    renditions: 1,
    withoutPhoto: 0,
    bad: [],
  });
  expect(await lost.client.people.list()).toEqual(before);
  expect((await lost.client.renditions.of({ photo: 'photo-0' }))[0]).toMatchObject({
    people: [anna.id],
    chosen: true,
  });
  await lost.close();
});

test('sidecars that a kill left unwritten are written at the next start', async () => {
  await house.client.people.create({ name: 'anna' });
  await house.keeper.flush();
  const [id] = house.db.column<string>('SELECT id FROM people').all();
  await house.sidecars.remove('person', id!);
  expect(await house.keeper.writeMissing()).toBe(1);
  expect(await house.keeper.writeMissing()).toBe(0);
});

test('faces ignored, placed, or said not to be somebody are in the sidecars, as they are after undo too', async () => {
  const { people, history } = house.client;
  const photos = house.addPhotos(4);
  const faces = house.addFaces(photos);
  const anna = await people.create({ name: 'anna', faces: [faces[3]!] });
  await people.ignore({ faces: [faces[0]!] });
  await people.reject({ faces: [faces[1]!], person: anna.id });
  const placed = await people.place({ photo: photos[2]!, at });
  const rebuilt = async () => {
    await house.keeper.flush();
    await house.sidecars.settled();
    const lost = makeHouse();
    lost.addPhotos(4);
    await rebuildFromSidecars(lost.db, house.sidecars);
    const rows = lost.db.query<{ id: string; state: string }>('SELECT id, state FROM faces').all();
    const rejections = lost.db.query('SELECT face, person FROM face_rejections').all();
    await lost.close();
    return { states: Object.fromEntries(rows.map(({ id, state }) => [id, state])), rejections };
  };
  expect(await rebuilt()).toEqual({
    states: {
      [faces[0]!]: 'ignored',
      [faces[1]!]: 'unknown',
      [placed.id]: 'unknown',
      [faces[3]!]: 'confirmed',
    },
    rejections: [{ face: faces[1], person: anna.id }],
  });
  for (let i = 0; i < 3; i++) await history.undo();
  expect(await rebuilt()).toEqual({ states: { [faces[3]!]: 'confirmed' }, rejections: [] });
  // written by a kill: said, but in no file
  await history.redo();
  await house.keeper.flush();
  await house.sidecars.settled();
  const [hash] = house.db.column<string>('SELECT lower(hex(hash)) FROM photos WHERE id = ?').all(photos[0]!);
  await house.sidecars.remove('photo', hash!);
  expect(await house.keeper.writeMissing()).toBe(1);
});
