/**
 * What crosses a transport: questions, acknowledgements and cancellations one way, answers, items and errors the other.
 * serve.ts and client.ts are the two sides; the serving side checks every message, since anyone may send one.
 */
import * as v from 'valibot';
import type { PlainError } from '../domain/errors.ts';
import { text, whole } from '../domain/fields.ts';

/** Numbers the consumer's questions; never used twice on one connection. */
const number = whole(1, Number.MAX_SAFE_INTEGER);

export const Question = v.variant('kind', [
  v.strictObject({
    kind: v.literal('call'),
    id: number,
    name: text(100),
    // Checked by the schema of the call it names.
    input: v.optional(v.unknown()),
  }),
  /** The consumer has dealt with one item of a stream. */
  v.strictObject({ kind: v.literal('ack'), id: number }),
  v.strictObject({ kind: v.literal('cancel'), id: number }),
]);
export type Question = v.InferOutput<typeof Question>;

export type Answer =
  | { readonly kind: 'result'; readonly id: number; readonly output: unknown }
  | { readonly kind: 'item'; readonly id: number; readonly item: unknown }
  | { readonly kind: 'end'; readonly id: number }
  | { readonly kind: 'error'; readonly id: number; readonly error: PlainError };

/** Whether a message is an answer; its contents are the serving side's word. */
export function isAnswer(message: unknown): message is Answer {
  if (typeof message !== 'object' || message === null || !('kind' in message) || !('id' in message))
    return false;
  if (typeof message.id !== 'number') return false;
  if (message.kind === 'error') return 'error' in message && isPlainError(message.error);
  return message.kind === 'result' || message.kind === 'item' || message.kind === 'end';
}

function isPlainError(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('code' in error) || !('message' in error))
    return false;
  return typeof error.code === 'string' && typeof error.message === 'string';
}
