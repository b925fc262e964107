/**
 * How a repair stops when it is told to: between its parts, with one clear sentence.
 * Every step of this folder asks.
 */
import { UserError } from '../../domain/errors.ts';

/** Throws UserError `cancelled` once the signal is aborted. */
export function stopIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted)
    throw new UserError('cancelled', 'The repair was stopped before it was done.', undefined, {
      cause: signal.reason,
    });
}
