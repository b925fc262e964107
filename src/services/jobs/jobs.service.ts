/**
 * Answers the calls on jobs: puts them into the queue, changes their place and state, and lets any number of clients
 * watch. queue.ts is the rows, runner.ts the work, live.ts what is said meanwhile.
 */
import { UserError } from '../../domain/errors.ts';
import type { Job, JobState } from '../../domain/job.ts';
import type { LossPoint } from '../../domain/person.ts';
import type { FinetuneChoice, RestoreChoice } from '../../domain/restoring.ts';
import { counted } from '../../domain/text.ts';
import type { jobs } from '../../contract/jobs.ts';
import type { Handlers } from '../../contract/rpc.ts';
import type { Database } from '../db/database.ts';
import { titleOf } from '../photos/names.ts';
import { LiveJobs } from './live.ts';
import type { Workers } from './ports.ts';
import { ENDED, JobQueue } from './queue.ts';
import { jobOf } from './rows.ts';
import type { JobRow, NewJob } from './rows.ts';
import { JobRunner } from './runner.ts';
import type { RunnerParts } from './runner.ts';
import type { Speeds } from './speeds.ts';

/** What of a finetune is known beforehand. */
export interface FinetunePlan {
  readonly steps: number;
  /** Its speed is measured under this name (speeds.ts). */
  readonly speed: string;
}

export interface JobsParts {
  readonly db: Database;
  readonly speeds: Speeds;
  readonly changed: (topic: 'jobs', ids: readonly string[]) => void;
  readonly log: RunnerParts['log'];
  readonly planOf: (choice: FinetuneChoice) => FinetunePlan;
  /** Keeps a painted mask of a photo for good; its hash. Throws UserError for what is none. */
  readonly keepMask: (photo: string, png: Uint8Array) => Promise<string>;
  readonly patience?: number;
}

/** The album of a photo itself: 16 images as published (Ding et al. 2024, section 4.1), learned from the fast way. */
const GENERATED = { size: 16, steps: null, choice: { recipe: 'fast', weights: 'adapter' } } as const;
/** Scans come first: a person waits for the pictures. */
const SCAN_PRIORITY = 10;
const MOST_WATCHED = 1000;
/** What ended well or was cancelled leaves the list by itself after a month. */
const KEPT_MS = 30 * 86_400_000;

export class JobsService {
  readonly #parts: JobsParts;
  readonly #queue: JobQueue;
  readonly #live = new LiveJobs();
  #runner: JobRunner | undefined;
  readonly handlers: Handlers<typeof jobs>;

  constructor(parts: JobsParts) {
    this.#parts = parts;
    this.#queue = new JobQueue(parts.db);
    this.handlers = {
      list: ({ states, limit }) => ({
        jobs: this.#queue.list(states, limit).map((row) => this.#shown(row)),
        counts: this.#queue.counts(),
      }),
      restore: async ({ photos, choice, mask }) => ({
        jobs: this.#restore(photos, choice, mask ? await this.#keepMask(photos, mask) : null),
      }),
      findFaces: ({ photos }) => ({ jobs: this.#findFaces(photos) }),
      finetune: ({ person, choice }) => ({ jobs: this.#finetune(person, choice) }),
      estimate: ({ person, choice }) => {
        this.#personName(person);
        const { steps, speed } = parts.planOf(choice);
        const each = parts.speeds.secondsPerStep(speed);
        return { seconds: each === null ? null : each * steps, steps };
      },
      pause: (input) => this.#pause(input.jobs),
      resume: (input) => this.#resume(input.jobs),
      cancel: (input) => this.#cancel(input.jobs),
      retry: (input) => {
        this.#tell(this.#queue.retry(input.jobs));
        return undefined;
      },
      move: ({ job, before }) => {
        this.#queue.move(job, before);
        this.#tell([job]);
        return undefined;
      },
      clear: (input) => this.#clear(input.jobs),
      watch: (_, { signal }) => this.#watch(signal),
      previews: ({ job }, { signal }) => this.#live.pictures(job, signal),
      losses: ({ job }, { signal }) => this.#losses(job, signal),
    };
  }

  /** Begins to work, after what killed processes left has been dealt with. */
  async start(workers: Workers): Promise<void> {
    const { changed, log, patience } = this.#parts;
    this.#runner = new JobRunner({
      ...{ queue: this.#queue, live: this.#live, workers, log },
      changed: (job) => changed('jobs', [job]),
      ...(patience !== undefined && { patience }),
    });
    this.#workers = workers;
    this.#queue.clearOld(Date.now() - KEPT_MS);
    await this.#runner.start();
  }

  #workers: Workers | undefined;

  /** Stops what is at work so that it can be gone on from, and begins nothing more. */
  async close(): Promise<void> {
    await this.#runner?.close();
    this.#live.touched.end();
  }

  /** Puts jobs into the queue, in the caller's transaction where there is one. `begin` them afterwards. */
  add(jobs: readonly NewJob[]): string[] {
    return this.#queue.add(jobs);
  }

  /** Tells of jobs that were added, and begins what can be begun. */
  begin(ids: readonly string[]): void {
    this.#tell(ids);
  }

  /** A job for a scan of these folders (all without), unless one waits or runs already. */
  scan(folders: readonly string[] | undefined, title: string): void {
    const known = this.#queue.list(['queued', 'running'], 500).some(({ kind }) => kind === 'scan');
    if (known) return;
    this.#tell(
      this.add([{ kind: 'scan', title, payload: { folders: folders ?? null }, priority: SCAN_PRIORITY }]),
    );
  }

  /** Ends all jobs of a person who is to be deleted, with what they are in the middle of; resolves when nothing is left. */
  async endOf(person: string): Promise<void> {
    const ids = this.#parts.db
      .column<string>(`SELECT id FROM jobs WHERE person = ? AND state <> 'done'`)
      .all(person);
    this.#cancel(ids);
    await this.#runner?.settled(ids);
    for (const id of ids) {
      const job = this.#queue.get(id);
      if (job) await this.#workers?.[job.kind].cleanUp?.(job, 'gone');
    }
  }

  /** On the disk before any row names it. */
  #keepMask(photos: readonly string[], png: Uint8Array): Promise<string> {
    const [photo] = photos;
    if (photo === undefined || photos.length > 1)
      throw new UserError('usage', 'A painted mask is for one photo.', 'Restore the others without it.');
    this.#photoTitle(photo);
    return this.#parts.keepMask(photo, png);
  }

  #restore(photos: readonly string[], choice: RestoreChoice, mask: string | null): string[] {
    const generative =
      choice.prior.kind === 'generative' || choice.faces.some(({ prior }) => prior?.kind === 'generative');
    const added = this.#parts.db.transaction(() =>
      photos.flatMap((photo) => {
        const title = this.#photoTitle(photo);
        const [album] = generative
          ? this.add([{ kind: 'album', title, photo, payload: { ...GENERATED, restore: choice } }])
          : [];
        const [restore] = this.add([
          { kind: 'restore', title, photo, payload: { choice, needs: album ?? null, mask } },
        ]);
        return [restore, album];
      }),
    );
    const all = added.filter((id) => id !== undefined);
    this.#tell(all);
    return added.filter((id, i) => i % 2 === 0 && id !== undefined) as string[];
  }

  #findFaces(photos: readonly string[]): string[] {
    const [first, ...more] = photos;
    if (first === undefined) return [];
    for (const photo of photos) this.#photoTitle(photo);
    const one = more.length === 0;
    const title = one ? this.#photoTitle(first) : counted(photos.length, 'photo');
    const added = this.add([{ kind: 'faces', title, ...(one && { photo: first }), payload: { photos } }]);
    this.#tell(added);
    return added;
  }

  #finetune(person: string, choice: FinetuneChoice): string[] {
    const added = this.add([
      { kind: 'finetune', title: this.#personName(person), person, payload: { choice } },
    ]);
    this.#tell(added);
    return added;
  }

  #pause(ids: readonly string[]): undefined {
    const waiting = this.#queue.change(ids, ['queued'], 'paused');
    const working = this.#queue.want(ids, 'pause');
    this.#runner?.stop(working);
    this.#tell([...waiting, ...working]);
    return undefined;
  }

  #resume(ids: readonly string[]): undefined {
    this.#tell([...this.#queue.change(ids, ['paused'], 'queued'), ...this.#queue.unwant(ids)]);
    return undefined;
  }

  #cancel(ids: readonly string[]): undefined {
    const waiting = this.#queue.change(ids, ['queued', 'paused'], 'cancelled');
    const working = this.#queue.want(ids, 'cancel');
    this.#runner?.stop(working);
    for (const id of waiting) {
      const left = this.#queue.dependants(id);
      this.#queue.fail(left, albumCancelled);
      this.#tell(left);
    }
    this.#tell([...waiting, ...working]);
    return undefined;
  }

  #clear(ids: readonly string[] | undefined): undefined {
    const gone = this.#queue.clear(ids);
    for (const job of gone) {
      // what was done needs nothing any more; what was not will not be gone on with
      void this.#workers?.[job.kind].cleanUp?.(job, 'gone').catch((error: unknown) => {
        this.#parts.log(error, 'clean up');
      });
    }
    this.#parts.changed(
      'jobs',
      gone.map(({ id }) => id),
    );
    return undefined;
  }

  async *#watch(signal: AbortSignal): AsyncGenerator<Job> {
    const touched = this.#live.touched.subscribe(signal);
    for (const row of this.#queue.list(undefined, MOST_WATCHED)) yield this.#shown(row);
    for await (const ids of touched)
      for (const id of ids) {
        const row = this.#queue.get(id);
        if (row) yield this.#shown(row);
      }
  }

  async *#losses(id: string, signal: AbortSignal): AsyncGenerator<LossPoint[]> {
    const job = this.#queue.known(id);
    // a job that waits may begin any moment
    const touched = this.#live.touched.subscribe(signal);
    let state: JobState = job.state;
    while (state === 'queued' || (state === 'running' && !this.#live.lossesOf(id))) {
      const { done } = await touched.next();
      if (done === true) return;
      state = this.#queue.known(id).state;
    }
    await touched.return?.();
    if (this.#live.lossesOf(id)) yield* this.#live.points(id, signal);
    else yield curveOf(this.#queue.known(id));
  }

  #shown(row: JobRow): Job {
    return jobOf(row, ENDED.includes(row.state) ? undefined : this.#live.progressOf(row.id));
  }

  #tell(ids: readonly string[]): void {
    if (ids.length > 0) {
      this.#live.touch(...ids);
      this.#parts.changed('jobs', ids);
    }
    this.#runner?.pump();
  }

  #photoTitle(photo: string): string {
    const path = this.#parts.db.column<string>('SELECT path FROM photos WHERE id = ?').get(photo);
    if (path === undefined)
      throw new UserError('missing', 'This photo is not in the library any more.', 'Scan its folder again.');
    return titleOf(path);
  }

  #personName(person: string): string {
    const name = this.#parts.db.column<string>('SELECT name FROM people WHERE id = ?').get(person);
    if (name === undefined) throw new UserError('missing', 'This person is not there any more.');
    return name;
  }
}

/** What a finetune kept of its losses in its row. */
function curveOf({ result }: JobRow): LossPoint[] {
  const kept: unknown = result === null ? null : JSON.parse(result);
  if (typeof kept !== 'object' || kept === null || !('curve' in kept) || !Array.isArray(kept.curve))
    return [];
  return kept.curve as LossPoint[];
}

const albumCancelled = {
  code: 'missing',
  message: 'The album that this restoration needs was cancelled.',
  advice: 'Trying again makes it again.',
} as const;
