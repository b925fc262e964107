/**
 * What the evaluation of a prior found, as rows and as markdown: means over photos with their spread, and differences to the
 * damaged photo with their standard error. ../eval-prior.ts fills the rows; docs/evaluation.md shows the tables.
 */
import { BASELINES, DAMAGE_NAMES } from './damages.ts';
import type { Baseline, Damage } from './damages.ts';
import { markdown, summary, withError, withSpread } from './figures.ts';
import { GROUPS } from './held-out.ts';
import type { Group } from './held-out.ts';

export const STRENGTHS = [50, 100, 200, 300] as const;

export type PriorMethod = 'damaged' | Baseline | `K = ${number}`;
const METHODS: readonly PriorMethod[] = [
  'damaged',
  ...BASELINES,
  ...STRENGTHS.map((K): PriorMethod => `K = ${K}`),
];

export const FIGURES = ['identity', 'psnr', 'ssim'] as const;
export type Figure = (typeof FIGURES)[number];
const FIGURE_NAMES: Readonly<Record<Figure, string>> = {
  identity: 'identity',
  psnr: 'PSNR, dB',
  ssim: 'SSIM',
};
const DIGITS: Readonly<Record<Figure, number>> = { identity: 3, psnr: 2, ssim: 3 };

/** One photo with one damage by one method, against the truth. */
export type PriorRow = Readonly<Record<Figure, number>> & {
  readonly group: Group;
  readonly file: string;
  readonly damage: Damage;
  readonly method: PriorMethod;
};

/** Mean squared error of the noise the network predicts in one photo at one timestep. */
export interface LossRow {
  readonly group: Group;
  readonly file: string;
  readonly t: number;
  readonly loss: number;
}

/** Markdown: the loss at each t, then each group's methods over all damages, then damage by damage. */
export function priorTables(rows: readonly PriorRow[], losses: readonly LossRow[]): string {
  return [
    lossTable(losses),
    ...GROUPS.map((group) => overall(rows, group)),
    ...FIGURES.map((f) => byDamage(rows, f)),
  ].join('\n\n');
}

export function lossTable(losses: readonly LossRow[]): string {
  const ts = [...new Set(losses.map(({ t }) => t))].sort((a, b) => a - b);
  const lines = markdown(
    ['t', ...GROUPS.map((group) => `${group} (sd)`)],
    ts.map((t) => [
      String(t),
      ...GROUPS.map((group) => {
        const some = losses.filter((row) => row.t === t && row.group === group).map(({ loss }) => loss);
        return some.length === 0 ? '' : withSpread(summary(some), 4);
      }),
    ]),
  );
  return `Denoising loss\n\n${lines}`;
}

/** Every method over all damages: mean (sd) over photos and damages, and the difference to the damaged photo ± se. */
export function overall(rows: readonly PriorRow[], group: Group): string {
  const own = rows.filter((row) => row.group === group);
  const photos = new Set(own.map(({ file }) => file)).size;
  const lines = METHODS.flatMap((method) => {
    const some = own.filter((row) => row.method === method);
    if (some.length === 0) return [];
    return [
      [
        method,
        ...FIGURES.flatMap((figure) => {
          const shown = withSpread(summary(some.map((row) => row[figure])), DIGITS[figure]);
          return [shown, method === 'damaged' ? '' : difference(own, method, figure)];
        }),
      ],
    ];
  });
  const head = ['method', ...FIGURES.flatMap((figure) => [`${FIGURE_NAMES[figure]} (sd)`, '± se'])];
  return `All damages, ${group}, ${photos} photos\n\n${markdown(head, lines)}`;
}

/** Photo by photo the mean over damages, so that the standard error is over photos that are independent. */
function difference(own: readonly PriorRow[], method: PriorMethod, figure: Figure): string {
  const files = [...new Set(own.map(({ file }) => file))];
  const differences = files.flatMap((file) => {
    const mean = (wanted: PriorMethod): number =>
      summary(own.filter((row) => row.file === file && row.method === wanted).map((row) => row[figure])).mean;
    const value = mean(method) - mean('damaged');
    return Number.isFinite(value) ? [value] : [];
  });
  return withError(summary(differences), DIGITS[figure]);
}

/** Means of one figure: methods down, damages across, one half for each group. */
export function byDamage(rows: readonly PriorRow[], figure: Figure): string {
  const columns = GROUPS.flatMap((group) => DAMAGE_NAMES.map((damage) => ({ group, damage })));
  const lines = METHODS.map((method) => [
    method,
    ...columns.map(({ group, damage }) => {
      const some = rows.filter(
        (row) => row.group === group && row.damage === damage && row.method === method,
      );
      return some.length === 0 ? '' : summary(some.map((row) => row[figure])).mean.toFixed(DIGITS[figure]);
    }),
  ]);
  const head = ['method', ...columns.map(({ group, damage }) => `${group}: ${damage}`)];
  return `${FIGURE_NAMES[figure]} by damage (means)\n\n${markdown(head, lines)}`;
}
