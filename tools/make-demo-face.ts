/**
 * Makes resources/demo/face.png: a face of nobody, sampled from the bundled prior. src/cli/commands/demo.ts restores it.
 *
 * The pilot prior's free samples drift in colour and carry a 2 x 2 pattern (of its patches), so each face is made in
 * rounds: DDPM-like sampling from pure noise, then neutralise (grey, pattern out, contrast up), and twice more from a
 * lower K, as a restoration does.
 */
import { join } from 'node:path';
import { invariant } from '../src/domain/errors.ts';
import { gaussian } from '../src/engine/diffusion/noise.ts';
import { samplers } from '../src/engine/diffusion/samplers/index.ts';
import { compileDenoiser, openPrior } from '../src/engine/prior.ts';
import { restore } from '../src/engine/restore.ts';
import { chooseRuntime } from '../src/engine/runtime/providers.ts';
import { contactSheet } from '../src/imaging/sheet.ts';
import { writeImage } from '../src/imaging/write.ts';
import { command, whole } from '../training/command.ts';
import { last } from './eval/last.ts';
import { BUNDLED_PRIOR } from './eval/options.ts';

interface Options {
  readonly choose?: number;
  readonly first: number;
  readonly count: number;
  readonly sheet: string;
}

const options = command(
  'node tools/make-demo-face.ts',
  'Samples faces of nobody from the bundled prior and shows them on a sheet; with --choose, keeps one as the demo.',
)
  .option('--choose <seed>', 'the face to keep, as resources/demo/face.png', whole(0))
  .option('--first <seed>', 'seed of the first face on the sheet', whole(0), 0)
  .option('--count <n>', 'faces on the sheet', whole(1), 24)
  .option('--sheet <file>', 'where the sheet goes', 'demo-out/faces.png')
  .parse()
  .opts<Options>();
const resources = join(import.meta.dirname, '../resources');
using prior = openPrior(BUNDLED_PRIOR);
const { runtime } = await chooseRuntime('cpu');
const denoiser = await compileDenoiser(prior, runtime, 1);
const side = prior.config.imageSize;

async function face(seed: number): Promise<Float32Array> {
  const noise = gaussian(seed, 0);
  const x_T = new Float32Array(denoiser.shape.reduce((a, b) => a * b));
  noise.fill(x_T);
  let image = await last(samplers.ddim(denoiser, x_T, { K: denoiser.schedule.T, steps: 100, eta: 1, noise }));
  for (const K of [400, 250]) {
    const request = { photo: neutral(image), K, sampler: 'ddim', eta: 1, steps: 50, seed } as const;
    const [candidate] = (await last(restore(denoiser, request))).candidates;
    invariant(candidate, 'a restoration has a candidate');
    image = candidate;
  }
  return neutral(image);
}

/** Grey; the mean of each of the four places in a patch made equal; 1 % to 99 % stretched over [-0.85, 0.85]. */
function neutral(image: Float32Array): Float32Array {
  const pixels = side * side;
  const grey = Float32Array.from(
    { length: pixels },
    (_, p) => 0.299 * image[p]! + 0.587 * image[pixels + p]! + 0.114 * image[2 * pixels + p]!,
  );
  const place = (p: number): number => 2 * (Math.floor(p / side) % 2) + (p % 2);
  const means = [0, 0, 0, 0];
  grey.forEach((value, p) => (means[place(p)]! += (4 * value) / pixels));
  const level = grey.map((value, p) => value - means[place(p)]!).sort();
  const low = level[Math.floor(0.01 * pixels)]!;
  const high = level[Math.floor(0.99 * pixels)]!;
  const stretched = grey.map((value, p) => {
    const v = (1.7 * (value - means[place(p)]! - (low + high) / 2)) / (high - low);
    return Math.max(-0.97, Math.min(0.97, v));
  });
  const out = new Float32Array(3 * pixels);
  for (let c = 0; c < 3; c++) out.set(stretched, c * pixels);
  return out;
}

const { choose, first, count, sheet } = options;
if (choose === undefined) {
  const tiles = [];
  for (let i = 0; i < count; i++) {
    const seed = first + i;
    tiles.push({ image: await face(seed), label: `seed ${seed}` });
  }
  await writeImage(sheet, contactSheet(tiles, { columns: 6 }));
  console.log(`${sheet}: choose one and run again with --choose SEED`);
} else {
  const path = join(resources, 'demo/face.png');
  await writeImage(path, await face(choose));
  console.log(path);
}
await runtime.release();
