/**
 * What the evaluation found: one row a restored photo, and the table made of them (means, spread over photos, paired
 * differences with their standard error). ../eval-albums.ts fills the rows; docs/evaluation.md shows the table.
 */

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

export interface Summary {
  readonly n: number;
  readonly mean: number;
  /** Over photos, unbiased; NaN for one photo. */
  readonly sd: number;
}

export function summary(values: readonly number[]): Summary {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { n, mean, sd: n > 1 ? Math.sqrt(squares / (n - 1)) : NaN };
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
  const lines = [
    '| method | K | photos | identity (sd) | PSNR, dB (sd) |',
    '| --- | --- | --- | --- | --- |',
  ];
  const line = (method: Method, K: number, some: readonly Row[]): void => {
    if (some.length === 0) return;
    const identity = summary(some.map((row) => row.identity));
    const psnr = summary(some.map((row) => row.psnr));
    lines.push(`| ${method} | ${K || ''} | ${some.length} | ${spread(identity, 3)} | ${spread(psnr, 2)} |`);
  };
  for (const K of [0, ...Ks])
    for (const method of METHODS)
      line(
        method,
        K,
        rows.filter((row) => row.method === method && row.K === K),
      );
  lines.push(
    '',
    '| difference, same photos | K | photos | identity ± se | PSNR, dB ± se |',
    '| --- | --- | --- | --- | --- |',
  );
  for (const K of Ks) {
    for (const pair of PAIRS) {
      const [identity, psnr] = [paired(rows, pair, K, 'identity'), paired(rows, pair, K, 'psnr')];
      if (identity.n < 2) continue;
      lines.push(
        `| ${pair.join(' - ')} | ${K} | ${identity.n} | ${withError(identity, 3)} | ${withError(psnr, 2)} |`,
      );
    }
  }
  return lines.join('\n');
}

const PAIRS: readonly (readonly [Method, Method])[] = [
  ['personal', 'unconstrained'],
  ['personal', 'degraded'],
  ['generative', 'unconstrained'],
  ['personal', 'generative'],
];

function spread({ mean, sd }: Summary, digits: number): string {
  return `${mean.toFixed(digits)} (${sd.toFixed(digits)})`;
}

function withError({ mean, sd, n }: Summary, digits: number): string {
  return `${mean >= 0 ? '+' : ''}${mean.toFixed(digits)} ± ${(sd / Math.sqrt(n)).toFixed(digits)}`;
}
