/**
 * Killed at random, again and again, no job is lost, none is done twice, and nothing half-made is left. Six kills here;
 * ALBUMEN_KILLS=50 for the long run, ALBUMEN_SEED for another one.
 */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { UserError } from '../../src/domain/errors.ts';
import { takeLock } from '../../src/processes/lock.ts';
import { openDatabase, assertSound } from '../../src/services/db/open.ts';
import { crashRun, filesIn, hashesIn } from './crash.ts';
import { places } from './studio.ts';

const kills = Number(process.env['ALBUMEN_KILLS'] ?? 6);
const seed = Number(process.env['ALBUMEN_SEED'] ?? 1);
const at = places();

it(`survives ${kills} kills`, { timeout: 120_000 + kills * 20_000 }, async () => {
  const run = await crashRun(at, kills, seed);
  expect(run.kills.library + run.kills.engine).toBe(kills);
  // nobody is at work any more
  const busy = new UserError('busy', 'somebody is at work');
  for (const name of ['engine.lock', 'library.lock'])
    (await takeLock(join(at.data, name), 0, busy))[Symbol.dispose]();

  using opened = openDatabase(at.data);
  const { db } = opened;
  assertSound(db, true);
  const states = new Map(run.jobs.map(({ id, state }) => [id, state]));
  const count = (sql: string, ...values: string[]): number => db.column<number>(sql).get(...values) ?? 0;
  for (const [id, kind] of run.asked) {
    expect(states.get(id), `${kind} ${id}`).toBe('done');
    if (kind === 'restore') expect(count('SELECT count(*) FROM renditions WHERE job = ?', id)).toBe(2);
    if (kind === 'finetune') expect(count('SELECT count(*) FROM adapters WHERE job = ?', id)).toBe(1);
  }
  // those whose answer was lost with its process ended too
  expect([...states.values()].filter((state) => state !== 'done')).toEqual([]);
  for (const { id, kind } of run.jobs)
    if (kind === 'restore') expect(count('SELECT count(*) FROM renditions WHERE job = ?', id)).toBe(2);

  for (const [job, { folder, files }] of run.exports) {
    const rows = count(`SELECT count(*) FROM exports WHERE job = ? AND state = 'written'`, job);
    expect(rows).toBeGreaterThanOrEqual(files);
    expect(filesIn(folder)).toHaveLength(rows);
  }

  expect(filesIn(join(at.data, 'renditions'))).toHaveLength(
    count('SELECT count(*) FROM renditions') + count('SELECT count(DISTINCT variation) FROM renditions'),
  );
  expect(filesIn(join(at.data, 'adapters'))).toHaveLength(count('SELECT count(*) FROM adapters'));
  expect(filesIn(join(at.data, 'work'))).toEqual([]);
  for (const folder of [at.data, at.out, at.photos])
    expect(filesIn(folder).filter((path) => /\.tmp$|\.part$|albumen-[0-9a-f-]{36}/.test(path))).toEqual([]);
  expect(hashesIn(at.photos)).toEqual(run.originals);
  const { library, engine } = run.kills;
  process.stdout.write(`${library} kills of the library, ${engine} of the engine, ${run.jobs.length} jobs\n`);
});
