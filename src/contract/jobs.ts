/**
 * Calls on long work: put it in the queue, watch it, change its place, stop it and take it up again.
 * services/jobs answers them; domain/job.ts says what the states mean.
 */
import * as v from 'valibot';
import { Job, JobState, Preview } from '../domain/job.ts';
import { LossPoint } from '../domain/person.ts';
import { FinetuneChoice, RestoreChoice } from '../domain/restoring.ts';
import { MOST_MASK } from './damage.ts';
import { bytes, call, id, ids, limit, list, nothing, number, slice, stream, whole } from './rpc.ts';

const queued = v.strictObject({ jobs: v.array(id) });

export const jobs = slice('jobs', {
  list: call({
    input: v.strictObject({ states: v.optional(list(JobState, 7)), limit: limit() }),
    output: v.strictObject({ jobs: v.array(Job), counts: v.record(JobState, whole(0, 1e9)) }),
  }),
  /** One job for each photo. `mask`: the damage of a single photo as somebody painted it (damage.ts), instead of what is found. */
  restore: call({
    input: v.strictObject({
      photos: ids(),
      choice: RestoreChoice,
      // one a little too large is refused in words
      mask: v.optional(bytes(4 * MOST_MASK)),
    }),
    output: queued,
  }),
  findFaces: call({ input: v.strictObject({ photos: ids(100_000) }), output: queued }),
  finetune: call({ input: v.strictObject({ person: id, choice: FinetuneChoice }), output: queued }),
  /** How long a finetune would take here, in seconds, by the measured speed of this machine; null before any was measured. */
  estimate: call({
    input: v.strictObject({ person: id, choice: FinetuneChoice }),
    output: v.strictObject({ seconds: v.nullable(number(0, 1e9)), steps: whole(0, 1e9) }),
  }),
  pause: call({ input: v.strictObject({ jobs: ids() }), output: nothing }),
  resume: call({ input: v.strictObject({ jobs: ids() }), output: nothing }),
  cancel: call({ input: v.strictObject({ jobs: ids() }), output: nothing }),
  /** Failed, cancelled and set-aside jobs go back into the queue. */
  retry: call({ input: v.strictObject({ jobs: ids() }), output: nothing }),
  /** Before another job of the queue, or last. */
  move: call({ input: v.strictObject({ job: id, before: v.nullable(id) }), output: nothing }),
  /** Ended jobs leave the list; what they made stays. */
  clear: call({ input: v.strictObject({ jobs: v.optional(ids()) }), output: nothing }),
  /** Everything that changes, each job as it is first: state, progress. */
  watch: stream({ input: v.strictObject({}), item: Job }),
  /** Pictures of work in progress, of one job or of whatever runs. */
  previews: stream({ input: v.strictObject({ job: v.optional(id) }), item: Preview, latest: true }),
  /** The losses of a finetune, of its batches and of held-out photos: all points so far at once, then those that are new. */
  losses: stream({ input: v.strictObject({ job: id }), item: v.array(LossPoint) }),
});
