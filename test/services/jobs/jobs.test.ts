/**
 * Jobs from the first call to the last state: done, failed, paused, cancelled, tried again, found after a crash, set aside.
 */
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../src/domain/errors.ts';
import { WorkerDied } from '../../../src/services/jobs/ports.ts';
import type { Working } from '../../../src/services/jobs/ports.ts';
import { Bench, calls, database, fill, folderOfTest, service, until } from './helpers.ts';

async function open({ obeys = true, patience = 10_000 } = {}) {
  const db = database();
  fill(db);
  const bench = new Bench({ obeys });
  const { jobs, logged } = service(db, patience);
  await jobs.start(bench.workers);
  return { db, bench, jobs, logged, ...calls(jobs) };
}

describe('jobs', () => {
  it('run one after the other in their lane, and end well with their rows', async () => {
    const { db, bench, jobs, restore, list } = await open();
    const [a = '', b = ''] = await restore(['p1', 'p2']);
    const first = await bench.begun(1);
    expect(list().map(({ state }) => state)).toEqual(['running', 'queued']);
    first.done({ commit: () => void db.run(`INSERT INTO settings VALUES ('made', '1')`) });
    const second = await bench.begun(2);
    expect(db.column('SELECT name FROM settings').all()).toEqual(['made']);
    second.fail(new UserError('photo.unreadable', 'It is damaged.', 'Copy it again.'));
    expect((await until(jobs, a, 'done')).error).toBeNull();
    expect((await until(jobs, b, 'failed')).error).toMatchObject({
      code: 'photo.unreadable',
      message: 'It is damaged.',
    });
  });

  it('tell nothing of a mistake of ours but a reference', async () => {
    const { bench, jobs, restore, logged } = await open();
    const [a = ''] = await restore(['p1']);
    (await bench.begun(1)).fail(new TypeError('/home/anna/x.ts is undefined'));
    expect((await until(jobs, a, 'failed')).error?.message).toContain('abc123');
    expect(logged).toHaveLength(1);
  });

  it('pause between steps and go on, and wait while they are paused', async () => {
    const { bench, jobs, restore, ask } = await open();
    const [a = '', b = ''] = await restore(['p1', 'p2']);
    await bench.begun(1);
    void ask('pause', a, b);
    await until(jobs, a, 'paused');
    expect(bench.held).toHaveLength(1);
    void ask('resume', a);
    const again = await bench.begun(2);
    expect(again.working.job).toMatchObject({ id: a, run: 2 });
    again.done();
    await until(jobs, a, 'done');
    await until(jobs, b, 'paused');
  });

  it('are cancelled at work and in the queue, and can be tried again', async () => {
    const { bench, jobs, restore, ask } = await open();
    const [a = '', b = ''] = await restore(['p1', 'p2']);
    await bench.begun(1);
    void ask('cancel', a, b);
    await until(jobs, a, 'cancelled');
    await until(jobs, b, 'cancelled');
    void ask('retry', b);
    expect((await bench.begun(2)).working.job.id).toBe(b);
  });

  it('are ended by force where they do not stop', async () => {
    const { bench, jobs, restore, ask } = await open({ obeys: false, patience: 1 });
    const [a = ''] = await restore(['p1']);
    await bench.begun(1);
    void ask('cancel', a);
    await until(jobs, a, 'cancelled');
    expect(bench.forced).toEqual(['restore']);
  });

  it('are tried once more when the engine dies, then set aside; trying again begins anew', async () => {
    const { bench, jobs, restore, ask } = await open();
    const [a = ''] = await restore(['p1']);
    (await bench.begun(1)).fail(new WorkerDied('SIGSEGV'));
    (await bench.begun(2)).fail(new WorkerDied('SIGSEGV'));
    expect((await until(jobs, a, 'aside')).error?.message).toContain('SIGSEGV');
    void ask('retry', a);
    (await bench.begun(3)).fail(new WorkerDied('SIGSEGV'));
    (await bench.begun(4)).done();
    await until(jobs, a, 'done');
  });

  it('that a killed process left at work are taken up again, with what a person wanted', async () => {
    const folder = folderOfTest();
    const db = database(folder);
    fill(db);
    const before = service(db);
    const old = new Bench({ obeys: false });
    await before.jobs.start(old.workers);
    const { restore, ask } = calls(before.jobs);
    const [a = ''] = await restore(['p1']);
    await old.begun(1);
    void ask('cancel', a);

    const after = service(db);
    const bench = new Bench();
    const [b = ''] = await calls(after.jobs).restore(['p2']);
    await after.jobs.start(bench.workers);
    expect(bench.cleaned).toEqual([`${a} found`]);
    await until(after.jobs, a, 'cancelled');
    expect((await bench.begun(1)).working.job.id).toBe(b);
    // the old process comes to itself: too late
    old.held[0]?.done({ commit: () => expect.fail('ended twice') });
    await before.jobs.close();
  });

  it('go back into the queue when the program ends', async () => {
    const { bench, jobs, restore, list } = await open();
    await restore(['p1']);
    await bench.begun(1);
    await jobs.close();
    expect(list().map(({ state }) => state)).toEqual(['queued']);
  });

  it('fail with the album they need', async () => {
    const { bench, jobs, context } = await open();
    const faces: never[] = [];
    const made = await jobs.handlers.restore(
      {
        photos: ['p1'],
        choice: {
          ...{ strength: 1, steps: 1, seed: 0, candidates: 1, faces },
          prior: { kind: 'generative' },
          repair: { tone: 0, scratches: 0, denoise: 0 },
        },
      },
      context,
    );
    const album = await bench.begun(1);
    expect(album.working.job.kind).toBe('album');
    album.fail(new UserError('album.unsuitable', 'No.'));
    expect((await until(jobs, made.jobs[0] ?? '', 'failed')).error?.message).toContain('album');
  });

  it('of a person who is deleted end first, with what they were in the middle of', async () => {
    const { bench, jobs, context, list } = await open();
    const choice = { recipe: 'fast', weights: 'adapter' } as const;
    for (let i = 0; i < 2; i++) void jobs.handlers.finetune({ person: 'anna', choice }, context);
    await bench.begun(1);
    await jobs.endOf('anna');
    expect(list().map(({ state }) => state)).toEqual(['cancelled', 'cancelled']);
    expect(bench.cleaned).toHaveLength(2);
  });

  it('refuse what is not there', async () => {
    const { jobs, context, restore } = await open();
    await expect(restore(['p1', 'unknown'])).rejects.toThrow('not in the library');
    expect(jobs.handlers.list({ limit: 10, states: undefined }, context)).toMatchObject({ jobs: [] });
    const choice = { recipe: 'fast', weights: 'adapter' } as const;
    expect(() => jobs.handlers.finetune({ person: 'nobody', choice }, context)).toThrow('not there any more');
  });
});

describe('what jobs say', () => {
  const stepOf = ({ step }: { step: number }): number => step;
  const steps = async (reading: AsyncIterator<{ step: number }[], unknown>): Promise<number[]> => {
    const next = await reading.next();
    return next.done === true ? [] : next.value.map(stepOf);
  };
  const preview = (step: number) =>
    ({ step, of: 9, face: null, corners: null, mime: 'image/webp', image: Uint8Array.of(step) }) as const;

  it('reaches those who come late: the newest picture, all losses, each job as it is', async () => {
    const { bench, jobs, restore, context } = await open();
    const [a = ''] = await restore(['p1']);
    const { working } = await bench.begun(1);
    working.preview(preview(1));
    working.preview(preview(2));
    working.losses([
      { step: 1, loss: 2, heldOut: null },
      { step: 1, loss: null, heldOut: 3 },
    ]);
    const [one, other] = [0, 1].map(() =>
      jobs.handlers.previews({ job: undefined }, context)[Symbol.asyncIterator](),
    );
    for (const pictures of [one, other])
      expect((await pictures!.next()).value).toMatchObject({ job: a, run: 1, step: 2 });
    working.preview(preview(3));
    expect((await one!.next()).value).toMatchObject({ step: 3 });

    const reading = jobs.handlers.losses({ job: a }, context)[Symbol.asyncIterator]();
    // what there was, in one piece
    expect(await steps(reading)).toEqual([1, 1]);
    working.losses([{ step: 2, loss: 1, heldOut: null }]);
    expect(await steps(reading)).toEqual([2]);
    bench.held[0]?.done({ result: { curve: [{ step: 1, loss: 2, heldOut: null }] } });
    await until(jobs, a, 'done');
    expect(await reading.next()).toMatchObject({ done: true });
    const kept = [];
    for await (const more of jobs.handlers.losses({ job: a }, context)) kept.push(more.map(stepOf));
    expect(kept).toEqual([[1]]);
  });

  it('is in the list while it runs, and in the row for another process', async () => {
    const { db, bench, restore, list } = await open();
    await restore(['p1']);
    const { working } = await bench.begun(1);
    const now: Parameters<Working['progress']>[0] = {
      stage: 'restoring faces',
      done: 3,
      of: 9,
      etaSeconds: 2,
    };
    working.progress(now);
    expect(list()[0]?.progress).toEqual(now);
    expect(JSON.parse(db.column<string>('SELECT progress FROM jobs').get() ?? '')).toEqual(now);
  });

  it('makes an estimate of the speed that was measured', async () => {
    const { db, jobs, context } = await open();
    const asked = { person: 'anna', choice: { recipe: 'fast', weights: 'adapter' } } as const;
    expect(jobs.handlers.estimate(asked, context)).toEqual({ seconds: null, steps: 400 });
    const { Speeds } = await import('../../../src/services/jobs/speeds.ts');
    new Speeds(db).measured('finetune.test.adapter', 0.5);
    expect(jobs.handlers.estimate(asked, context)).toEqual({ seconds: 200, steps: 400 });
  });
});
