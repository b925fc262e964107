/**
 * What the evaluation found: one row a restored photo, and the table made of them (means, spread over photos, paired
 * differences with their standard error). ../eval-albums.ts fills the rows; docs/evaluation.md shows the table.
 */
import { markdown, summary, withError, withSpread } from './figures.ts';
import type { Summary } from './figures.ts';

export const METHODS = ['degraded', 'unconstrained', 'generative', 'personal'] as const;
export type Method = (typeof METHODS)[number];

/** One photo by one method. The degraded input has no K: 0. */
export interface Row {
  readonly person: string;
  readonly file: string;
  readonly method: Method;
  readonly K: number;
  /** Cosine of the recogniser's embeddings with the truth's. */
  readonly identity: number;
  /** To the truth, in dB. */
  readonly psnr: number;
}

/** `a` less `b` over the photos that have both. */
export function paired(
  rows: readonly Row[],
  [a, b]: readonly [Method, Method],
  K: number,
  figure: 'identity' | 'psnr',
): Summary {
  const of = (method: Method): Map<string, number> =>
    new Map(
      rows
        .filter((row) => row.method === method && (row.K === K || row.K === 0))
        .map((row) => [`${row.person}/${row.file}`, row[figure]]),
    );
  const other = of(b);
  return summary(
    [...of(a)].flatMap(([photo, value]) => {
      const against = other.get(photo);
      return against === undefined ? [] : [value - against];
    }),
  );
}

/** Markdown: each method at each K, then the differences. */
export function table(rows: readonly Row[], Ks: readonly number[]): string {
  const means = [0, ...Ks].flatMap((K) =>
    METHODS.flatMap((method) => {
      const some = rows.filter((row) => row.method === method && row.K === K);
      if (some.length === 0) return [];
      const identity = withSpread(summary(some.map((row) => row.identity)), 3);
      const psnr = withSpread(summary(some.map((row) => row.psnr)), 2);
      return [[method, K === 0 ? '' : String(K), String(some.length), identity, psnr]];
    }),
  );
  const differences = Ks.flatMap((K) =>
    PAIRS.flatMap((pair) => {
      const [identity, psnr] = [paired(rows, pair, K, 'identity'), paired(rows, pair, K, 'psnr')];
      if (identity.n < 2) return [];
      const figures = [withError(identity, 3), withError(psnr, 2)];
      return [[pair.join(' - '), String(K), String(identity.n), ...figures]];
    }),
  );
  return [
    markdown(['method', 'K', 'photos', 'identity (sd)', 'PSNR, dB (sd)'], means),
    markdown(['difference, same photos', 'K', 'photos', 'identity ± se', 'PSNR, dB ± se'], differences),
  ].join('\n\n');
}

const PAIRS: readonly (readonly [Method, Method])[] = [
  ['personal', 'unconstrained'],
  ['personal', 'degraded'],
  ['generative', 'unconstrained'],
  ['personal', 'generative'],
];
