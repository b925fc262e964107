/**
 * Progress on the dock and the taskbar, and which ends are worth a word; src/main/progress.ts.
 */
import { expect, it } from 'vitest';
import type { Job } from '../../src/domain/job.ts';
import { Progress } from '../../src/main/progress.ts';

const base: Job = {
  ...{
    id: 'a',
    kind: 'restore',
    state: 'queued',
    title: 'x',
    photo: null,
    person: null,
    priority: 0,
    position: 0,
  },
  ...{ progress: null, error: null, created: 0, started: null, ended: null },
};
const at = (done: number): Job['progress'] => ({ stage: 'Restoring', done, of: 20, etaSeconds: null });

it('shows none, unknown, and the part that is done of all there is', () => {
  const progress = new Progress();
  expect(progress.value).toBe(-1);
  progress.put(base);
  expect(progress.value).toBe(-1);
  progress.put({ ...base, state: 'running' });
  expect(progress.value).toBe(2);
  progress.put({ ...base, state: 'running', progress: at(10) });
  expect(progress.value).toBe(0.5);
  progress.put({ ...base, id: 'b' });
  expect(progress.value).toBe(0.25);
  progress.put({ ...base, state: 'paused', progress: at(10) });
  progress.put({ ...base, id: 'b', state: 'cancelled' });
  expect(progress.value).toBe(-1);
});

it('tells the end of long work once, and of nothing that ended before', () => {
  const progress = new Progress();
  const done = { ...base, state: 'done', started: 1000, ended: 61_000 } as const;
  expect(progress.put(done)).toBe(false);
  progress.put({ ...base, state: 'running' });
  expect(progress.put(done)).toBe(true);
  expect(progress.put(done)).toBe(false);
  progress.put({ ...base, state: 'running' });
  expect(progress.put({ ...done, ended: 2000 })).toBe(false);
  progress.put({ ...base, state: 'running' });
  progress.clear();
  expect(progress.put(done)).toBe(false);
});
