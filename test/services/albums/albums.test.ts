/**
 * Albums and adapters through the contract, and the choice of anchors by itself. house.ts has the studio.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chooseAnchors, problemOf } from '../../../src/services/albums/choose.ts';
import type { Candidate } from '../../../src/services/albums/choose.ts';
import { dataFile } from '../../../src/services/albums/files.ts';
import { makeHouse } from '../history/house.ts';
import type { House } from '../history/house.ts';

describe('through the contract', () => {
  let house: House;
  beforeEach(() => (house = makeHouse()));
  afterEach(async () => {
    expect(house.serviceProblems).toEqual([]);
    await house.close();
  });

  test('an album is what was suggested, or what somebody chose, in order', async () => {
    const { people, albums } = house.client;
    const faces = house.addFaces(house.addPhotos(6));
    const { id: person } = await people.create({ name: 'anna', faces: faces.slice(0, 5) });
    expect(await albums.get({ person })).toEqual({
      person,
      anchors: [],
      problem: 'The album is empty; about 20 clear, varied photos of one person work best.',
    });
    const suggested = await albums.suggest({ person, count: 3 });
    expect(suggested.map(({ position, chosenBy }) => [position, chosenBy])).toEqual(
      [0, 1, 2].map((i) => [i, 'albumen']),
    );
    const rest = faces.slice(0, 5).filter((face) => !suggested.some((anchor) => anchor.face === face));
    const album = await albums.set({
      person,
      faces: [rest[0]!, ...suggested.map(({ face }) => face), faces[5]!],
    });
    expect(album.anchors.map(({ face }) => face)).toEqual([rest[0], ...suggested.map(({ face }) => face)]);
    expect(album.anchors.map(({ chosenBy }) => chosenBy)).toEqual(['you', 'albumen', 'albumen', 'albumen']);
    expect(album.anchors[1]?.reasons).toEqual(suggested[0]?.reasons);
    expect(album.anchors[0]?.reasons.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['sharp', 'frontal']),
    );
    expect(album.problem).toBeNull();
    const fewer = await albums.set({
      person,
      faces: album.anchors
        .map(({ face }) => face)
        .toReversed()
        .slice(0, 2),
    });
    expect(fewer.anchors.map(({ face, position }) => [face, position])).toEqual([
      [suggested[2]?.face, 0],
      [suggested[1]?.face, 1],
    ]);
    expect(fewer.problem).toContain('2 photos');
    await expect(albums.set({ person, faces: [faces[5]!] })).rejects.toMatchObject({ code: 'missing' });
  });

  test('anchors near the year of the photo, where dates are more than the file\u2019s', async () => {
    const { people, albums } = house.client;
    const groups = [1930, 1950, 1970].map((year) => house.addPhotos(6, { year }));
    const { id: person } = await people.create({ name: 'anna', faces: house.addFaces(groups.flat()) });
    const [target] = house.addPhotos(1, { year: 1951 });
    const [undated] = house.addPhotos(1, { year: 1951, from: 'mtime' });
    const near = await albums.suggest({ person, count: 4, photo: target! });
    const years = near.map(({ photo }) => groups.findIndex((group) => group.includes(photo)));
    expect(years.filter((group) => group === 1).length).toBeGreaterThanOrEqual(2);
    expect(years[0]).toBe(1);
    expect(near[0]?.reasons.some(({ kind }) => kind === 'near-in-time')).toBe(true);
    const plain = await albums.suggest({ person, count: 4, photo: undated! });
    expect(plain.flatMap(({ reasons }) => reasons).filter(({ kind }) => kind === 'near-in-time')).toEqual([]);
  });

  test('an adapter is recorded once a job, listed, and deleted with its file and sidecar', async () => {
    const { people, albums, history } = house.client;
    const { id: person } = await people.create({ name: 'anna' });
    const adapter = house.addAdapter(person, 'job');
    expect(house.addAdapter(person, 'job')).toBe(adapter);
    const [listed, more] = await albums.adapters({ person });
    expect(listed).toMatchObject({ id: adapter, recipe: 'fast', weights: 'adapter', steps: 400, bytes: 7 });
    expect(more).toBeUndefined();
    await house.keeper.flush();
    const file = join(house.dataFolder, house.db.column<string>('SELECT file FROM adapters').get() ?? '');
    const sidecar = join(house.dataFolder, 'sidecars', 'adapters', `${adapter}.json`);
    expect([existsSync(file), existsSync(sidecar)]).toEqual([true, true]);
    expect(await albums.deleteAdapter({ adapter })).toEqual({ bytes: 7 });
    expect([existsSync(file), existsSync(sidecar)]).toEqual([false, false]);
    expect(await albums.adapters({ person })).toEqual([]);
    await expect(albums.deleteAdapter({ adapter })).rejects.toMatchObject({ code: 'missing' });
    expect((await history.state()).canUndo).toBe('Add anna');
  });

  test('a file comes before its row, and a file without one is swept', async () => {
    const { id: person } = await house.client.people.create({ name: 'anna' });
    house.addAdapter(person);
    const stray = join(house.dataFolder, 'adapters', 'stray.safetensors');
    writeFileSync(stray, 'half');
    const whole = join(house.dataFolder, 'adapters', 'whole');
    mkdirSync(whole);
    for (const name of ['weights.safetensors', 'model.json']) writeFileSync(join(whole, name), 'weights');
    const mine = `UPDATE adapters SET file = 'adapters/whole/weights.safetensors'`;
    const before = house.db.column<string>('SELECT file FROM adapters').get() ?? '';
    house.db.run(mine);
    expect(await house.albums.sweep()).toBe(2); // the stray one, and the one the row named before
    expect([existsSync(stray), existsSync(join(house.dataFolder, before))]).toEqual([false, false]);
    const [adapter] = await house.client.albums.adapters({ person });
    // weights and the model.json beside them
    expect(await house.client.albums.deleteAdapter({ adapter: adapter!.id })).toEqual({ bytes: 14 });
    expect(existsSync(whole)).toBe(false);
    house.addAdapter(person);
    expect(await house.albums.sweep()).toBe(0);
    await house.keeper.flush();
    house.db.run('DELETE FROM adapters');
    expect(await house.albums.sweep()).toBe(0); // its sidecar still names it: the database may have been made anew
    const made = {
      job: null,
      sha256: 'b'.repeat(64),
      bytes: 7,
      base: 'x',
      baseSha256: 'c'.repeat(64),
      photos: 1,
      steps: 1,
    };
    expect(() =>
      house.albums.recordAdapter({
        ...made,
        person,
        file: 'adapters/none',
        weights: 'adapter',
        recipe: '{"recipe":"fast"}',
        curve: [],
      }),
    ).toThrow('internal:');
  });

  test('no file is outside the data folder', () => {
    for (const file of ['/etc/passwd', '../x', 'adapters/../../x', 'a\\b', 'c:x', '', 'a/./b', 'a\0b'])
      expect(() => dataFile('/data', file)).toThrow('internal:');
    expect(dataFile('/data', 'adapters/a..b.safetensors')).toBe(
      join('/data', 'adapters', 'a..b.safetensors'),
    );
  });
});

describe('the choice', () => {
  const candidate = (face: string, more: Partial<Candidate> = {}): Candidate => ({
    ...{ face, photo: face, hash: face, side: 200, sharpness: 0.8, frontal: 0.8, score: 0.9 },
    ...{ byHand: false, captured: null, embedding: null, ...more },
  });
  const kinds = (face: string, ...more: Candidate[]): string[] =>
    chooseAnchors([candidate('other'), ...more], 5)
      .find((chosen) => chosen.face === face)
      ?.reasons.map(({ kind }) => kind) ?? [];

  test('sharp, large and frontal come first; every face says why', () => {
    const chosen = chooseAnchors(
      [
        candidate('blurred', { sharpness: 0.1 }),
        candidate('small', { side: 30 }),
        candidate('turned', { frontal: 0.1 }),
        candidate('good', { sharpness: 0.95, side: 300 }),
      ],
      4,
    );
    expect(chosen[0]?.face).toBe('good');
    expect(kinds('x', candidate('x', { sharpness: 0.1, side: 30, frontal: 0.2, byHand: true }))).toEqual(
      expect.arrayContaining(['blurred', 'small', 'turned', 'by-hand']),
    );
  });

  test('different faces before alike ones, and a copy of a photo counts once', () => {
    const angle = (degrees: number): Float32Array =>
      Float32Array.of(Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180));
    const burst = [0, 2, 4].map((degrees, i) =>
      candidate(`a${i}`, { embedding: angle(degrees), sharpness: 0.9 }),
    );
    const chosen = chooseAnchors(
      [...burst, candidate('b', { embedding: angle(80) }), candidate('c', { embedding: angle(160) })],
      3,
    );
    expect(chosen.map(({ face }) => face)).toEqual(['a0', 'c', 'b']);
    expect(chosen[1]?.reasons.some(({ kind }) => kind === 'different')).toBe(true);
    const all = chooseAnchors([...burst, candidate('copy', { hash: 'a0' })], 9);
    expect(all.map(({ face }) => face).sort()).toEqual(['a0', 'a1', 'a2']);
    expect(all[2]?.reasons.some(({ kind }) => kind === 'alike')).toBe(true);
  });

  test('without embeddings, spread over the years', () => {
    const years = [0, 0.01, 0.02, 30, 60].map((year, i) =>
      candidate(`y${i}`, { captured: year * 31_557_600_000 }),
    );
    expect(chooseAnchors(years, 3).map(({ face }) => face)).toEqual(['y0', 'y4', 'y3']);
  });

  test('a problem is one sentence', () => {
    const faces = (count: number, side: number, sharpness: number | null) =>
      Array.from({ length: count }, () => ({ side, sharpness }));
    expect(problemOf(faces(20, 200, 0.9))).toBeNull();
    expect(problemOf(faces(20, 200, null))).toBeNull();
    expect(problemOf(faces(1, 200, 0.9))).toContain('1 photo;');
    expect(problemOf(faces(20, 20, 0.9))).toContain('smaller than');
    expect(problemOf(faces(20, 200, 0.1))).toContain('blurred');
  });
});
