/**
 * Makes resources/demo/face.png: a face of nobody, sampled from the bundled prior. Without --choose it writes a contact
 * sheet of faces to look at; then: node tools/make-demo-face.ts --choose SEED
 *
 * The pilot prior's free samples drift in colour and carry a 2 x 2 pattern (of its patches), so each face is made in
 * rounds: DDPM-like sampling from pure noise, then neutralise (grey, pattern out, contrast up), and twice more from a
 * lower K, as a restoration does.
 */
import { parseArgs } from 'node:util';
import { join } from 'node:path';
import { gaussian } from '../src/engine/diffusion/noise.ts';
import { samplers } from '../src/engine/diffusion/samplers/index.ts';
import { compileDenoiser, openPrior } from '../src/engine/prior.ts';
import { restore } from '../src/engine/restore.ts';
import { chooseRuntime } from '../src/engine/runtime/providers.ts';
import { contactSheet } from '../src/imaging/sheet.ts';
import { writeImage } from '../src/imaging/write.ts';

const { values } = parseArgs({
  options: {
    choose: { type: 'string' },
    first: { type: 'string', default: '0' },
    count: { type: 'string', default: '24' },
    sheet: { type: 'string', default: 'demo-out/faces.png' },
  },
});
const resources = join(import.meta.dirname, '../resources');
using prior = openPrior(join(resources, 'models/face-128/prior.safetensors'));
const { runtime } = await chooseRuntime('cpu');
const denoiser = await compileDenoiser(prior, runtime, 1);
const side = prior.config.imageSize;

async function last<T>(run: AsyncGenerator<unknown, T>): Promise<T> {
  for (;;) {
    const next = await run.next();
    if (next.done) return next.value;
  }
}

async function face(seed: number): Promise<Float32Array> {
  const noise = gaussian(seed, 0);
  const x_T = new Float32Array(denoiser.shape.reduce((a, b) => a * b));
  noise.fill(x_T);
  let image = await last(samplers.ddim(denoiser, x_T, { K: denoiser.schedule.T, steps: 100, eta: 1, noise }));
  for (const K of [400, 250]) {
    const request = { photo: neutral(image), K, sampler: 'ddim', eta: 1, steps: 50, seed } as const;
    const [candidate] = (await last(restore(denoiser, request))).candidates;
    if (!candidate) throw new Error('internal: no candidate');
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

if (values.choose === undefined) {
  const tiles = [];
  for (let i = 0; i < Number(values.count); i++) {
    const seed = Number(values.first) + i;
    tiles.push({ image: await face(seed), label: `seed ${seed}` });
  }
  await writeImage(values.sheet, contactSheet(tiles, { columns: 6 }));
  console.log(`${values.sheet}: choose one and run again with --choose SEED`);
} else {
  const path = join(resources, 'demo/face.png');
  await writeImage(path, await face(Number(values.choose)));
  console.log(path);
}
await runtime.release();
