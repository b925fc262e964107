/**
 * The log of the main process: one small file beside the logs of the other two, started anew when it has grown.
 * index.ts writes what went wrong; nothing of a person's is in it.
 */
import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { UserError } from '../domain/errors.ts';
import { withoutNames } from '../processes/logs.ts';

const LARGEST = 1 << 20;

export class Log {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** Something of ours went wrong. Of an error for users its code alone: its sentence names files. */
  failed(error: unknown): void {
    if (error instanceof UserError) this.#write({ code: error.code });
    else if (error instanceof Error) this.#write({ error: withoutNames(error.stack ?? error.message) });
    else this.#write({ error: typeof error });
  }

  /** What the broker has to say. */
  told(
    what:
      { readonly ended: string; readonly why: string } | { readonly error: unknown; readonly call: string },
  ): void {
    if ('ended' in what) this.#write({ ended: what.ended, why: what.why });
    else {
      this.#write({ call: what.call });
      this.failed(what.error);
    }
  }

  #write(said: Readonly<Record<string, string>>): void {
    const line = `${JSON.stringify({ time: new Date().toISOString(), ...said })}\n`;
    try {
      mkdirSync(dirname(this.#file), { recursive: true });
      if ((statSync(this.#file, { throwIfNoEntry: false })?.size ?? 0) > LARGEST)
        renameSync(this.#file, `${this.#file}.1`);
      appendFileSync(this.#file, line);
    } catch {
      // A log that cannot be written must not end the process.
      process.stderr.write(line);
    }
  }
}
