/**
 * Few-step samplers against the published walk, as rows and as markdown, and the cheapest that is as good.
 * ../eval-samplers.ts fills the rows; docs/evaluation.md shows the tables.
 */
import type { SamplerName } from '../../src/engine/diffusion/samplers/index.ts';
import type { Judged } from './faces.ts';
import { markdown, summary, withError } from './figures.ts';

export const KS = [100, 200, 300] as const;
export const DAMAGES_USED = ['downscale', 'noise', 'jpeg'] as const;
/** The published walk: ancestral steps, 200 of them, or K where K is less. */
export const REFERENCE = { sampler: 'ddpm', steps: 200 } as const;

export interface Way {
  readonly sampler: SamplerName;
  /** Network evaluations; no more than K are made. */
  readonly steps: number;
}

export const WAYS: readonly Way[] = [
  REFERENCE,
  ...(['ddim', 'dpmpp', 'dpmpp-sde'] as const).flatMap((sampler) =>
    [8, 12, 20, 50].map((steps) => ({ sampler, steps })),
  ),
];

/** One face with one damage, walked back from K in one way; or the damaged face itself, without a way. */
export interface SamplerRow extends Judged {
  readonly file: string;
  readonly damage: (typeof DAMAGES_USED)[number];
  readonly K: number;
  readonly way: Way | undefined;
  /** Variance of the Laplacian of grey levels. */
  readonly sharpness: number;
}

const FIGURES = ['identity', 'psnr', 'ssim', 'sharpness'] as const;
type Figure = (typeof FIGURES)[number];
const HEADS = ['identity', 'PSNR, dB', 'SSIM', 'sharpness'];
const DIGITS: Readonly<Record<Figure, number>> = { identity: 3, psnr: 2, ssim: 3, sharpness: 0 };
/** What a cheaper way must keep, and how much of it. Sharpness is shown; a grainy result has much of it too. */
const KEPT = ['identity', 'psnr', 'ssim'] as const;
const SHARE = 0.99;

const isWay = (a: Way | undefined, b: Way | undefined): boolean =>
  a?.sampler === b?.sampler && a?.steps === b?.steps;

function meanOf(rows: readonly SamplerRow[], K: number, way: Way | undefined, figure: Figure): number {
  const some = rows.filter((row) => row.K === K && isWay(row.way, way));
  return summary(some.map((row) => row[figure])).mean;
}

/** The difference to the published walk, face by face (means over damages), ± its standard error. */
function difference(rows: readonly SamplerRow[], K: number, way: Way, figure: Figure): string {
  const own = rows.filter((row) => row.K === K);
  const files = [...new Set(own.map(({ file }) => file))];
  const values = files.map((file) => {
    const of = (wanted: Way): number =>
      summary(own.filter((row) => row.file === file && isWay(row.way, wanted)).map((row) => row[figure]))
        .mean;
    return of(way) - of(REFERENCE);
  });
  return withError(summary(values), DIGITS[figure]);
}

/** One table for each K: every way's means, and its difference to the published walk. */
export function samplerTables(rows: readonly SamplerRow[]): string {
  const faces = new Set(rows.map(({ file }) => file)).size;
  const tables = KS.map((K) => {
    const lines = [undefined, ...WAYS].map((way) => [
      way === undefined ? 'damaged' : `${way.sampler}, ${Math.min(way.steps, K)} steps`,
      ...FIGURES.flatMap((figure) => [
        meanOf(rows, K, way, figure).toFixed(DIGITS[figure]),
        way === undefined || isWay(way, REFERENCE) ? '' : difference(rows, K, way, figure),
      ]),
    ]);
    const head = ['way', ...HEADS.flatMap((name) => [name, '± se'])];
    const cases = rows.filter((row) => row.K === K && row.way === undefined).length;
    const what = `${faces} faces, ${cases} damaged pictures (${DAMAGES_USED.join(', ')})`;
    return `K = ${K}, ${what}\n\n${markdown(head, lines)}`;
  });
  const { way, shares } = cheapest(rows);
  const kept = shares.map(({ K, share }) => `${(100 * share).toFixed(1)} % at K = ${K}`).join(', ');
  const choice =
    way === undefined
      ? 'No cheaper way keeps 99 % of the published walk in identity, PSNR and SSIM at every K.'
      : `Cheapest within 1 % of the published walk at every K: ${way.sampler}, ${way.steps} steps (least kept: ${kept}).`;
  return [...tables, choice].join('\n\n');
}

/** The way with the fewest steps that keeps 99 % of each figure of the published walk at every K; the best of equals. */
export function cheapest(rows: readonly SamplerRow[]): {
  way: Way | undefined;
  /** At each K the least share kept of any figure. */
  shares: readonly { K: number; share: number }[];
} {
  const judged = WAYS.filter((way) => !isWay(way, REFERENCE))
    .map((way) => {
      const shares = KS.map((K) => ({
        K,
        share: Math.min(
          ...KEPT.map((figure) => meanOf(rows, K, way, figure) / meanOf(rows, K, REFERENCE, figure)),
        ),
      }));
      return { way, shares, least: Math.min(...shares.map(({ share }) => share)) };
    })
    .filter(({ least }) => least >= SHARE)
    .sort((a, b) => a.way.steps - b.way.steps || b.least - a.least);
  const [best] = judged;
  return { way: best?.way, shares: best?.shares ?? [] };
}
