/**
 * The history: undo and redo of steps of all services, its bounds, and what it says when something is gone.
 * house.ts has the studio.
 */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { changesFromJson } from '../../../src/services/history/changes.ts';
import { makeHouse } from './house.ts';
import type { House } from './house.ts';

let house: House;
beforeEach(() => (house = makeHouse({ steps: 5 })));
afterEach(() => house.close());

test('takes back, does again, and forgets what was undone when something new is done', async () => {
  const { people, history } = house.client;
  const anna = await people.create({ name: 'anna' });
  await people.update({ person: anna.id, name: 'Grandma' });
  expect(await history.undo()).toEqual({
    undone: 'Rename anna to Grandma',
    canUndo: 'Add anna',
    canRedo: 'Rename anna to Grandma',
  });
  expect((await people.get({ person: anna.id })).name).toBe('anna');
  await history.redo();
  expect((await people.get({ person: anna.id })).name).toBe('Grandma');
  await history.undo();
  await people.update({ person: anna.id, birthYear: 1921 });
  expect(await history.state()).toEqual({ undone: null, canUndo: 'Change anna', canRedo: null });
  expect(await history.redo()).toEqual({ undone: null, canUndo: 'Change anna', canRedo: null });
  expect((await history.list()).map(({ label }) => label)).toEqual(['Add anna', 'Change anna']);
});

test('keeps the newest steps, and nothing to undo is no error', async () => {
  const { people, history } = house.client;
  expect(await history.undo()).toEqual({ undone: null, canUndo: null, canRedo: null });
  for (let i = 0; i < 8; i++) await people.create({ name: `anna ${i}` });
  expect((await history.list()).map(({ label }) => label)).toEqual(
    [3, 4, 5, 6, 7].map((i) => `Add anna ${i}`),
  );
  for (let i = 0; i < 6; i++) await history.undo();
  expect((await people.list()).map(({ name }) => name)).toEqual(['anna 0', 'anna 1', 'anna 2']);
});

test('a step whose rows are gone says so in one sentence, and the one before it can be undone', async () => {
  const { people, history } = house.client;
  const anna = await people.create({ name: 'anna' });
  const [photo] = house.addPhotos(1);
  await people.place({
    photo: photo!,
    at: { leftEye: { x: 300, y: 300 }, rightEye: { x: 400, y: 300 }, mouth: { x: 350, y: 420 } },
  });
  house.db.run('DELETE FROM photos WHERE id = ?', photo!);
  await expect(history.undo()).rejects.toMatchObject({
    code: 'conflict',
    message: '"Place a face" cannot be undone: what it changed is not in the library any more.',
  });
  expect((await history.undo()).undone).toBe('Add anna');
  await expect(people.get({ person: anna.id })).rejects.toMatchObject({ code: 'missing' });
});

test('a damaged record is taken out, and harms nothing', async () => {
  const { people, history } = house.client;
  await people.create({ name: 'anna' });
  const before = house.dump();
  for (const undo of [
    '{}',
    '[{"kind":"delete","table":"sqlite_master","key":{"name":"people"}}]',
    '[{"kind":"each","table":"faces","ids":[],"row":{"photo":"x"},"extra":1}]',
    '[{"kind":"set","table":"people","key":{"id = id --":1},"row":{"name":"x"}}]',
  ]) {
    house.log.record('Odd', [], []);
    house.db.run(`UPDATE undo_log SET undo = ? WHERE label = 'Odd'`, undo);
    await expect(history.undo()).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('"Odd" cannot be undone') as string,
    });
  }
  expect(house.dump()).toEqual(before);
  expect(changesFromJson('no json')).toBeUndefined();
});

test('a person for whom an adapter was made since does not vanish by undo', async () => {
  const { people, history } = house.client;
  const anna = await people.create({ name: 'anna' });
  house.addAdapter(anna.id);
  await expect(history.undo()).rejects.toMatchObject({
    message: '"Add anna" cannot be undone: adapters or restored photos of "anna" have been made since.',
  });
  expect((await people.get({ person: anna.id })).adapters).toBe(1);
});

test('steps of other services are undone too, and everybody is told', async () => {
  const [photo] = house.addPhotos(1);
  const set = (rating: number) => ({
    kind: 'set' as const,
    table: 'photos',
    key: { id: photo! },
    row: { rating },
  });
  house.db.transaction(() => {
    house.db.run('UPDATE photos SET rating = 4');
    house.log.remember({ label: 'Rate a photo', undo: [set(0)], redo: [set(4)] });
  });
  house.told.length = 0;
  await house.client.history.undo();
  expect(house.db.column('SELECT rating FROM photos').get()).toBe(0);
  expect(house.told).toEqual(['photos']);
});
