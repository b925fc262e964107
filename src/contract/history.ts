/**
 * Undo and redo for everything that changes the library: one history for all clients, newest last.
 * services/history answers them; what cannot be undone (deleted adapters) says so before it is done.
 */
import * as v from 'valibot';
import { call, id, slice, text, whole } from './rpc.ts';

const entry = v.strictObject({
  id,
  /** What was done, for people: Rename anna. */
  label: text(500),
  done: v.boolean(),
  /** Milliseconds since 1970. */
  at: whole(0, Number.MAX_SAFE_INTEGER),
});

const after = v.strictObject({
  undone: v.nullable(text(500)),
  canUndo: v.nullable(text(500)),
  canRedo: v.nullable(text(500)),
});

export const history = slice('history', {
  list: call({ input: v.strictObject({}), output: v.array(entry) }),
  /** The labels of what can be undone and redone now. */
  state: call({ input: v.strictObject({}), output: after }),
  undo: call({ input: v.strictObject({}), output: after }),
  redo: call({ input: v.strictObject({}), output: after }),
});
