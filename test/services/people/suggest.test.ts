/**
 * Suggestions by likeness: found after a yes, never after a no, never a confirmation, and faces nobody has named with
 * those alike beside each other. likeness.ts and alike-order.ts are what is tested.
 */
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { alikeOrder, roundedDirections } from '../../../src/services/people/alike-order.ts';
import { likenessTo, referenceFrom, SUGGESTED_FROM } from '../../../src/services/people/likeness.ts';
import { embedding, found, makeHouse } from '../history/house.ts';
import type { House } from '../history/house.ts';

let house: House;
beforeEach(() => (house = makeHouse()));
afterEach(async () => {
  expect(house.problems).toEqual([]);
  await house.close();
});

const nothing = (): Promise<void> => Promise.resolve();

/** Faces of people in turn: person i % people. */
function crowd(count: number, people: number): string[] {
  return house.addFaces(house.addPhotos(count), (i) => ({ embedding: embedding(i % people, i) }));
}

test('after a yes, faces alike are suggested, and nobody else', async () => {
  const { people } = house.client;
  const faces = crowd(30, 3);
  const anna = await people.create({ name: 'anna', faces: [faces[0]!, faces[3]!] });
  await house.people.settled();
  const page = await people.facesOf({ person: anna.id, state: 'suggested', offset: 0, limit: 100 });
  expect(page.faces.map(({ id }) => faces.indexOf(id) % 3)).toEqual(Array.from({ length: 8 }, () => 0));
  const similarities = page.faces.map(({ similarity }) => similarity ?? 0);
  expect(similarities).toEqual([...similarities].sort((a, b) => b - a));
  expect(Math.min(...similarities)).toBeGreaterThanOrEqual(SUGGESTED_FROM);
  expect((await people.get({ person: anna.id })).suggestions).toBe(8);
  expect(house.told).toContain('people');
});

test('a no is for ever, and the face goes to the next person alike', async () => {
  const { people } = house.client;
  const faces = crowd(10, 1);
  const anna = await people.create({ name: 'anna', faces: faces.slice(0, 3) });
  await house.people.settled();
  await people.reject({ faces: [faces[5]!], person: anna.id });
  await people.confirm({ faces: [faces[4]!], person: anna.id });
  await house.people.settled();
  const state = () => house.db.query('SELECT state, person FROM faces WHERE id = ?').get(faces[5]!);
  expect(state()).toEqual({ state: 'unknown', person: null });
  const twin = await people.create({ name: 'Grandma', faces: [faces[6]!] });
  await house.people.settled();
  expect(state()).toEqual({ state: 'suggested', person: twin.id });
});

test('a new photo of somebody known is suggested, one of another recogniser is not', async () => {
  const { people } = house.client;
  const anna = await people.create({ name: 'anna', faces: crowd(3, 1) });
  await house.people.settled();
  const [near, other] = house.addFaces(house.addPhotos(2), (i) =>
    i === 0
      ? { embedding: embedding(0, 99) }
      : { embedding: { values: embedding(0, 98).values, by: 'another' } },
  );
  await house.people.settled();
  const faces = await people.facesOf({ person: anna.id, state: 'suggested', offset: 0, limit: 10 });
  expect(faces.faces.map(({ id }) => id)).toEqual([near]);
  expect(house.db.column('SELECT state FROM faces WHERE id = ?').get(other!)).toBe('unknown');
});

test('suggestions for a person who is gone by undo are nobody\u2019s again', async () => {
  const { people, history } = house.client;
  const faces = crowd(6, 1);
  await people.create({ name: 'anna', faces: [faces[0]!] });
  await house.people.settled();
  expect((await people.unnamed({ offset: 0, limit: 10 })).total).toBe(0);
  await history.undo();
  await house.people.settled();
  expect((await people.unnamed({ offset: 0, limit: 10 })).total).toBe(6);
});

test('whatever is said of faces, none is confirmed but by a yes', { timeout: 120_000 }, async () => {
  const word = fc.record({
    kind: fc.constantFrom('confirm', 'reject', 'ignore', 'find', 'undo'),
    face: fc.nat(11),
    who: fc.nat(1),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 10 }), async (words) => {
      const own = makeHouse();
      try {
        const photos = own.addPhotos(12);
        const faces = own.addFaces(photos, (i) => ({ embedding: embedding(i % 2, i) }));
        const everybody = [
          await own.client.people.create({ name: 'anna' }),
          await own.client.people.create({ name: 'Grandma' }),
        ];
        const yes = new Set<string>();
        for (const { kind, face, who } of words) {
          const about = { faces: [faces[face]!], person: everybody[who]!.id };
          if (kind === 'confirm') {
            await own.client.people.confirm(about);
            yes.add(`${faces[face]!} ${about.person}`);
          } else if (kind === 'reject') await own.client.people.reject(about);
          else if (kind === 'ignore') await own.client.people.ignore({ faces: about.faces });
          else if (kind === 'undo' && (await own.client.history.state()).canUndo?.startsWith('Add') !== true)
            await own.client.history.undo();
          else if (kind === 'find')
            own.people.recorded(
              own.people.recordFaces(photos[face]!, 'again', [
                found({ embedding: embedding(face % 2, face) }),
              ]),
            );
          await own.people.settled();
        }
        const confirmed = own.db
          .query<{ id: string; person: string }>(`SELECT id, person FROM faces WHERE state = 'confirmed'`)
          .all();
        expect(confirmed.filter(({ id, person }) => !yes.has(`${id} ${person}`))).toEqual([]);
        const wrong = own.db
          .column(
            `SELECT count(*) FROM faces f JOIN face_rejections r ON r.face = f.id AND r.person = f.person`,
          )
          .get();
        expect(wrong).toBe(0);
        expect(own.problems).toEqual([]);
      } finally {
        await own.close();
      }
    }),
    { numRuns: 15 },
  );
});

test('faces nobody has named: newest first, and those alike beside each other where a recogniser has seen them', async () => {
  const { people } = house.client;
  const plain = house.addFaces(house.addPhotos(3));
  expect((await people.unnamed({ offset: 0, limit: 2 })).faces.map(({ id }) => id)).toEqual([
    plain[2],
    plain[1],
  ]);
  const faces = crowd(60, 4);
  await people.unnamed({ offset: 0, limit: 1 });
  await house.people.settled();
  const { total, faces: page } = await people.unnamed({ offset: 0, limit: 60 });
  expect(total).toBe(63);
  const who = page.map(({ id }) => faces.indexOf(id) % 4);
  expect(who.filter((person, i) => i > 0 && person !== who[i - 1]).length).toBeLessThanOrEqual(6); // 3 at best, 45 by date

  // naming one leaves the others where they are
  await people.ignore({ faces: [page[5]!.id] });
  await house.people.settled();
  const after = await people.unnamed({ offset: 0, limit: 59 });
  expect(after.total).toBe(62);
  expect(after.faces.map(({ id }) => id)).toEqual(page.filter((_, i) => i !== 5).map(({ id }) => id));
});

test('the order has every row once, whatever the directions', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { minLength: 0, maxLength: 200 }),
      async (points) => {
        const all = roundedDirections(points.length, 4);
        for (const [row, [a, b]] of points.entries()) all.set(row, Float32Array.of(a, b, 0, 0));
        const order = await alikeOrder(all, nothing);
        expect(order.toSorted((a, b) => a - b)).toEqual(points.map((_, row) => row));
      },
    ),
    { numRuns: 60 },
  );
});

test('likeness is the mean cosine to the nearest three', () => {
  const unit = (...values: number[]): Float32Array => Float32Array.from(values);
  const reference = referenceFrom('anna', 'r', [unit(1, 0), unit(0.8, 0.6), unit(0.6, 0.8), unit(-1, 0)]);
  expect(likenessTo(reference, unit(1, 0), 'r')).toBeCloseTo((1 + 0.8 + 0.6) / 3, 6);
  expect(likenessTo(reference, unit(0, -1), 'r')).toBeUndefined();
  expect(likenessTo(reference, unit(1, 0), 'other')).toBeUndefined();
  expect(likenessTo(reference, unit(1, 0, 0), 'r')).toBeUndefined();
});
