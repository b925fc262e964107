/**
 * Calls on models: what is installed, what can be downloaded and under which licence, and the download itself.
 * services/models answers them; domain/catalog.ts is what the catalog says.
 */
import * as v from 'valibot';
import { Licence, MODEL_KINDS, ModelId } from '../domain/catalog.ts';
import { call, id, nothing, slice, stream, text, whole } from './rpc.ts';

const size = whole(0, Number.MAX_SAFE_INTEGER);

const installed = v.strictObject({
  id: text(60),
  kind: v.picklist(MODEL_KINDS),
  title: text(1000),
  licence: text(1000),
  origin: v.picklist(['bundled', 'added']),
  bytes: size,
  /** Why it cannot be used, where it cannot. */
  problem: v.nullable(text(2000)),
});

const available = v.strictObject({
  id: text(60),
  kind: v.picklist(MODEL_KINDS),
  title: text(1000),
  purpose: text(1000),
  licence: Licence,
  bytes: v.nullable(size),
  /** The publisher's hash is known; otherwise the first download is unverified. */
  verified: v.boolean(),
  /** Only from a file the user has: which, a sentence. */
  fromFile: v.nullable(text(1000)),
  /** Of a download that was broken off, in bytes. */
  resumable: size,
});

export const models = slice('models', {
  list: call({
    input: v.strictObject({}),
    output: v.strictObject({ installed: v.array(installed), available: v.array(available) }),
  }),
  /** Resumes where an earlier one broke off. Fails with `licence.unaccepted` where it must be accepted and was not. */
  download: stream({
    input: v.strictObject({ model: ModelId, acceptLicence: v.boolean() }),
    item: v.strictObject({ done: size, of: v.nullable(size), bytesPerSecond: v.nullable(size) }),
    latest: true,
  }),
  /** A file the host has opened, by its opaque id. */
  add: call({
    input: v.strictObject({ file: id, kind: v.picklist(MODEL_KINDS), title: text(200) }),
    output: nothing,
  }),
  remove: call({ input: v.strictObject({ model: ModelId }), output: nothing }),
});
