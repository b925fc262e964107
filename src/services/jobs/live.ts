/**
 * What jobs say while they run, for any number of listeners who may come late: progress, pictures, losses. Nothing of it
 * is in the database; runner.ts puts it in, jobs.service.ts hands it out.
 */
import { Broadcast } from '../../contract/events.ts';
import type { JobProgress, Preview } from '../../domain/job.ts';
import type { LossPoint } from '../../domain/person.ts';

/** Jobs whose state or progress changed, by id. */
type Touched = ReadonlySet<string>;

export class LiveJobs {
  readonly touched = new Broadcast<Touched>((older, newer) => new Set([...older, ...newer]));
  readonly #pictures = new Broadcast<Preview>();
  readonly #progress = new Map<string, JobProgress>();
  readonly #last = new Map<string, Preview>();
  readonly #losses = new Map<string, { points: LossPoint[]; readonly more: Broadcast<null> }>();

  progressOf(job: string): JobProgress | undefined {
    return this.#progress.get(job);
  }

  touch(...jobs: readonly string[]): void {
    if (jobs.length > 0) this.touched.publish(new Set(jobs));
  }

  progress(job: string, now: JobProgress): void {
    this.#progress.set(job, now);
    this.touch(job);
  }

  preview(picture: Preview): void {
    this.#last.set(picture.job, picture);
    this.#pictures.publish(picture);
  }

  losses(job: string, points: readonly LossPoint[]): void {
    const known = this.#losses.get(job);
    if (!known) this.#losses.set(job, { points: [...points], more: new Broadcast<null>() });
    else {
      known.points.push(...points);
      known.more.publish(null);
    }
  }

  /** So far, of a job at work. */
  lossesOf(job: string): readonly LossPoint[] | undefined {
    return this.#losses.get(job)?.points;
  }

  /** The run is over: listeners of its losses end, and the next run begins with nothing. */
  ended(job: string): void {
    this.#progress.delete(job);
    this.#last.delete(job);
    this.#losses.get(job)?.more.end();
    this.#losses.delete(job);
  }

  /** The newest picture there is, and each new one: of one job, or of whatever runs. */
  async *pictures(job: string | undefined, signal: AbortSignal): AsyncGenerator<Preview> {
    const known = job === undefined ? [...this.#last.values()].at(-1) : this.#last.get(job);
    const source = this.#pictures.subscribe(signal, ...(known ? ([known] as const) : ([] as const)));
    for await (const picture of source) if (job === undefined || picture.job === job) yield picture;
  }

  /** All points so far, then those that are new, to the end of the run; nothing where the job does not run. */
  async *points(job: string, signal: AbortSignal): AsyncGenerator<LossPoint[]> {
    const known = this.#losses.get(job);
    if (!known) return;
    const more = known.more.subscribe(signal, null);
    let told = 0;
    for await (const _ of more) {
      const points = known.points.slice(told);
      told += points.length;
      if (points.length > 0) yield points;
    }
  }
}
