/**
 * The faces that training never saw: the same 5 % as training/'s recipe holds out, by a hash of the file name, in two
 * groups. ../eval-prior.ts measures a prior on them.
 */
import { createHash } from 'node:crypto';
import { invariant } from '../../src/domain/errors.ts';

export const GROUPS = ['legislators', 'diverse'] as const;
export type Group = (typeof GROUPS)[number];

export interface Selection {
  /** The prior's size: a face must have at least 0.8 of it in its source. */
  readonly size: number;
  /** Least variance of the Laplacian at 128 px: what a blurred truth cannot tell is left out. */
  readonly sharpness: number;
}

/** 13 of 256 first bytes of SHA-1. */
export function isHeldOut(name: string): boolean {
  return createHash('sha1').update(name).digest()[0]! < 13;
}

/** The faces chosen for diversity have names that begin with d-. */
export function groupOf(name: string): Group {
  return name.startsWith('d-') ? 'diverse' : 'legislators';
}

/** File names of the held-out faces of a table (file, side, size, sharpness, ...) fit to judge by, sorted, by group. */
export function heldOutFaces(
  table: string,
  { size, sharpness }: Selection,
): Readonly<Record<Group, readonly string[]>> {
  const [head = '', ...lines] = table.trim().split('\n');
  invariant(
    head.startsWith('file,side,size,sharpness'),
    'a table of faces begins with file,side,size,sharpness',
  );
  const files = lines
    // the columns after these may hold commas
    .map((line) => line.split(',', 4))
    .filter(([, side, , sharp]) => Number(side) >= 0.8 * size && Number(sharp) >= sharpness)
    .flatMap(([file]) => (file !== undefined && isHeldOut(file) ? [file] : []))
    .sort();
  const of = (group: Group): string[] => files.filter((file) => groupOf(file) === group);
  return { legislators: of('legislators'), diverse: of('diverse') };
}

/** `count` of `items`, spread evenly; all where there are not more. */
export function spread<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.floor(((i + 0.5) * items.length) / count)]!);
}
