/**
 * Renditions through the contract: which is shown, what is thought of it, the bin, and files that outlive neither.
 * house.ts has the studio.
 */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeHouse, someRecipe } from '../history/house.ts';
import type { House } from '../history/house.ts';

let house: House;
let photo: string;
beforeEach(() => {
  house = makeHouse();
  [photo = ''] = house.addPhotos(1);
});
afterEach(async () => {
  expect(house.serviceProblems).toEqual([]);
  await house.close();
});

test('a version says what made it; the first is the one shown', async () => {
  const { people, renditions } = house.client;
  const anna = await people.create({ name: 'anna' });
  const first = house.addRendition(photo, [anna.id, 'nobody']);
  const second = house.addRendition(photo);
  const all = await renditions.of({ photo });
  expect(all.map(({ id, chosen }) => [id, chosen]).sort()).toEqual(
    [
      [first, true],
      [second, false],
    ].sort(),
  );
  expect(await renditions.get({ rendition: first })).toMatchObject({
    ...{ strength: 200, steps: 20, seed: 7, sampler: 'ddim', model: 'face-128', people: [anna.id] },
    ...{ generative: false, hasVariation: false, evidence: [], rating: 0, note: '' },
  });
  expect(await renditions.recipe({ rendition: first })).toBe(someRecipe());
  expect(house.db.column('SELECT renditions FROM photos WHERE id = ?').get(photo)).toBe(2);
});

test('one is shown, or the original', async () => {
  const { renditions, history } = house.client;
  const [first, second] = [house.addRendition(photo), house.addRendition(photo)];
  const shown = async (): Promise<string | undefined> =>
    (await renditions.of({ photo })).find(({ chosen }) => chosen)?.id;
  await renditions.choose({ photo, rendition: second });
  expect(await shown()).toBe(second);
  await renditions.choose({ photo, rendition: null });
  expect(await shown()).toBeUndefined();
  await history.undo();
  expect(await shown()).toBe(second);
  await history.undo();
  expect(await shown()).toBe(first);
  const [other] = house.addPhotos(1);
  await expect(renditions.choose({ photo: other!, rendition: first })).rejects.toMatchObject({
    code: 'missing',
  });
});

test('deleting is undone until the bin is emptied', async () => {
  const { renditions, history } = house.client;
  const [first, second] = [house.addRendition(photo), house.addRendition(photo)];
  await renditions.update({ rendition: first, rating: 4, note: 'good' });
  await house.keeper.flush();
  await renditions.delete({ renditions: [first, second, 'nothing'] });
  expect(await renditions.of({ photo })).toEqual([]);
  await expect(renditions.update({ rendition: first, rating: 1 })).rejects.toMatchObject({ code: 'missing' });
  expect(house.renditions.filesOf(first)).toBeUndefined();
  expect(await house.renditions.emptyBin()).toEqual({ renditions: 0, bytes: 0 });
  await history.undo();
  expect(await renditions.get({ rendition: first })).toMatchObject({ rating: 4, note: 'good', chosen: true });
  await renditions.delete({ renditions: [first] });
  expect(await house.renditions.emptyBin(0)).toEqual({ renditions: 1, bytes: 7 });
  await expect(history.undo()).rejects.toMatchObject({
    message: '"Delete 1 version" cannot be undone: what it changed is not in the library any more.',
  });
  await house.keeper.flush();
  expect(readdirSync(join(house.dataFolder, 'renditions')).length).toBe(1);
  expect(readdirSync(join(house.dataFolder, 'sidecars', 'renditions'))).toEqual([`${second}.json`]);
});

test('a job that is run again leaves one, and a stray file is swept', async () => {
  house.run('jobs', { id: 'job', kind: 'restore', title: '', payload: '{}', position: 0, created_at: 0 });
  const first = house.addRendition(photo, [], 'job');
  expect(house.addRendition(photo, [], 'job')).toBe(first);
  expect(await house.renditions.sweep()).toBe(1);
  expect(existsSync(house.renditions.filesOf(first)?.file ?? '')).toBe(true);
  expect((await house.client.renditions.get({ rendition: first })).job).toBe('job');
});

test('the map that candidates share stays until the last of them goes', async () => {
  house.run('jobs', { id: 'job', kind: 'restore', title: '', payload: '{}', position: 0, created_at: 0 });
  house.addRendition(photo);
  const place = (name: string): string => join(house.dataFolder, 'renditions', name);
  const ids = [0, 1].map((ordinal) => {
    for (const name of [`${ordinal}.png`, 'map.webp']) writeFileSync(place(name), 'picture');
    return house.renditions.recordRendition({
      ...{ photo, job: 'job', ordinal, file: `renditions/${ordinal}.png`, sha256: 'a'.repeat(64), bytes: 7 },
      ...{ variation: { file: 'renditions/map.webp', bytes: 7 }, width: 1, height: 1, recipe: someRecipe() },
      ...{ evidence: [], people: [] },
    });
  });
  expect((await house.client.renditions.get({ rendition: ids[0]! })).hasVariation).toBe(true);
  await house.client.renditions.delete({ renditions: [ids[0]!] });
  await house.renditions.emptyBin(0);
  expect([existsSync(place('0.png')), existsSync(place('map.webp'))]).toEqual([false, true]);
  await house.client.renditions.delete({ renditions: [ids[1]!] });
  await house.renditions.emptyBin(0);
  expect([existsSync(place('1.png')), existsSync(place('map.webp'))]).toEqual([false, false]);
});

test('no row without its file, and none with a recipe that is none', () => {
  const made = {
    photo,
    job: null,
    ordinal: 0,
    variation: null,
    sha256: 'a'.repeat(64),
    bytes: 7,
    width: 1,
    height: 1,
    evidence: [],
    people: [],
  };
  expect(() =>
    house.renditions.recordRendition({ ...made, file: 'renditions/none.png', recipe: someRecipe() }),
  ).toThrow('internal:');
  house.addRendition(photo);
  writeFileSync(join(house.dataFolder, 'renditions', 'a.png'), 'picture');
  expect(() => house.renditions.recordRendition({ ...made, file: 'renditions/a.png', recipe: '{}' })).toThrow(
    'not a recipe',
  );
});
