/**
 * Questions to a library of many rows, timed one by one in a process of their own: `ask.ts FOLDER`, after fill.ts. The last line
 * of the output is JSON; ../library.ts makes the table.
 */
import type { PhotoFilter } from '../../src/domain/library.ts';
import { openDatabase } from '../../src/services/db/open.ts';
import { Sidecars } from '../../src/services/db/sidecars.ts';
import { History } from '../../src/services/history/history.service.ts';
import { Keeper } from '../../src/services/history/keeper.ts';
import { PeopleService } from '../../src/services/people/people.service.ts';
import { AlikeIndex } from '../../src/services/photos/alike.ts';
import { Grid } from '../../src/services/photos/grid.ts';
import { median } from '../run.ts';
import type { Filled } from './fill.ts';

export interface Asked {
  readonly name: string;
  readonly medianMs: number;
  readonly worstMs: number;
  /** Of the processor, mean: what a busy machine cannot lengthen much. */
  readonly cpuMs: number;
}

const PAGE = 100;
const [folder = ''] = process.argv.slice(2);
const opening = performance.now();
using opened = openDatabase(folder);
const openMs = performance.now() - opening;
const { db } = opened;
const filled = JSON.parse(
  db.column<string>(`SELECT value FROM settings WHERE name = 'bench'`).get() ?? '{}',
) as Filled;
const grid = new Grid(db);
const results: Asked[] = [];

/** `work(i)` for i < `times`; `between` is not timed, and nothing is answered from what is kept. */
async function time(
  name: string,
  times: number,
  work: (i: number) => unknown,
  between: () => unknown = () => undefined,
): Promise<void> {
  const ms: number[] = [];
  let cpu = 0;
  for (let i = 0; i < times; i++) {
    // what Grid keeps of the last answers must not answer here
    db.run(`INSERT OR REPLACE INTO settings VALUES ('tick', ?)`, String(i));
    const [begin, used] = [performance.now(), process.cpuUsage()];
    await work(i);
    ms.push(performance.now() - begin);
    const { user, system } = process.cpuUsage(used);
    cpu += (user + system) / 1000;
    await between();
  }
  results.push({ name, medianMs: median(ms), worstMs: Math.max(...ms), cpuMs: cpu / times });
}

const total = grid.timeline({}, 'newest').total;
const pages = (filter: PhotoFilter, times: number) => {
  const { total: rows } = grid.timeline(filter, 'newest');
  return (i: number) =>
    grid.page(filter, i % 2 ? 'newest' : 'oldest', Math.floor((rows * (i + 0.5)) / times), PAGE);
};
await time('first page', 20, () => grid.page({}, 'newest', 0, PAGE));
await time('timeline', 20, () => grid.timeline({}, 'newest'));
await time('any page', 200, pages({}, 200));
await time('any page, one folder', 50, pages({ folder: filled.folder }, 50));
await time('first page, most seen person', 20, () => grid.page({ person: filled.most }, 'newest', 0, PAGE));
await time('any page, person of 1,000 photos', 20, pages({ person: filled.many[0] }, 20));
await time('any page, most seen person', 20, pages({ person: filled.most }, 20));
await time('any page, restored', 20, pages({ restored: true }, 20));
await time('any page, rated 3 and more', 20, pages({ rating: 3 }, 20));
await time('any page, ten years', 20, pages({ from: Date.UTC(1995, 0), before: Date.UTC(2005, 0) }, 20));
await time('position of a photo', 20, () => {
  const [row] = grid.page({}, 'newest', total >> 1, 1);
  return grid.position(row?.id ?? '', {}, 'newest');
});
const [a, b] = filled.many;
const nameOf = (id: string): string =>
  db.column<string>('SELECT name FROM people WHERE id = ?').get(id) ?? '';
const asIs = (text: string) => [text, text] as const;
for (const [what, text] of [
  ...['balu', 'wepo mimi', '1987', 'march 2003', '2010-07', 'img', 'jpg'].map(asIs),
  ['a name', nameOf(a)],
  ['a name, 2015', `${nameOf(a)} 2015`],
  ...['ba', 'IMG_4711', 'nothing of the kind'].map(asIs),
] as const)
  await time(`search: ${what}`, 5, () => grid.page({ text }, 'newest', 0, PAGE));
const told = (): void => undefined;
const failed = (error: unknown): void => console.error(error);
const origin = { x: 0, y: 0 };
const history = new History({ db, tell: told });
const keeper = new Keeper({ db, sidecars: new Sidecars(folder, failed), failed });
const people = new PeopleService({
  ...{
    db,
    dataFolder: folder,
    history,
    tell: told,
    failed,
    landmarksOf: () => [origin, origin, origin, origin, origin],
  },
  keeper,
});
const context = { signal: new AbortController().signal, client: 'bench' };
await time('rename a person', 20, (i) =>
  people.handlers.update({ person: a, name: `renamed ${i}` }, context),
);
const undo = () => history.handlers.undo({}, context);
await time(
  'merge a person of 1,000 photos into another',
  10,
  () => people.handlers.merge({ person: b, others: [a] }, context),
  undo,
);
await time(
  'merge them into the most seen person',
  10,
  () => people.handlers.merge({ person: filled.most, others: [a] }, context),
  undo,
);
await time('list of all people', 5, () => people.handlers.list({}, context));
await time('rate 100 photos', 10, (i) =>
  db.transaction(() => {
    for (const id of grid.ids({}, 'newest', 100))
      db.run('UPDATE photos SET rating = ? WHERE id = ?', i % 6, id);
  }),
);
await time('sidecars of these three people', 1, () => keeper.flush());
const rssBefore = process.memoryUsage.rss();
const alike = new AlikeIndex(db);
await time('look-alikes, hashes read', 1, () =>
  alike.near(-1, Buffer.from('0123456789abcdef', 'hex'), 8, 100),
);
await time('look-alikes', 20, () => alike.near(-1, Buffer.from('0123456789abcdef', 'hex'), 8, 100));
await time('groups of duplicates, first time', 1, () => alike.groups());

const maxRss = process.resourceUsage().maxRSS / 1000;
await people.close();
await keeper.flush();
console.log(JSON.stringify({ results, total, openMs, rssMB: rssBefore / 1e6, maxRssMB: maxRss }));
