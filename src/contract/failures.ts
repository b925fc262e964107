/**
 * Failures on the serving side as the consumer hears them: a UserError as it is, anything else as one sentence with a
 * reference, and the rest of it to the log under that reference. serve.ts is where they happen.
 */
import * as v from 'valibot';
import { UserError } from '../domain/errors.ts';
import type { PlainError } from '../domain/errors.ts';
import { quoted } from '../domain/text.ts';

/** A failure that is nobody's to mend but ours: for the log. The consumer is told only the reference. */
export interface Problem {
  readonly reference: string;
  readonly call: string;
  readonly client: string;
  readonly error: unknown;
}

interface Where {
  readonly call: string;
  readonly client: string;
  readonly log: (problem: Problem) => void;
  /** The call's own signal: what fails because it was aborted is no problem. */
  readonly signal: AbortSignal | undefined;
}

export const stopped = () => new UserError('cancelled', 'It was cancelled.');
export const closing = () => new UserError('disconnected', 'Albumen is closing.');

/** What Node's own functions throw when their signal is aborted. */
const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError';

/** What the consumer is told; never a stack trace, a path, or a word of an error that was not written for users. */
export function explained(error: unknown, { call, client, log, signal }: Where): PlainError {
  if (signal?.aborted && (error === signal.reason || isAbort(error))) {
    return (signal.reason instanceof UserError ? signal.reason : stopped()).toPlain();
  }
  if (error instanceof UserError) return error.toPlain();
  const reference = Math.random().toString(36).slice(2, 8).padEnd(6, '0');
  log({ reference, call, client, error });
  return {
    code: 'internal',
    message: `Something went wrong inside Albumen (reference ${reference}).`,
    advice: 'Try again; if it happens again, report it with the reference and the diagnostics bundle.',
    data: { reference },
  };
}

/** The first thing wrong with an input, in one sentence that names the field. */
export function unusable(name: string, issue: v.BaseIssue<unknown>): UserError {
  const field = v.getDotPath(issue) ?? undefined;
  const subject = field === undefined ? 'its input' : quoted(field);
  const message = issue.message.length > 200 ? `${issue.message.slice(0, 199)}…` : issue.message;
  return new UserError('usage', `${name} cannot use ${subject}: ${message}.`, undefined, {
    data: field === undefined ? { call: name } : { call: name, field: field.slice(0, 200) },
  });
}
