/**
 * Every statement of people, albums, renditions and history follows an index: none walks through all photos, faces,
 * anchors or renditions. The bench of the library has the times.
 */
import { afterAll, expect, test } from 'vitest';
import { albumsSql } from '../../../src/services/albums/albums.sql.ts';
import { historySql } from '../../../src/services/history/history.sql.ts';
import { peopleSql } from '../../../src/services/people/people.sql.ts';
import { renditionsSql } from '../../../src/services/renditions/renditions.sql.ts';
import { makeHouse } from '../history/house.ts';

const house = makeHouse();
afterAll(() => house.close());

const statements = Object.entries({ ...peopleSql, ...albumsSql, ...renditionsSql, ...historySql });
/** What is about everything: it runs once at a start, or is about adapters, of which there are few. */
const whole = new Set(['files', 'size', 'withBytes', 'adapterKnown']);

test.each(statements.filter(([name]) => !whole.has(name)))('%s follows an index', (_, sql) => {
  const parameters = [...sql.matchAll(/\?/g)].map(() => null);
  const plan = house.db
    .query<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
    .all(...parameters)
    .map(({ detail }) => detail);
  const walked = plan.filter((line) =>
    /^SCAN (f|faces|e|face_embeddings|photos|q|n|anchors|r|renditions|albums|a|d|adapters)\b/.test(line),
  );
  expect(walked).toEqual([]);
});

test('the pages of faces sort no more than the page', () => {
  const sorts = (sql: string): number =>
    house.db
      .query<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
      .all(...[...sql.matchAll(/\?/g)].map(() => null))
      .filter(({ detail }) => detail.includes('TEMP B-TREE')).length;
  expect([sorts(peopleSql.unnamed), sorts(peopleSql.unnamedIds)]).toEqual([0, 0]);
  const read = (sql: string): string | undefined =>
    house.db.query<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).get()?.detail;
  for (const sql of [peopleSql.countUnnamed, peopleSql.unnamedIds])
    expect(read(sql)).toMatch(/COVERING INDEX faces_unnamed/);
  // once, of the rows that are shown
  expect(sorts(peopleSql.confirmed)).toBe(1);
});
