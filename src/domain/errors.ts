/**
 * Errors that reach a person. Anything that is the user's to mend is a UserError (code, sentence, advice);
 * a broken invariant of our own is a plain Error whose message starts with `internal:`.
 */
import { printable } from './text.ts';

/** Which kind of thing went wrong; stable, for programs (`--json`, the contract). */
export type ErrorCode =
  | 'checkpoint.unreadable'
  | 'checkpoint.refused'
  | 'checkpoint.mismatch'
  | 'model.unknown'
  | 'model.exists'
  | 'model.unsupported'
  | 'model.busy'
  | 'licence.unaccepted'
  | 'download.failed'
  | 'download.unsound'
  | 'photo.unreadable'
  | 'photo.unsuitable'
  | 'library.corrupt'
  | 'library.newer'
  | 'recipe.unreadable'
  | 'recipe.mismatch'
  | 'output.unwritable'
  | 'device.unavailable'
  | 'usage'
  | 'cancelled'
  | 'missing'
  | 'conflict'
  | 'busy'
  | 'disconnected'
  | 'internal'
  | 'album.unsuitable'
  | 'training.failed';

/** An error as plain data: what crosses a process or a socket, and what a job's row keeps. */
export interface PlainError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly advice?: string | undefined;
  /** For programs: what the sentence is about (an id, a field); plain data. */
  readonly data?: Readonly<Record<string, unknown>> | undefined;
}

/** An error for users: `message` is one clear sentence, `advice` says what to try. */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly code: ErrorCode;
  readonly advice: string | undefined;
  readonly data: PlainError['data'];

  constructor(
    code: ErrorCode,
    sentence: string,
    advice?: string,
    options?: ErrorOptions & { data?: PlainError['data'] },
  ) {
    // It may quote what came from outside: one line, and nothing that a terminal acts on.
    super(printable(sentence), options);
    this.code = code;
    this.advice = advice;
    this.data = options?.data;
  }

  /** Without the stack and the cause. */
  toPlain(): PlainError {
    const { code, message, advice, data } = this;
    return { code, message, ...(advice !== undefined && { advice }), ...(data && { data }) };
  }

  static fromPlain({ code, message, advice, data }: PlainError): UserError {
    return new UserError(code, message, advice, { data });
  }
}

/** Throws `internal: ...` when an invariant of our own does not hold. */
export function invariant(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(`internal: ${what}`);
}
