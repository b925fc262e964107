/**
 * Calls on the album of a person: the anchor photos a prior is finetuned on, and the adapters that came of it.
 * services/albums answers them; the finetune itself is a job (jobs.ts).
 */
import * as v from 'valibot';
import { Adapter, Anchor } from '../domain/person.ts';
import { call, id, ids, slice, text, whole } from './rpc.ts';

const album = v.strictObject({
  person: id,
  anchors: v.array(Anchor),
  /** What speaks against finetuning now, if anything: too few photos, too small. */
  problem: v.nullable(text(500)),
});

export const albums = slice('albums', {
  get: call({ input: v.strictObject({ person: id }), output: album }),
  /** Chooses anchors: sharp, frontal enough, diverse; near the year of `photo` where it is given and dates are known. */
  suggest: call({
    input: v.strictObject({ person: id, count: whole(2, 200), photo: v.optional(id) }),
    output: v.array(Anchor),
  }),
  /** The album as it is to be from now on, in this order. */
  set: call({ input: v.strictObject({ person: id, faces: ids(1000) }), output: album }),
  adapters: call({ input: v.strictObject({ person: id }), output: v.array(Adapter) }),
  /** For good; how much of the disk is free again. */
  deleteAdapter: call({
    input: v.strictObject({ adapter: id }),
    output: v.strictObject({ bytes: whole(0, Number.MAX_SAFE_INTEGER) }),
  }),
});
