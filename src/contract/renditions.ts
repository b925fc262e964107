/**
 * Calls on restored versions of photos. Originals are never written; deleting a rendition can be undone until the
 * bin is emptied. services/renditions answers them.
 */
import * as v from 'valibot';
import { Rendition } from '../domain/rendition.ts';
import { call, id, ids, nothing, slice, text, whole } from './rpc.ts';

export const renditions = slice('renditions', {
  of: call({ input: v.strictObject({ photo: id }), output: v.array(Rendition) }),
  get: call({ input: v.strictObject({ rendition: id }), output: Rendition }),
  /** Its recipe as JSON text: domain/recipe.ts. */
  recipe: call({ input: v.strictObject({ rendition: id }), output: text(10_000_000) }),
  /** The version shown for its photo; null: the original. */
  choose: call({ input: v.strictObject({ photo: id, rendition: v.nullable(id) }), output: nothing }),
  update: call({
    input: v.strictObject({ rendition: id, rating: v.optional(whole(0, 5)), note: v.optional(text(10_000)) }),
    output: Rendition,
  }),
  delete: call({ input: v.strictObject({ renditions: ids() }), output: nothing }),
});
