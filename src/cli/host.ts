/**
 * What a command gets from the process it runs in, and nothing more; program.ts makes it.
 * Read next: commands/restore.ts.
 */
import type { ExitCode } from './exit.ts';
import type { Ui } from './ui.ts';

export interface Host {
  readonly ui: Ui;
  readonly env: NodeJS.ProcessEnv;
  /** Aborted by Ctrl-C: stop before the next step, leave nothing half done. */
  readonly signal: AbortSignal;
  /** Sets the exit code of a command that ends without an error. */
  readonly exit: (code: ExitCode) => void;
}
