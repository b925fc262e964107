/**
 * The grid against a plain model of it: any filter, any page, both orders; and search for any text.
 * The bench (bench/library.ts) has its speed.
 */
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { PhotoFilter } from '../../../src/domain/library.ts';
import { Grid } from '../../../src/services/photos/grid.ts';
import { matchOf, wordsOf } from '../../../src/services/photos/words.ts';
import { addFaceRow, addPersonRow, addPhotoRow, openLibrary } from './helpers.ts';
import type { Library } from './helpers.ts';

interface Model {
  readonly id: string;
  readonly at: number;
  readonly people: readonly string[];
  readonly rating: number;
  readonly damaged: boolean;
  readonly restored: boolean;
  readonly directory: string;
}

let library: Library;
let grid: Grid;
let model: Model[];
let anna: string;
let otto: string;

/** 150 photos in few months, so that many share one, some even the moment. */
beforeEach(async () => {
  library = await openLibrary();
  const { db } = library;
  grid = new Grid(db);
  anna = addPersonRow(db, 'anna');
  otto = addPersonRow(db, 'otto of the sea');
  model = Array.from({ length: 150 }, (_, i) => {
    const at = Date.UTC(1944 + (i % 3), (i * 5) % 4, 1 + (i % 7));
    const [rating, damaged, restored] = [i % 6, i % 10 === 0, i % 4 === 0];
    const directory = i % 2 === 0 ? 'a' : i % 3 === 0 ? 'a/b' : 'ab';
    const id = addPhotoRow(db, {
      captured_at: at,
      rating,
      damage: damaged ? 'It is cut short.' : null,
      path: `${directory}/photo ${i}.jpg`,
      note: i % 5 === 0 ? 'at the sea' : '',
    });
    const people = [...(i % 3 === 0 ? [anna, anna] : []), ...(i % 5 === 1 ? [otto] : [])];
    for (const person of people) addFaceRow(db, id, person);
    if (restored)
      db.run(
        `INSERT INTO renditions (id, photo, file, sha256, bytes, width, height, recipe, created_at)
         VALUES (?, ?, 'f', 's', 1, 1, 1, '{}', 0)`,
        `r${i}`,
        id,
      );
    return { id, at, people, rating, damaged, restored, directory };
  });
});

function expected(filter: PhotoFilter): string[] {
  const { person, from = -Infinity, before = Infinity, rating = 0, damaged, restored, directory } = filter;
  return model
    .filter(
      (photo) =>
        (person === undefined || photo.people.includes(person)) &&
        photo.at >= from &&
        photo.at < before &&
        photo.rating >= rating &&
        (damaged === undefined || photo.damaged === damaged) &&
        (restored === undefined || photo.restored === restored) &&
        (directory === undefined || `${photo.directory}/`.startsWith(`${directory}/`)),
    )
    .sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1))
    .map(({ id }) => id);
}

describe('the grid', () => {
  it('gives the rows of any page of any filter, in both orders', () => {
    const filters = fc.record(
      {
        person: fc.constantFrom(...['anna', 'otto']).map((name) => (name === 'anna' ? anna : otto)),
        from: fc.constantFrom(Date.UTC(1944, 1), Date.UTC(1945, 2, 3)),
        before: fc.constantFrom(Date.UTC(1946, 0), Date.UTC(1945, 2, 5)),
        rating: fc.integer({ min: 0, max: 5 }),
        damaged: fc.boolean(),
        restored: fc.boolean(),
        directory: fc.constantFrom('a', 'a/b', 'ab'),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        filters,
        fc.constantFrom('newest' as const, 'oldest' as const),
        fc.nat(160),
        fc.integer({ min: 1, max: 60 }),
        (filter, order, offset, limit) => {
          const all = expected(filter);
          if (order === 'oldest') all.reverse();
          const ids = grid.page(filter, order, offset, limit).map(({ id }) => id);
          expect(ids).toEqual(all.slice(offset, offset + limit));
          const { total, months } = grid.timeline(filter, order);
          expect(total).toBe(all.length);
          const names = months.map(({ month }) => month);
          expect(names).toEqual(order === 'newest' ? names.toSorted().reverse() : names.toSorted());
          const probe = all[offset];
          if (probe !== undefined) expect(grid.position(probe, filter, order)).toBe(offset);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('follows every change', () => {
    const { db } = library;
    const [first = ''] = expected({});
    const rows = () => grid.timeline({}, 'newest').total;
    const ofAnna = () => grid.timeline({ person: anna }, 'newest').total;
    const before = [rows(), ofAnna()];
    db.run(`UPDATE photos SET state = 'missing' WHERE id = ?`, first);
    expect([rows(), grid.page({}, 'newest', 0, 1)[0]?.missing]).toEqual([before[0], true]);
    db.run(`UPDATE photos SET captured_at = ? WHERE id = ?`, Date.UTC(1890, 5), first);
    expect(grid.page({}, 'oldest', 0, 1)[0]?.id).toBe(first);
    expect(grid.position(first, {}, 'newest')).toBe(149);
    db.run(
      `UPDATE photos SET state = 'removed' WHERE id IN (SELECT photo FROM faces WHERE person = ?)`,
      anna,
    );
    expect([rows(), ofAnna(), grid.position(first, {}, 'newest') === null]).toEqual([
      (before[0] ?? 0) - (before[1] ?? 0),
      0,
      model.find(({ id }) => id === first)?.people.includes(anna),
    ]);
    db.run('DELETE FROM photos');
    expect([rows(), db.column<number>('SELECT count(*) FROM photo_months').get()]).toEqual([0, 0]);
    expect(
      db.column<number>(`SELECT count(*) FROM photo_search WHERE photo_search MATCH 'photo'`).get(),
    ).toBe(0);
  });
});

describe('search', () => {
  const found = (text: string, filter: PhotoFilter = {}): number =>
    grid.timeline({ ...filter, text }, 'newest').total;

  it('finds words, beginnings, dates and people, together', () => {
    const count = (test: (photo: Model, i: number) => boolean): number => model.filter(test).length;
    const year = ({ at }: Model): number => new Date(at).getUTCFullYear();
    const month = ({ at }: Model): number => new Date(at).getUTCMonth();
    expect(found('SEA')).toBe(count(({ people }, i) => i % 5 === 0 || people.includes(otto)));
    expect(found('ann')).toBe(count(({ people }) => people.includes(anna)));
    expect(found('anna 1944')).toBe(count((photo) => photo.people.includes(anna) && year(photo) === 1944));
    expect(found('anna otto')).toBe(count(({ people }) => people.includes(anna) && people.includes(otto)));
    expect(found('anna sea')).toBe(
      count(({ people }, i) => people.includes(anna) && (i % 5 === 0 || people.includes(otto))),
    );
    expect(found('february 1945')).toBe(count((photo) => month(photo) === 1 && year(photo) === 1945));
    expect(found('Februar 1945')).toBe(found('february 1945'));
    expect(found('1945-02')).toBe(found('february 1945'));
    expect(found('1940s')).toBe(150);
    expect([found('photo 7'), found('photo 14')]).toEqual([1, 11]);
    expect(found('sea', { person: anna })).toBe(found('anna sea'));
    expect(found('anna', { rating: 3 })).toBe(
      count(({ people, rating }) => people.includes(anna) && rating >= 3),
    );
    expect(found('nothing of the kind')).toBe(0);
  });

  it('pages through what it finds in the order of the grid', () => {
    const all = expected({ person: anna });
    const ids = (order: 'newest' | 'oldest') =>
      [0, 20, 40, 60].flatMap((offset) => grid.page({ text: 'anna' }, order, offset, 20).map(({ id }) => id));
    expect(ids('newest')).toEqual(all);
    expect(ids('oldest')).toEqual(all.toReversed());
    expect(grid.position(all[30] ?? '', { text: 'anna' }, 'newest')).toBe(30);
  });

  it('takes any text for a search', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.string({ unit: 'grapheme', maxLength: 60 }),
      fc.constantFrom(
        '"',
        "'",
        '*',
        'AND',
        'NOT sea',
        'sea OR',
        '(sea',
        'name:sea',
        'NEAR(a b)',
        '^a',
        'a-b',
        '{a b}',
        '\u0301',
        '1944-',
        "'); DROP TABLE photos; --",
      ),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(grid.timeline({ text }, 'newest').total).toBeLessThanOrEqual(150);
        expect(typeof matchOf(wordsOf(text))).toBe('string');
      }),
      { numRuns: 400 },
    );
  });
});
