/**
 * Calls on people and the faces that are theirs. Every change can be undone (history.ts) and is told to all clients as an
 * event. services/people answers them.
 */
import * as v from 'valibot';
import { BirthYear, Person, PhotoFace } from '../domain/person.ts';
import { HandPlaced } from '../domain/restoring.ts';
import { call, id, ids, limit, name, nothing, offset, slice, text, whole } from './rpc.ts';

const faces = v.strictObject({ total: whole(0, 1e9), faces: v.array(PhotoFace) });

export const people = slice('people', {
  list: call({
    input: v.strictObject({ hidden: v.optional(v.boolean()), search: v.optional(text(200)) }),
    output: v.array(Person),
  }),
  get: call({ input: v.strictObject({ person: id }), output: Person }),
  create: call({
    input: v.strictObject({ name: name(), birthYear: v.optional(BirthYear), faces: v.optional(ids()) }),
    output: Person,
  }),
  update: call({
    input: v.strictObject({
      person: id,
      name: v.optional(name()),
      birthYear: v.optional(v.nullable(BirthYear)),
      hidden: v.optional(v.boolean()),
      cover: v.optional(id),
    }),
    output: Person,
  }),
  /** All of `others` become `person`. */
  merge: call({ input: v.strictObject({ person: id, others: ids(1000) }), output: Person }),
  /** These faces of the person become a new person's. */
  split: call({ input: v.strictObject({ person: id, faces: ids(), name: name() }), output: Person }),
  /** The person, their adapters and their embeddings, from disk too; the photos stay. Says what was deleted. */
  delete: call({
    input: v.strictObject({ person: id }),
    output: v.strictObject({
      adapters: whole(0, 1e6),
      bytes: whole(0, Number.MAX_SAFE_INTEGER),
      faces: whole(0, 1e9),
    }),
  }),
  facesOf: call({
    input: v.strictObject({
      person: id,
      state: v.picklist(['suggested', 'confirmed']),
      offset,
      limit: limit(),
    }),
    output: faces,
  }),
  /** Faces nobody has named, those alike beside each other where a recogniser is installed. */
  unnamed: call({ input: v.strictObject({ offset, limit: limit() }), output: faces }),
  inPhoto: call({ input: v.strictObject({ photo: id }), output: v.array(PhotoFace) }),
  /** A yes: these faces are the person's. */
  confirm: call({ input: v.strictObject({ faces: ids(), person: id }), output: nothing }),
  /** A no: these faces are not the person's, and are not suggested for them again. */
  reject: call({ input: v.strictObject({ faces: ids(), person: id }), output: nothing }),
  /** Not a face, or nobody to know. */
  ignore: call({ input: v.strictObject({ faces: ids() }), output: nothing }),
  /** A face placed by hand. */
  place: call({ input: v.strictObject({ photo: id, at: HandPlaced }), output: PhotoFace }),
  /** Takes back a face placed by hand. */
  remove: call({ input: v.strictObject({ faces: ids() }), output: nothing }),
});
