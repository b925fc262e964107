/**
 * Asks a yes-or-no question on a terminal; anything but y or yes is a no.
 * commands/models-download.ts asks about licences with it.
 */
import { createInterface } from 'node:readline/promises';
import { UserError } from '../domain/errors.ts';
import { printable } from '../domain/text.ts';

export interface Asking {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  readonly signal: AbortSignal;
}

/** Throws UserError `cancelled` where the signal aborts or the input ends without an answer. */
export async function ask(question: string, { input, output, signal }: Asking): Promise<boolean> {
  using lines = createInterface({ input, output });
  const ended = new AbortController();
  lines.once('close', () => ended.abort());
  // on a terminal readline takes Ctrl-C for itself
  lines.once('SIGINT', () => ended.abort());
  try {
    const answer = await lines.question(`${printable(question)} [y/N] `, {
      signal: AbortSignal.any([signal, ended.signal]),
    });
    return /^\s*y(es)?\s*$/i.test(answer);
  } catch (cause) {
    throw new UserError('cancelled', 'The question was left without an answer.', undefined, { cause });
  }
}
