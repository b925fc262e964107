/**
 * What only a host may ask besides libraryHost: where pictures are, and files and folders it has from a dialog of its
 * own. Never put into the contract that a window or a browser is served; processes/library answers.
 */
import * as v from 'valibot';
import { call, id, nothing, slice, text } from './rpc.ts';

const path = text(10_000);

const recovery = v.strictObject({
  /** The name the damaged file has now. */
  setAside: v.nullable(text(500)),
  /** The copy that took its place; null: the library is built anew from folders and sidecars. */
  from: v.nullable(text(500)),
});
export type Recovery = v.InferOutput<typeof recovery>;

export const files = slice('files', {
  /** A picture for /image/KIND/ID/SIDE or photo://KIND/ID/SIDE, made where it is not there; null where there is none. */
  picture: call({
    input: v.strictObject({ kind: text(32), id, side: v.nullable(text(16)) }),
    output: v.nullable(
      v.strictObject({
        file: v.string(),
        mime: v.string(),
        /** Never stands for other content. */ immutable: v.boolean(),
      }),
    ),
  }),
  /** Opens a folder for exports. */
  addTarget: call({
    input: v.strictObject({ path }),
    output: v.strictObject({ id, title: text(4096) }),
  }),
  /** What was done about a damaged database when the library was opened; null where nothing was. */
  recovery: call({ input: v.strictObject({}), output: v.nullable(recovery) }),
  /** A file the host has opened, under the id a window will name it by. */
  offer: call({ input: v.strictObject({ id, path }), output: nothing }),
});
