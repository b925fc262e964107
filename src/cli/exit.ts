/**
 * The exit codes of every command, in one place; docs/cli.md repeats them for users.
 * program.ts turns results and errors into them.
 */
export const EXIT = {
  /** Everything asked for was done (or had been done before). */
  done: 0,
  /** Some inputs failed, others went through; or a check did not pass. */
  some: 1,
  /** The command line, the model or every input was unusable: nothing was done. */
  unusable: 2,
  /** A mistake of the program itself (EX_SOFTWARE of sysexits.h). */
  internal: 70,
  /** Stopped by Ctrl-C (128 + SIGINT). */
  cancelled: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
