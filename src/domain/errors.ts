/**
 * Errors that reach a person. Anything that is the user's to mend is a UserError (code, sentence, advice);
 * a broken invariant of our own is a plain Error whose message starts with `internal:`.
 */

/** Which kind of thing went wrong; stable, for programs (`--json`, the contract). */
export type ErrorCode =
  | 'checkpoint.unreadable'
  | 'checkpoint.refused'
  | 'checkpoint.mismatch'
  | 'model.unknown'
  | 'model.exists'
  | 'model.unsupported'
  | 'photo.unreadable'
  | 'photo.unsuitable'
  | 'output.unwritable'
  | 'device.unavailable'
  | 'usage'
  | 'cancelled'
  | 'album.unsuitable'
  | 'training.failed';

/** An error for users: `message` is one clear sentence, `advice` says what to try. */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly code: ErrorCode;
  readonly advice: string | undefined;

  constructor(code: ErrorCode, sentence: string, advice?: string, options?: ErrorOptions) {
    super(sentence, options);
    this.code = code;
    this.advice = advice;
  }
}

/** Throws `internal: ...` when an invariant of our own does not hold. */
export function invariant(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(`internal: ${what}`);
}
