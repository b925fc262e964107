/**
 * A queue on a database of its own, and workers that do what a test tells them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Context } from '../../../src/contract/rpc.ts';
import type { Job } from '../../../src/domain/job.ts';
import { openDatabase } from '../../../src/services/db/open.ts';
import type { Database } from '../../../src/services/db/database.ts';
import { JobsService } from '../../../src/services/jobs/jobs.service.ts';
import type { Ending, Worker, Workers, Working } from '../../../src/services/jobs/ports.ts';
import { Speeds } from '../../../src/services/jobs/speeds.ts';

export function folderOfTest(): string {
  const folder = mkdtempSync(join(tmpdir(), 'albumen-jobs-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function database(folder = folderOfTest()): Database {
  const opened = openDatabase(folder);
  onTestFinished(() => opened.db.close());
  return opened.db;
}

/** A photo and a person to have jobs about: `p1`, `p2`, ...; `anna`. */
export function fill(db: Database, photos = 5): void {
  db.run(`INSERT INTO folders (id, path, title, added_at) VALUES ('f', '/photos', 'photos', 0)`);
  for (let i = 1; i <= photos; i++)
    db.run(
      `INSERT INTO photos (id, folder, path, size, mtime, hash, captured_at, captured_from, captured_precision, own_date, added_at)
       VALUES (?, 'f', ?, 1, 0, ?, 0, 'mtime', 'second', '{}', 0)`,
      `p${i}`,
      `${i}.jpg`,
      new Uint8Array(32).fill(i),
    );
  db.run(`INSERT INTO people (id, name, created_at) VALUES ('anna', 'anna', 0)`);
}

export const choice = {
  strength: 100,
  steps: 10,
  seed: 0,
  candidates: 1,
  prior: { kind: 'prior' },
  repair: { tone: 0, scratches: 0, denoise: 0 },
  faces: [],
} as const;

/** A job at work that a test ends. */
export class Held {
  readonly working: Working;
  readonly #ends = Promise.withResolvers<Ending>();

  constructor(working: Working) {
    this.working = working;
  }

  get ended(): Promise<Ending> {
    return this.#ends.promise;
  }

  done(ending: Ending = {}): void {
    this.#ends.resolve(ending);
  }

  fail(error: unknown): void {
    this.#ends.reject(error);
  }
}

/** Workers whose jobs wait to be ended, in the order they were begun; one that is told to stop does. */
export class Bench {
  readonly held: Held[] = [];
  readonly cleaned: string[] = [];
  readonly forced: string[] = [];
  readonly #waiting: ((held: Held) => void)[] = [];

  readonly workers: Workers;

  constructor({ obeys = true } = {}) {
    const worker = (kind: string): Worker => ({
      run: async (working) => {
        const held = new Held(working);
        this.held.push(held);
        this.#waiting.shift()?.(held);
        if (obeys)
          working.signal.addEventListener('abort', () => held.fail(working.signal.reason), { once: true });
        return held.ended;
      },
      force: () => {
        this.forced.push(kind);
        this.held.at(-1)?.fail(new Error('ended'));
      },
      cleanUp: (job, why) => {
        this.cleaned.push(`${job.id} ${why}`);
        return Promise.resolve();
      },
    });
    const kinds = ['scan', 'faces', 'restore', 'finetune', 'album', 'export'] as const;
    this.workers = Object.fromEntries(kinds.map((kind) => [kind, worker(kind)])) as Record<
      (typeof kinds)[number],
      Worker
    >;
  }

  /** The `n`th job that is begun, from 1. */
  begun(n: number): Promise<Held> {
    const known = this.held[n - 1];
    if (known) return Promise.resolve(known);
    return new Promise((resolve) => {
      this.#waiting[n - 1 - this.held.length] = resolve;
    });
  }
}

export function service(db: Database, patience = 10_000) {
  const logged: unknown[] = [];
  const jobs = new JobsService({
    keepMask: () => Promise.resolve('0'.repeat(64)),
    ...{ db, patience, speeds: new Speeds(db), changed: () => undefined },
    log: (error) => {
      logged.push(error);
      return 'abc123';
    },
    planOf: ({ weights }) => ({ steps: 400, speed: `finetune.test.${weights}` }),
  });
  return { jobs, logged };
}

const context: Context = { signal: new AbortController().signal, client: 'test' };

/** Calls as a client makes them. */
export function calls({ handlers }: JobsService) {
  return {
    restore: async (photos: string[]): Promise<string[]> => {
      const { jobs } = await handlers.restore({ photos, choice: { ...choice, faces: [] } }, context);
      return jobs;
    },
    ask: (call: 'pause' | 'resume' | 'cancel' | 'retry', ...jobs: string[]) =>
      handlers[call]({ jobs }, context),
    list: (): Job[] => (handlers.list({ limit: 500, states: undefined }, context) as { jobs: Job[] }).jobs,
    context,
  };
}

/** Resolves when the job is in one of these states. */
export async function until(jobs: JobsService, id: string, ...states: Job['state'][]): Promise<Job> {
  for await (const job of jobs.handlers.watch({}, context))
    if (job.id === id && states.includes(job.state)) return job;
  throw new Error('the stream of jobs has ended');
}
