/**
 * The queue's rows: order, claims, moves, endings that happen once.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JobQueue } from '../../../src/services/jobs/queue.ts';
import { database } from './helpers.ts';

const job = (title: string, priority = 0) => ({ kind: 'restore', title, payload: {}, priority }) as const;

function titlesClaimed(queue: JobQueue): string[] {
  const titles: string[] = [];
  for (let next = queue.claim(['restore']); next; next = queue.claim(['restore'])) titles.push(next.title);
  return titles;
}

describe('the queue', () => {
  it('gives jobs by priority, then in their order, each once', () => {
    const queue = new JobQueue(database());
    queue.add([job('a'), job('b'), job('urgent', 10), job('c')]);
    expect(titlesClaimed(queue)).toEqual(['urgent', 'a', 'b', 'c']);
  });

  it('ends a run once: what belongs to the end is done with it, or not at all', () => {
    const db = database();
    const queue = new JobQueue(db);
    const [id = ''] = queue.add([job('a')]);
    const first = queue.claim(['restore'])!;
    let rows = 0;
    expect(queue.end(first, 'done', { commit: () => rows++ })).toBe(true);
    expect(queue.end(first, 'done', { commit: () => rows++ })).toBe(false);
    expect(rows).toBe(1);

    const [other = ''] = queue.add([job('b')]);
    const second = queue.claim(['restore'])!;
    const failing = (): never => {
      db.run(`INSERT INTO settings VALUES ('half', '1')`);
      throw new Error('no room');
    };
    expect(() => queue.end(second, 'done', { commit: failing })).toThrow('no room');
    expect(queue.get(other)?.state).toBe('running');
    expect(db.column('SELECT value FROM settings').all()).toEqual([]);
    expect(queue.get(id)?.state).toBe('done');
  });

  it('refuses the end of a run that another has followed', () => {
    const db = database();
    const [queue, later] = [new JobQueue(db), new JobQueue(db)];
    queue.add([job('a')]);
    const first = queue.claim(['restore'])!;
    expect(later.orphans().map(({ id }) => id)).toEqual([first.id]);
    later.release(first);
    const second = later.claim(['restore'])!;
    expect(second.run).toBe(first.run + 1);
    expect(queue.end(first, 'done')).toBe(false);
    expect(later.end(second, 'done')).toBe(true);
  });

  it('waits with a job until what it needs is done', () => {
    const queue = new JobQueue(database());
    const [album = ''] = queue.add([{ kind: 'album', title: 'album', payload: {} }]);
    const [restore = ''] = queue.add([{ kind: 'restore', title: 'restore', payload: { needs: album } }]);
    expect(queue.claim(['restore'])).toBeUndefined();
    queue.end(queue.claim(['album'])!, 'done');
    expect(queue.claim(['restore'])?.id).toBe(restore);
  });

  it('keeps any order of moves', () => {
    const db = database();
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(5), fc.nat(6)), { maxLength: 40 }), (moves) => {
        db.run('DELETE FROM jobs');
        const queue = new JobQueue(db);
        const ids = queue.add(['a', 'b', 'c', 'd', 'e', 'f'].map((title) => job(title)));
        const model = [...ids];
        for (const [from, to] of moves) {
          const moved = ids[from]!;
          const before = ids[to] ?? null;
          queue.move(moved, before);
          if (before === moved) continue;
          model.splice(model.indexOf(moved), 1);
          model.splice(before === null ? model.length : model.indexOf(before), 0, moved);
        }
        const inOrder = queue.list(['queued'], 10).map(({ id }) => id);
        expect(inOrder).toEqual(model);
      }),
      { numRuns: 30 },
    );
  });

  it('says what cannot be moved', () => {
    const queue = new JobQueue(database());
    const [a = '', b = ''] = queue.add([job('a'), job('b')]);
    queue.claim(['restore']);
    expect(() => queue.move(a, b)).toThrow('Only jobs that wait');
    expect(() => queue.move('nothing', null)).toThrow('not there any more');
  });
});
