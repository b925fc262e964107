/**
 * Means of what was measured, with their spread or their standard error, and tables of them in markdown. report.ts,
 * prior-report.ts and sampler-report.ts make the tables of docs/evaluation.md of these.
 */

export interface Summary {
  readonly n: number;
  readonly mean: number;
  /** Unbiased; NaN for one value. */
  readonly sd: number;
}

/** NaN for no values. */
export function summary(values: readonly number[]): Summary {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { n, mean, sd: n > 1 ? Math.sqrt(squares / (n - 1)) : NaN };
}

/** `mean (sd)`. */
export function withSpread({ mean, sd }: Summary, digits: number): string {
  return `${mean.toFixed(digits)} (${sd.toFixed(digits)})`;
}

/** `+mean ± standard error`, for differences. */
export function withError({ mean, sd, n }: Summary, digits: number): string {
  return `${mean >= 0 ? '+' : ''}${mean.toFixed(digits)} ± ${(sd / Math.sqrt(n)).toFixed(digits)}`;
}

export function markdown(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [row(head), row(head.map(() => '---')), ...lines.map(row)].join('\n');
}
