/**
 * A job as its row has it, and as the contract shows it. queue.ts writes the rows.
 */
import * as v from 'valibot';
import { JobProgress } from '../../domain/job.ts';
import type { Job, JobKind, JobState } from '../../domain/job.ts';

export interface JobRow {
  readonly id: string;
  readonly kind: JobKind;
  readonly state: JobState;
  readonly title: string;
  readonly photo: string | null;
  readonly person: string | null;
  readonly payload: string;
  readonly result: string | null;
  readonly error: string | null;
  readonly priority: number;
  readonly position: number;
  readonly progress: string | null;
  readonly wanted: 'pause' | 'cancel' | null;
  readonly run: number;
  readonly crashes: number;
  readonly created_at: number;
  readonly started_at: number | null;
  readonly ended_at: number | null;
}

export interface NewJob {
  readonly kind: JobKind;
  readonly title: string;
  readonly photo?: string | undefined;
  readonly person?: string | undefined;
  readonly payload: unknown;
  readonly priority?: number;
}

const StoredError = v.object({
  code: v.string(),
  message: v.string(),
  advice: v.optional(v.nullable(v.string()), null),
});

/** As the contract shows it; `live` is what it said last, where it is at work. */
export function jobOf(row: JobRow, live?: JobProgress): Job {
  const stored = row.progress === null ? undefined : v.safeParse(JobProgress, JSON.parse(row.progress));
  const error = row.error === null ? undefined : v.safeParse(StoredError, JSON.parse(row.error));
  return {
    ...{ id: row.id, kind: row.kind, state: row.state, title: row.title },
    ...{ photo: row.photo, person: row.person, priority: row.priority, position: row.position },
    progress: live ?? (stored?.success === true ? stored.output : null),
    error: error?.success === true ? error.output : null,
    ...{ created: row.created_at, started: row.started_at, ended: row.ended_at },
  };
}
