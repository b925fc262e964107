/**
 * Makes docs/images/prior-sheet.png: the demo's face of nobody under the five damages of the evaluation, restored at each
 * strength. To be made again with every new bundled prior; eval-prior.ts has the figures.
 */
import { join } from 'node:path';
import { Option } from 'commander';
import { DEFAULT_SAMPLER, stepsFor } from '../src/domain/sampling.ts';
import { openPrior } from '../src/engine/prior.ts';
import { chooseRuntime } from '../src/engine/runtime/providers.ts';
import { degrade } from '../src/imaging/degrade.ts';
import { readAlignedCrop } from '../src/imaging/read.ts';
import { contactSheet } from '../src/imaging/sheet.ts';
import type { Tile } from '../src/imaging/sheet.ts';
import { writeImage } from '../src/imaging/write.ts';
import { command } from '../training/command.ts';
import { DAMAGES, DAMAGE_NAMES } from './eval/damages.ts';
import { BUNDLED_PRIOR } from './eval/options.ts';
import { STRENGTHS } from './eval/prior-report.ts';
import { openBench } from './eval/restore-batch.ts';

const root = join(import.meta.dirname, '..');
const { out } = command(
  'node tools/make-prior-sheet.ts',
  "Restores the demo's damaged face at each strength and writes the contact sheet of docs/evaluation.md.",
)
  .addOption(
    new Option('--out <file>', 'where the sheet goes').default(
      join(root, 'docs/images/prior-sheet.png'),
      'docs/images/prior-sheet.png',
    ),
  )
  .parse()
  .opts<{ readonly out: string }>();
using prior = openPrior(BUNDLED_PRIOR);
const { data: truth } = await readAlignedCrop(join(root, 'resources/demo/face.png'), prior.config.imageSize);
const { runtime } = await chooseRuntime('cpu');
const damaged = await Promise.all(
  DAMAGE_NAMES.map(async (name) => ({ image: await degrade(truth, DAMAGES[name], 1), number: 0 })),
);
const bench = await openBench(prior, runtime, damaged.length);
const restored: Float32Array[][] = [];
for (const K of STRENGTHS)
  restored.push(
    await bench.restore(damaged, {
      K,
      sampler: DEFAULT_SAMPLER,
      steps: stepsFor(DEFAULT_SAMPLER, K),
      seed: 7,
    }),
  );
const tiles = DAMAGE_NAMES.flatMap((name, i): Tile[] => [
  { image: truth, label: 'the truth' },
  { image: damaged[i]!.image, label: name },
  ...STRENGTHS.map((K, k) => ({ image: restored[k]![i]!, label: `K = ${K}` })),
]);
await writeImage(out, contactSheet(tiles, { columns: 2 + STRENGTHS.length }));
console.log(out);
await runtime.release();
