/**
 * Makes resources/demo/face.png: faces of nobody, sampled from the bundled prior by DDIM (50 steps from pure noise).
 * Without --choose it writes a contact sheet of 24 to look at; then: node tools/make-demo-face.ts --choose SEED
 */
import { parseArgs } from 'node:util';
import { join } from 'node:path';
import { gaussian } from '../src/engine/diffusion/noise.ts';
import { samplers } from '../src/engine/diffusion/samplers/index.ts';
import { compileDenoiser, openPrior } from '../src/engine/prior.ts';
import { chooseRuntime } from '../src/engine/runtime/providers.ts';
import { contactSheet } from '../src/imaging/sheet.ts';
import { writeImage } from '../src/imaging/write.ts';

const { values } = parseArgs({
  options: {
    choose: { type: 'string' },
    first: { type: 'string', default: '0' },
    count: { type: 'string', default: '24' },
    steps: { type: 'string', default: '50' },
    eta: { type: 'string', default: '0' },
    sheet: { type: 'string', default: 'demo-out/faces.png' },
  },
});
const resources = join(import.meta.dirname, '../resources');
using prior = openPrior(join(resources, 'models/face-128/prior.safetensors'));
const { runtime } = await chooseRuntime('cpu');
const denoiser = await compileDenoiser(prior, runtime, 1);

/** A face from pure noise: x_T is the start of stream 0 of the seed. */
async function sample(seed: number): Promise<Float32Array> {
  const noise = gaussian(seed, 0);
  const x_T = new Float32Array(denoiser.shape.reduce((a, b) => a * b));
  noise.fill(x_T);
  const options = { K: denoiser.schedule.T, steps: Number(values.steps), eta: Number(values.eta), noise };
  const run = samplers.ddim(denoiser, x_T, options);
  for (;;) {
    const next = await run.next();
    if (next.done) return next.value;
  }
}

if (values.choose === undefined) {
  const tiles = [];
  for (let i = 0; i < Number(values.count); i++) {
    const seed = Number(values.first) + i;
    tiles.push({ image: await sample(seed), label: `seed ${seed}` });
  }
  await writeImage(values.sheet, contactSheet(tiles, { columns: 6 }));
  console.log(`${values.sheet}: choose one and run again with --choose SEED`);
} else {
  const path = join(resources, 'demo/face.png');
  await writeImage(path, await sample(Number(values.choose)));
  console.log(path);
}
await runtime.release();
