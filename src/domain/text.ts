/**
 * Text for people: names of files and things from outside, made safe to stand in a sentence or on a terminal.
 * errors.ts, beside it, is where most of those sentences are thrown.
 */

/** Control characters, and the invisible ones that reorder or break lines. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** Without anything a terminal would act on; line breaks become spaces. */
export function printable(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').replace(UNPRINTABLE, '?');
}

/** Shows an untrusted name in a sentence: quoted, without control characters, at most 100 characters. */
export function quoted(text: string): string {
  const clean = text.slice(0, 200).replace(UNPRINTABLE, '?');
  return `"${clean.length > 100 ? `${clean.slice(0, 99)}…` : clean}"`;
}

/** A count with its noun: `1 photo`, `2 photos`. */
export function counted(n: number, noun: string): string {
  return `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`;
}
