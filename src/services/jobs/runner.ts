/**
 * Takes jobs out of the queue and has them done, one of each lane at a time; ends each exactly once, whatever happens to
 * it on the way. queue.ts keeps the rows, ports.ts says who does the work.
 */
import { UserError } from '../../domain/errors.ts';
import type { PlainError } from '../../domain/errors.ts';
import type { JobKind } from '../../domain/job.ts';
import type { LiveJobs } from './live.ts';
import type { Ending, Worker, Workers } from './ports.ts';
import { WorkerDied } from './ports.ts';
import type { JobQueue } from './queue.ts';
import type { JobRow } from './rows.ts';

/** What shares a lane waits for each other: there is one engine, and one disk to write to. */
const LANES: readonly (readonly JobKind[])[] = [
  ['faces', 'restore', 'finetune', 'album'],
  ['export'],
  ['scan'],
];
/** A job during which the engine died so often is set aside. */
const MOST_CRASHES = 2;
/** A job that was found at work so often, each time by a new process, is set aside: it may be what ends them. */
const MOST_FOUND = 10;
/** Progress is written to the row this often, for a process that finds it there. */
const KEEP_EVERY_MS = 5000;
const RENEW_EVERY_MS = 10_000;

export interface RunnerParts {
  readonly queue: JobQueue;
  readonly live: LiveJobs;
  readonly workers: Workers;
  /** A job changed: its id. */
  readonly changed: (job: string) => void;
  /** Failures that are ours; answers the reference it is logged under. */
  readonly log: (error: unknown, what: string) => string;
  /** How long a job that is told to stop may take, in milliseconds. */
  readonly patience?: number;
}

interface Running {
  readonly job: JobRow;
  readonly abort: AbortController;
  readonly worker: Worker;
  readonly ended: Promise<void>;
  hurry: NodeJS.Timeout | undefined;
}

export class JobRunner {
  readonly #parts: RunnerParts;
  readonly #running = new Map<string, Running>();
  readonly #patience: number;
  #renewing: NodeJS.Timeout | undefined;
  #open = false;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
    this.#patience = parts.patience ?? 10_000;
  }

  /** Deals with what killed processes left at work, then begins. */
  async start(): Promise<void> {
    const { queue, workers, log } = this.#parts;
    for (const job of queue.orphans()) {
      await workers[job.kind].cleanUp?.(job, 'found').catch((error: unknown) => log(error, 'clean up'));
      const found = job.run % MOST_FOUND === 0 ? foundTooOften : undefined;
      this.#parts.queue.release(job, found);
      this.#tell(job.id);
    }
    this.#renewing = setInterval(() => queue.renew(), RENEW_EVERY_MS);
    this.#renewing.unref();
    this.#open = true;
    this.pump();
  }

  /** Begins what can be begun. */
  pump(): void {
    if (!this.#open) return;
    for (const lane of LANES) {
      if ([...this.#running.values()].some(({ job }) => lane.includes(job.kind))) continue;
      const job = this.#parts.queue.claim(lane);
      if (job) this.#begin(job);
    }
  }

  /** Tells jobs at work to stop; queue.want has been told why. */
  stop(jobs: readonly string[]): void {
    for (const id of jobs) {
      const running = this.#running.get(id);
      if (!running) continue;
      running.abort.abort(stopped());
      running.hurry ??= setTimeout(() => running.worker.force?.(), this.#patience);
    }
  }

  /** Resolves when none of these is at work any more. */
  async settled(jobs: readonly string[]): Promise<void> {
    const running = jobs.flatMap((id) => this.#running.get(id) ?? []);
    await Promise.all(running.map(({ ended }) => ended));
  }

  /** Begins nothing more, stops what runs (it goes back into the queue), and resolves when nothing is at work. */
  async close(): Promise<void> {
    this.#open = false;
    clearInterval(this.#renewing);
    this.stop([...this.#running.keys()]);
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
  }

  #begin(job: JobRow): void {
    const abort = new AbortController();
    const worker = this.#parts.workers[job.kind];
    const ended = this.#work(job, worker, abort.signal).finally(() => {
      clearTimeout(this.#running.get(job.id)?.hurry);
      this.#running.delete(job.id);
      this.#parts.live.ended(job.id);
      this.#tell(job.id);
      this.pump();
    });
    this.#running.set(job.id, { job, abort, worker, ended, hurry: undefined });
    this.#tell(job.id);
  }

  async #work(job: JobRow, worker: Worker, signal: AbortSignal): Promise<void> {
    const { queue, live, log } = this.#parts;
    let kept = 0;
    const { id, run } = job;
    try {
      // its place among the running ones is known first
      await Promise.resolve();
      const ending = await worker.run({
        job,
        signal,
        progress: (now) => {
          live.progress(id, now);
          if (Date.now() - kept < KEEP_EVERY_MS) return;
          kept = Date.now();
          queue.keep(id, { progress: now });
        },
        preview: (picture) => live.preview({ ...picture, job: id, run }),
        losses: (points) => live.losses(id, points),
        keep: (result) => queue.keep(id, { result }),
      });
      this.#finish(job, ending);
      await after(ending, log);
    } catch (error) {
      this.#fail(job, error, signal.aborted);
    }
  }

  #finish(job: JobRow, { result, commit }: Ending): void {
    this.#parts.queue.end(job, 'done', { result, commit });
  }

  #fail(job: JobRow, error: unknown, told: boolean): void {
    const { queue, live, log } = this.#parts;
    const now = queue.get(job.id);
    const progress = live.progressOf(job.id);
    if (progress) queue.keep(job.id, { progress });
    if (told) {
      const wanted = now?.wanted;
      queue.end(job, wanted === 'cancel' ? 'cancelled' : wanted === 'pause' ? 'paused' : 'queued');
      if (wanted === 'cancel') this.#failDependants(job.id);
    } else if (error instanceof WorkerDied) {
      log(error, `${job.kind} job`);
      const often = job.crashes + 1 >= MOST_CRASHES;
      const why = crashedTwice(error.message);
      queue.end(job, often ? 'aside' : 'queued', { crashed: true, ...(often && { error: why }) });
      if (often) this.#failDependants(job.id);
    } else if (error instanceof UserError && error.code === 'cancelled') {
      queue.end(job, 'cancelled');
      this.#failDependants(job.id);
    } else {
      queue.end(job, 'failed', { error: plainOf(error, job, log) });
      this.#failDependants(job.id);
    }
  }

  #failDependants(id: string): void {
    const { queue } = this.#parts;
    const waiting = queue.dependants(id);
    queue.fail(waiting, needed);
    for (const job of waiting) this.#tell(job);
  }

  #tell(job: string): void {
    this.#parts.live.touch(job);
    this.#parts.changed(job);
  }
}

async function after(ending: Ending, log: RunnerParts['log']): Promise<void> {
  try {
    await ending.after?.();
  } catch (error) {
    log(error, 'after a job');
  }
}

const stopped = () => new UserError('cancelled', 'It was stopped.');

function plainOf(error: unknown, job: JobRow, log: RunnerParts['log']): PlainError {
  if (error instanceof UserError) return error.toPlain();
  const reference = log(error, `${job.kind} job`);
  return {
    code: 'internal',
    message: `Something went wrong inside Albumen (reference ${reference}).`,
    advice: 'Try again; if it happens again, report it with the reference and the diagnostics bundle.',
  };
}

const crashedTwice = (how: string): PlainError => ({
  code: 'internal',
  message: `The engine ended twice during this job (${how}), so it was set aside.`,
  advice:
    'Too little memory is the usual reason: close other programs, or choose a smaller model. Then try again.',
});

const foundTooOften: PlainError = {
  code: 'internal',
  message: `Albumen ended ${MOST_FOUND} times while this job was at work, so it was set aside.`,
  advice: 'Try it again alone; if Albumen ends again, report it with the diagnostics bundle.',
};

const needed: PlainError = {
  code: 'missing',
  message: 'The album that this restoration needs was not made.',
  advice: 'See what became of the album; trying again makes it again.',
};
