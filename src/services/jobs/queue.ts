/**
 * The queue in the table `jobs`: put in, take out, end exactly once, and every change of state a person may ask for. It
 * knows rows and nothing of work; runner.ts does the work, jobs.service.ts answers the calls.
 */
import { UserError } from '../../domain/errors.ts';
import type { PlainError } from '../../domain/errors.ts';
import type { JobKind, JobProgress, JobState } from '../../domain/job.ts';
import type { Database } from '../db/database.ts';
import { newId } from '../db/ids.ts';
import { lastPosition, placeBefore, placeLast } from './order.ts';
import type { Place } from './order.ts';
import type { JobRow, NewJob } from './rows.ts';

export const ENDED: readonly JobState[] = ['done', 'failed', 'cancelled', 'aside'];
/** A running job is its owner's for so long after the last sign of life. */
const LEASE_MS = 30_000;

const json = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));

/** A list, or null for all, for `? IS NULL OR x IN (SELECT value FROM json_each(?))`. */
function twice(list: readonly string[] | undefined): [string | null, string | null] {
  const text = list ? JSON.stringify(list) : null;
  return [text, text];
}

export class JobQueue {
  readonly #db: Database;
  /** This process, in `owner`. */
  readonly #owner = newId();

  constructor(db: Database) {
    this.#db = db;
  }

  /** Last in the queue, in this order; their ids. */
  add(jobs: readonly NewJob[]): string[] {
    return this.#db.transaction(() => {
      let position = lastPosition(this.#db);
      return jobs.map(({ kind, title, photo, person, payload, priority = 0 }) => {
        const id = newId();
        this.#db.run(
          `INSERT INTO jobs (id, kind, title, photo, person, payload, priority, position, created_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          ...[id, kind, title.slice(0, 500), photo ?? null, person ?? null],
          ...[JSON.stringify(payload), priority, ++position, Date.now()],
        );
        return id;
      });
    });
  }

  get(id: string): JobRow | undefined {
    return this.#db.query<JobRow>('SELECT * FROM jobs WHERE id = ?').get(id);
  }

  /** Throws UserError `missing`. */
  known(id: string): JobRow {
    const job = this.get(id);
    if (job) return job;
    throw new UserError('missing', 'This job is not there any more.');
  }

  /** What runs first, then the queue in its order, then what has ended, newest first. */
  list(states: readonly JobState[] | undefined, limit: number): JobRow[] {
    return this.#db
      .query<JobRow>(
        `SELECT * FROM jobs WHERE cleared = 0 AND (? IS NULL OR state IN (SELECT value FROM json_each(?)))
         ORDER BY CASE state WHEN 'running' THEN 0 WHEN 'queued' THEN 1 WHEN 'paused' THEN 1 ELSE 2 END,
           CASE WHEN ended_at IS NULL THEN -priority END, CASE WHEN ended_at IS NULL THEN position END,
           ended_at DESC, id
         LIMIT ?`,
      )
      .all(...twice(states), limit);
  }

  counts(): Record<JobState, number> {
    const counts = { queued: 0, running: 0, paused: 0, done: 0, failed: 0, cancelled: 0, aside: 0 };
    const rows = this.#db
      .query<{ state: JobState; n: number }>(
        'SELECT state, count(*) AS n FROM jobs WHERE cleared = 0 GROUP BY state',
      )
      .all();
    for (const { state, n } of rows) counts[state] = n;
    return counts;
  }

  /** Takes the first of these kinds out of the queue and starts its next run; what it needs must be done. */
  claim(kinds: readonly JobKind[]): JobRow | undefined {
    const now = Date.now();
    return this.#db.transaction(() =>
      this.#db
        .query<JobRow>(
          `UPDATE jobs SET state = 'running', run = run + 1, owner = ?, lease_until = ?, wanted = NULL, error = NULL,
             started_at = ?, ended_at = NULL
           WHERE id = (
             SELECT j.id FROM jobs j WHERE j.state = 'queued' AND j.kind IN (SELECT value FROM json_each(?))
               AND NOT EXISTS (SELECT 1 FROM jobs n WHERE n.id = j.payload ->> 'needs' AND n.state <> 'done')
             ORDER BY j.priority DESC, j.position LIMIT 1)
           RETURNING *`,
        )
        .get(this.#owner, now + LEASE_MS, now, JSON.stringify(kinds)),
    );
  }

  /** A sign of life of the jobs at work here. */
  renew(): void {
    const until = Date.now() + LEASE_MS;
    this.#db.run(`UPDATE jobs SET lease_until = ? WHERE state = 'running' AND owner = ?`, until, this.#owner);
  }

  /**
   * Ends this run of a job that is at work here, with all that belongs to it, in one transaction. False where it is not
   * (it was ended otherwise): then nothing is done.
   */
  end(
    { id, run }: Pick<JobRow, 'id' | 'run'>,
    state: Exclude<JobState, 'running'>,
    {
      result,
      error,
      commit,
      crashed = false,
    }: {
      readonly result?: unknown;
      readonly error?: PlainError;
      readonly commit?: (() => void) | undefined;
      readonly crashed?: boolean;
    } = {},
  ): boolean {
    return this.#db.transaction(() => {
      const changed = this.#db.run(
        `UPDATE jobs SET state = ?, result = coalesce(?, result), error = ?, wanted = NULL, owner = NULL,
           lease_until = NULL, crashes = crashes + ?, ended_at = ?, progress = CASE WHEN ? = 'done' THEN NULL ELSE progress END
         WHERE id = ? AND run = ? AND state = 'running' AND owner = ?`,
        ...[state, json(result), json(error), Number(crashed)],
        ...[ENDED.includes(state) ? Date.now() : null, state, id, run, this.#owner],
      );
      if (changed === 0) return false;
      commit?.();
      return true;
    });
  }

  /** Of a job at work: in the row, for another process. */
  keep(id: string, kept: { readonly result?: unknown; readonly progress?: JobProgress }): void {
    this.#db.run(
      'UPDATE jobs SET result = coalesce(?, result), progress = coalesce(?, progress) WHERE id = ?',
      json(kept.result),
      json(kept.progress),
      id,
    );
  }

  /** Those that a process that is gone left at work. This process must be the only one. */
  orphans(): JobRow[] {
    return this.#db
      .query<JobRow>(`SELECT * FROM jobs WHERE state = 'running' AND owner IS NOT ?`)
      .all(this.#owner);
  }

  /** Back into the queue, or where a person wanted it before its process was gone. */
  release({ id, wanted }: JobRow, aside?: PlainError): JobState {
    const state = aside
      ? 'aside'
      : wanted === 'cancel'
        ? 'cancelled'
        : wanted === 'pause'
          ? 'paused'
          : 'queued';
    this.#db.run(
      `UPDATE jobs SET state = ?, owner = NULL, lease_until = NULL, wanted = NULL, error = ?, ended_at = ?
       WHERE id = ? AND state = 'running'`,
      ...[state, json(aside), ENDED.includes(state) ? Date.now() : null, id],
    );
    return state;
  }

  /** From one of these states to another; the ids of those that were in one of them. */
  change(ids: readonly string[], from: readonly JobState[], to: JobState): string[] {
    const ended = ENDED.includes(to) ? Date.now() : null;
    return this.#db
      .column<string>(
        `UPDATE jobs SET state = ?, ended_at = ?, wanted = NULL
         WHERE id IN (SELECT value FROM json_each(?)) AND state IN (SELECT value FROM json_each(?)) RETURNING id`,
      )
      .all(to, ended, JSON.stringify(ids), JSON.stringify(from));
  }

  /** Asks jobs at work to stop; the ids of those that are. A cancellation outweighs a pause. */
  want(ids: readonly string[], wanted: 'pause' | 'cancel'): string[] {
    return this.#db
      .column<string>(
        `UPDATE jobs SET wanted = ? WHERE id IN (SELECT value FROM json_each(?)) AND state = 'running'
           AND wanted IS NOT 'cancel' RETURNING id`,
      )
      .all(wanted, JSON.stringify(ids));
  }

  /** Takes a pause back that has not happened yet. */
  unwant(ids: readonly string[]): string[] {
    return this.#db
      .column<string>(
        `UPDATE jobs SET wanted = NULL WHERE id IN (SELECT value FROM json_each(?)) AND state = 'running'
           AND wanted = 'pause' RETURNING id`,
      )
      .all(JSON.stringify(ids));
  }

  /** Ended jobs that did not end well, last in the queue again and with a clean slate; what they need with them. */
  retry(ids: readonly string[]): string[] {
    return this.#db.transaction(() => {
      const needs = this.#db
        .column<string>(
          `SELECT n.id FROM jobs j JOIN jobs n ON n.id = j.payload ->> 'needs'
           WHERE j.id IN (SELECT value FROM json_each(?)) AND n.state IN ('failed', 'cancelled', 'aside')`,
        )
        .all(JSON.stringify(ids));
      let position = lastPosition(this.#db);
      return [...new Set([...needs, ...ids])].filter(
        (id) =>
          this.#db.run(
            `UPDATE jobs SET state = 'queued', crashes = 0, error = NULL, ended_at = NULL, cleared = 0, position = ?
             WHERE id = ? AND state IN ('failed', 'cancelled', 'aside')`,
            ++position,
            id,
          ) > 0,
      );
    });
  }

  /** Those that wait for a job that has ended and is not done: they end with it. */
  dependants(id: string): string[] {
    return this.#db
      .column<string>(`SELECT id FROM jobs WHERE payload ->> 'needs' = ? AND state IN ('queued', 'paused')`)
      .all(id);
  }

  /** Ends jobs that are not at work. */
  fail(ids: readonly string[], error: PlainError): void {
    for (const id of ids)
      this.#db.run(
        `UPDATE jobs SET state = 'failed', error = ?, ended_at = ? WHERE id = ? AND state IN ('queued', 'paused')`,
        ...[JSON.stringify(error), Date.now(), id],
      );
  }

  /** Before another job of the queue, with its priority, or last. Throws UserError `missing` or `conflict`. */
  move(id: string, before: string | null): void {
    this.#db.transaction(() => {
      const place = (job: string): Place => {
        const { state, priority, position } = this.known(job);
        if (state === 'queued' || state === 'paused') return { priority, position };
        throw new UserError('conflict', 'Only jobs that wait have a place in the queue.');
      };
      place(id);
      if (before === null) placeLast(this.#db, id);
      else if (before !== id) placeBefore(this.#db, id, () => place(before));
    });
  }

  /** Takes ended jobs off the list (all without ids); those that are gone from it now. */
  clear(ids: readonly string[] | undefined): JobRow[] {
    return this.#db
      .query<JobRow>(
        `UPDATE jobs SET cleared = 1 WHERE cleared = 0 AND state IN ('done', 'failed', 'cancelled', 'aside')
           AND (? IS NULL OR id IN (SELECT value FROM json_each(?))) RETURNING *`,
      )
      .all(...twice(ids));
  }

  /** Jobs that ended well, or were cancelled, before this leave the list. */
  clearOld(before: number): void {
    this.#db.run(
      `UPDATE jobs SET cleared = 1 WHERE cleared = 0 AND state IN ('done', 'cancelled') AND ended_at < ?`,
      before,
    );
  }
}
