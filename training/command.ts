/**
 * The command line of the developers' commands in tools/, bench/ and training/, which all may import this folder: what is
 * wrong is one sentence and exit code 2. detector/relabel.ts is a short example; the product's own is in src/cli.
 */
import { Command, InvalidArgumentError } from 'commander';
import { UserError } from '../src/domain/errors.ts';

/** What may have been typed is wrong. */
const UNUSABLE = 2;

/**
 * A command without options yet; `usage` is what to type before them. Its `parse()` reads the arguments of this process
 * and ends it after `--help` (0), or after a sentence on stderr about what it cannot use (2); so do its `error()` and,
 * from then on, a UserError that nobody catches.
 */
export function command(usage: string, description: string): Command {
  process.once('uncaughtException', (error) => {
    if (!(error instanceof UserError)) throw error;
    process.stderr.write(`error: ${[error.message, error.advice].filter(Boolean).join(' ')}\n`);
    process.exit(UNUSABLE);
  });
  return new Command(usage)
    .description(description)
    .helpOption('-h, --help', 'print this page')
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : UNUSABLE));
}

/** A parser for whole numbers of `least` or more; it refuses everything else. */
export function whole(least: number): (text: string) => number {
  return (text) => checked(/^\d+$/.test(text) ? Number(text) : NaN, least, 'a whole number');
}

/** A parser for numbers of `least` or more, such as 0.5 or 1e-3; it refuses everything else. */
export function number(least: number): (text: string) => number {
  return (text) => checked(/^(\d+\.?\d*|\.\d+)(e-?\d+)?$/.test(text) ? Number(text) : NaN, least, 'a number');
}

function checked(value: number, least: number, what: string): number {
  if (value >= least && Number.isFinite(value)) return value;
  throw new InvalidArgumentError(`It must be ${what} of ${least} or more.`);
}
