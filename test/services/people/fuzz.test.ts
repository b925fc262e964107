/**
 * Calls as no window would make them: wrong types, huge texts, unknown ids, path tricks, thousands at once. Each is
 * answered by its schema or by one sentence; nothing breaks, and nothing is written outside the data folder.
 */
import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assertSound } from '../../../src/services/db/open.ts';
import { invariant, UserError } from '../../../src/domain/errors.ts';
import { embedding, makeHouse, parts } from '../history/house.ts';

const names = Object.values(parts).flatMap((slice) =>
  Object.keys(slice.definitions).map((call) => [slice.name, call] as const),
);
const odd = fc.oneof(
  fc.constantFrom(
    'photo-0',
    'photo-1',
    '../../etc/passwd',
    '..',
    '/',
    'C:\\x',
    '__proto__',
    'constructor',
    "' OR 1=1 --",
    '',
    '\0',
    '\u202e',
    'x'.repeat(100_000),
  ),
  fc.constantFrom(null, -1, 0, 1, 2, 1e9, 1e300, Number.NaN, Infinity, true, undefined),
  fc.string(),
  fc.jsonValue({ maxDepth: 2 }),
);
const fields = [
  'person',
  'others',
  'faces',
  'name',
  'birthYear',
  'hidden',
  'cover',
  'photo',
  'at',
  'state',
  'offset',
  'limit',
  'count',
  'adapter',
  'rendition',
  'renditions',
  'rating',
  'note',
  'search',
  'theme',
  'threads',
  'cacheBytes',
];

test('any call with anything', { timeout: 240_000 }, async () => {
  const house = makeHouse();
  const around = readdirSync(dirname(house.dataFolder))
    .filter((name) => !name.startsWith('albumen-'))
    .sort();
  const faces = house.addFaces(house.addPhotos(6), (i) => ({ embedding: embedding(i % 2, i) }));
  const { id: person } = await house.client.people.create({ name: 'anna', faces: faces.slice(0, 2) });
  const rendition = house.addRendition('photo-0', [person]);
  const adapter = house.addAdapter(person);
  // half right, so that calls get past their schema
  const good: Readonly<Record<string, unknown>> = {
    ...{
      person,
      faces,
      photo: 'photo-0',
      offset: 0,
      limit: 5,
      count: 3,
      adapter,
      rendition,
      renditions: [rendition],
    },
    ...{ name: 'Grandma', others: [person], state: 'confirmed', rating: 3, theme: 'dark' },
    at: { leftEye: { x: 300, y: 300 }, rightEye: { x: 400, y: 300 }, mouth: { x: 350, y: 420 } },
  };
  const ask = async (slice: string, call: string, input: unknown): Promise<unknown> => {
    const service: unknown = Reflect.get(house.client, slice);
    const method: unknown = typeof service === 'object' && service ? Reflect.get(service, call) : undefined;
    invariant(typeof method === 'function', 'a call of the contract');
    return await Reflect.apply(method, undefined, [input]);
  };
  const outcomes = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...names),
      fc.dictionary(fc.constantFrom(...fields), odd, { maxKeys: 2 }),
      fc.boolean(),
      async ([slice, call], input, helped) => {
        const definition = parts[slice].definitions as Readonly<
          Record<string, { input: { entries: object } }>
        >;
        const wanted = Object.keys(definition[call]!.input.entries);
        const own = Object.fromEntries(
          wanted.flatMap((key) => (good[key] === undefined ? [] : [[key, good[key]]])),
        );
        try {
          await ask(
            slice,
            call,
            helped
              ? {
                  ...own,
                  ...Object.fromEntries(Object.entries(input).filter(([key]) => wanted.includes(key))),
                }
              : input,
          );
          outcomes.add('answered');
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
          outcomes.add((error as UserError).code);
        }
      },
    ),
    { numRuns: 600 },
  );
  await house.people.settled();
  expect(outcomes.has('internal')).toBe(false);
  expect(outcomes.has('answered')).toBe(true);
  expect(outcomes.has('usage')).toBe(true);
  expect(house.serviceProblems).toEqual([]);
  expect(house.problems).toEqual([]);
  assertSound(house.db, true);
  expect(house.db.pragma('foreign_key_check')).toEqual([]);
  const after = readdirSync(dirname(house.dataFolder))
    .filter((name) => !name.startsWith('albumen-'))
    .sort();
  expect(after.filter((name) => !around.includes(name) && /passwd|^x$/.test(name))).toEqual([]);
  await house.close();
});

test('ten thousand calls at once are answered, or told that it is busy', { timeout: 120_000 }, async () => {
  const house = makeHouse();
  const faces = house.addFaces(house.addPhotos(10));
  const { id: person } = await house.client.people.create({ name: 'anna', faces });
  const calls = Array.from({ length: 10_000 }, (_, i) => {
    if (i % 4 === 0) return house.client.people.list();
    if (i % 4 === 1) return house.client.people.update({ person, name: `anna ${i}` });
    return i % 4 === 2
      ? house.client.history.undo()
      : house.client.people.facesOf({ person, state: 'confirmed', offset: 0, limit: 5 });
  });
  const codes = new Set(
    (await Promise.allSettled<unknown>(calls)).map((end) =>
      end.status === 'fulfilled' ? 'answered' : (end.reason as UserError).code,
    ),
  );
  expect([...codes].filter((code) => !['answered', 'busy', 'missing'].includes(code))).toEqual([]);
  expect(codes.has('answered')).toBe(true);
  assertSound(house.db);
  await house.close();
});
