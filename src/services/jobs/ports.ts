/**
 * What the queue needs from others: somebody who does the work of each kind, and what a job may tell while it runs.
 * runner.ts calls the workers; processes/library has them.
 */
import type { JobKind, JobProgress, Preview } from '../../domain/job.ts';
import type { LossPoint } from '../../domain/person.ts';
import type { JobRow } from './rows.ts';

export type PreviewParts = Omit<Preview, 'job' | 'run'>;

/** A job at work: what it is, and what it says. */
export interface Working {
  readonly job: JobRow;
  /** Aborted when the job is to pause, is cancelled, or the program ends: stop where it can be gone on from, and throw. */
  readonly signal: AbortSignal;
  readonly progress: (now: JobProgress) => void;
  readonly preview: (picture: PreviewParts) => void;
  /** All points so far at once, or one more. */
  readonly losses: (points: readonly LossPoint[]) => void;
  /** Kept in the row from now on, so that another process can go on from it. */
  readonly keep: (result: unknown) => void;
}

/** How a job ends well. */
export interface Ending {
  /** For the row. */
  readonly result?: unknown;
  /** Rows of what it made, in the transaction that ends it; files are whole and in place by then. */
  readonly commit?: () => void;
  /** After it: what is not needed any longer. What goes wrong here is logged and costs nothing. */
  readonly after?: () => Promise<void> | void;
}

export interface Worker {
  run(working: Working): Promise<Ending>;
  /** Ends the work at once: the job was told to stop and did not for a while. */
  force?(): void;
  /** A job was found that a killed process left at work, or one goes for good: removes what is of no use. */
  cleanUp?(job: JobRow, why: 'found' | 'gone'): Promise<void>;
}

export type Workers = Readonly<Record<JobKind, Worker>>;

/** The process that did the work is gone, and the job is not to blame by itself: it is tried once more. */
export class WorkerDied extends Error {
  override readonly name = 'WorkerDied';
}
