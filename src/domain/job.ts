/**
 * Long work: what a job is, what states it goes through, and what it tells while it runs.
 * contract/jobs.ts has the calls; the queue that keeps them through every crash is services/jobs.
 */
import * as v from 'valibot';
import { bytes, id, number, point, text, whole } from './fields.ts';

/** What the work is. */
export const JobKind = v.picklist(['scan', 'faces', 'restore', 'finetune', 'album', 'export']);
export type JobKind = v.InferOutput<typeof JobKind>;

/** `aside`: it crashed the engine twice and waits for a decision. */
export const JobState = v.picklist(['queued', 'running', 'paused', 'done', 'failed', 'cancelled', 'aside']);
export type JobState = v.InferOutput<typeof JobState>;

/** How far a job is: `done` of `of`, in whatever its stage counts. */
export const JobProgress = v.strictObject({
  /** What it is at, for a person: finding faces, restoring, saving. */
  stage: text(100),
  done: number(0, Number.MAX_SAFE_INTEGER),
  of: number(0, Number.MAX_SAFE_INTEGER),
  /** Until the end, in seconds; null where nobody can say. */
  etaSeconds: v.nullable(number(0, 1e9)),
});
export type JobProgress = v.InferOutput<typeof JobProgress>;

/** Why a job failed: a PlainError (errors.ts) without its data. */
const JobError = v.strictObject({
  code: text(100),
  message: text(2000),
  advice: v.nullable(text(2000)),
});

const Time = whole(0, Number.MAX_SAFE_INTEGER);

/** One piece of long work, waiting, running or over. */
export const Job = v.strictObject({
  id,
  kind: JobKind,
  state: JobState,
  /** What it is about: a photo's name, a person's name, a folder. */
  title: text(500),
  photo: v.nullable(id),
  person: v.nullable(id),
  /** Larger first; within one priority by `position`. */
  priority: whole(-100, 100),
  position: number(-1e15, 1e15),
  progress: v.nullable(JobProgress),
  error: v.nullable(JobError),
  /** Milliseconds since 1970. */
  created: Time,
  started: v.nullable(Time),
  ended: v.nullable(Time),
});
export type Job = v.InferOutput<typeof Job>;

/** Of the square a preview belongs to, in pixels of the photo: top left, top right, bottom right, bottom left. */
export const Corners = v.strictTuple([point, point, point, point]);

/** A picture of work in progress, at most 512 px. */
export const Preview = v.strictObject({
  job: id,
  /** Grows by one with each start of the job, so that a stale picture can be told. */
  run: whole(0, 1e9),
  step: whole(0, 1e9),
  of: whole(0, 1e9),
  face: v.nullable(id),
  corners: v.nullable(Corners),
  mime: v.picklist(['image/webp', 'image/jpeg']),
  image: bytes(2_000_000),
});
export type Preview = v.InferOutput<typeof Preview>;
