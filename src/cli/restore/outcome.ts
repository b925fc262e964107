/**
 * What became of each photo of a `restore`, in words, as exit codes and for programs; one failure at a time.
 * whole.ts and aligned.ts say what is done with a photo.
 */
import { UserError } from '../../domain/errors.ts';
import { counted } from '../../domain/text.ts';
import { EXIT } from '../exit.ts';
import type { ExitCode } from '../exit.ts';
import type { Host } from '../host.ts';
import { errorForPrograms } from '../ui.ts';

/** A line of the --json document. */
export interface Outcome {
  readonly input: string;
  readonly status: 'restored' | 'found' | 'skipped' | 'no-faces' | 'failed';
  readonly outputs: readonly string[];
  /** The photo's own size, as it is meant to be seen. */
  readonly source?: { readonly width: number; readonly height: number };
  readonly error?: Readonly<Record<string, unknown>>;
  /** More, of whole photos. */
  readonly [more: string]: unknown;
}

/** Does one photo after the other; `place` is `[2/7] ` or empty. A photo that fails does not stop the others. */
export async function runEach<T extends { readonly path: string }>(
  photos: readonly T[],
  { ui, signal }: Host,
  runOne: (photo: T, place: string) => Promise<Outcome>,
): Promise<{ outcomes: Outcome[]; cancelled: boolean }> {
  const outcomes: Outcome[] = [];
  for (const [i, photo] of photos.entries()) {
    if (signal.aborted) return { outcomes, cancelled: true };
    const place = photos.length > 1 ? `[${i + 1}/${photos.length}] ` : '';
    try {
      outcomes.push(await runOne(photo, place));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (error.code === 'cancelled') return { outcomes, cancelled: true };
      ui.problem(error, place);
      outcomes.push({ input: photo.path, status: 'failed', outputs: [], error: errorForPrograms(error) });
    }
  }
  return { outcomes, cancelled: false };
}

export function summary(outcomes: readonly Outcome[]): string {
  const count = (status: Outcome['status']): number => outcomes.filter((o) => o.status === status).length;
  const parts = [`${counted(count('restored'), 'photo')} restored`];
  if (count('no-faces') > 0) parts.push(`${count('no-faces')} without faces`);
  if (count('skipped') > 0) parts.push(`${count('skipped')} skipped`);
  if (count('failed') > 0) parts.push(`${count('failed')} failed`);
  return `${parts.join(', ')}.`;
}

export function exitCodeOf(outcomes: readonly Outcome[]): ExitCode {
  const failed = outcomes.filter(({ status }) => status === 'failed').length;
  if (failed === 0) return EXIT.done;
  return failed < outcomes.length ? EXIT.some : EXIT.unusable;
}
