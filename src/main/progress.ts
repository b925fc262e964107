/**
 * How far the work is, for the dock and the taskbar, and who is told of its end while no window is open.
 * index.ts feeds it the stream of jobs.
 */
import type { Job } from '../domain/job.ts';

/** Longer than this (milliseconds) is long work. */
const LONG_MS = 60_000;
/** BrowserWindow.setProgressBar: below 0 none, above 1 nobody knows how far. */
const NONE = -1;
const UNKNOWN = 2;

export class Progress {
  readonly #jobs = new Map<string, Job>();

  /** Takes in how a job is now; whether that is the end of long work. */
  put(job: Job): boolean {
    const before = this.#jobs.get(job.id);
    if (job.state === 'running' || job.state === 'queued') this.#jobs.set(job.id, job);
    else this.#jobs.delete(job.id);
    const took = (job.ended ?? 0) - (job.started ?? 0);
    return before !== undefined && (job.state === 'done' || job.state === 'failed') && took >= LONG_MS;
  }

  /** 0..1 over what runs and waits, with jobs that wait as not begun. */
  get value(): number {
    const jobs = [...this.#jobs.values()];
    if (!jobs.some(({ state }) => state === 'running')) return NONE;
    if (jobs.every(({ progress }) => progress === null || progress.of === 0)) return UNKNOWN;
    const parts = jobs.map(({ progress }) => (progress && progress.of > 0 ? progress.done / progress.of : 0));
    return Math.min(1, parts.reduce((sum, part) => sum + part, 0) / jobs.length);
  }

  /** The library's process began anew: what was known is asked for again. */
  clear(): void {
    this.#jobs.clear();
  }
}
