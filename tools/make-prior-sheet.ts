/**
 * Makes docs/images/prior-sheet.png: the demo's face of nobody under the five damages of the evaluation, restored at each
 * strength. To be made again with every new bundled prior; eval-prior.ts has the figures.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openPrior } from '../src/engine/prior.ts';
import { chooseRuntime } from '../src/engine/runtime/providers.ts';
import { degrade } from '../src/imaging/degrade.ts';
import { readAlignedCrop } from '../src/imaging/read.ts';
import { contactSheet } from '../src/imaging/sheet.ts';
import type { Tile } from '../src/imaging/sheet.ts';
import { writeImage } from '../src/imaging/write.ts';
import { DAMAGES, DAMAGE_NAMES } from './eval/damages.ts';
import { STRENGTHS } from './eval/prior-report.ts';
import { openBench } from './eval/restore-batch.ts';

const root = join(import.meta.dirname, '..');
const { values } = parseArgs({
  options: { out: { type: 'string', default: join(root, 'docs/images/prior-sheet.png') } },
});
using prior = openPrior(join(root, 'resources/models/face-128/prior.safetensors'));
const { data: truth } = await readAlignedCrop(join(root, 'resources/demo/face.png'), prior.config.imageSize);
const { runtime } = await chooseRuntime('cpu');
const damaged = await Promise.all(
  DAMAGE_NAMES.map(async (name) => ({ image: await degrade(truth, DAMAGES[name], 1), number: 0 })),
);
const bench = await openBench(prior, runtime, damaged.length);
const restored: Float32Array[][] = [];
for (const K of STRENGTHS)
  restored.push(await bench.restore(damaged, { K, sampler: 'dpmpp-sde', steps: 20, seed: 7 }));
const tiles = DAMAGE_NAMES.flatMap((name, i): Tile[] => [
  { image: truth, label: 'the truth' },
  { image: damaged[i]!.image, label: name },
  ...STRENGTHS.map((K, k) => ({ image: restored[k]![i]!, label: `K = ${K}` })),
]);
await writeImage(values.out, contactSheet(tiles, { columns: 2 + STRENGTHS.length }));
console.log(values.out);
await runtime.release();
