/**
 * `npm run eval:prior`: how good is a prior by itself? On faces its training never saw: the denoising loss by t, and blind
 * restoration of five kinds of damage against the truth and against simple filters. docs/evaluation.md has the result.
 */
import { Option } from 'commander';
import { configOption, deviceOption, threadsOption } from '../src/cli/options.ts';
import { invariant } from '../src/domain/errors.ts';
import { DEFAULT_SAMPLER, stepsFor } from '../src/domain/sampling.ts';
import { fileHash } from '../src/engine/adapter-file.ts';
import { samplers } from '../src/engine/diffusion/samplers/index.ts';
import type { SamplerName } from '../src/engine/diffusion/samplers/index.ts';
import { openPrior } from '../src/engine/prior.ts';
import { chooseRuntime } from '../src/engine/runtime/providers.ts';
import type { Device } from '../src/engine/runtime/providers.ts';
import { degrade } from '../src/imaging/degrade.ts';
import { openFilters } from '../src/imaging/repair/opencv.ts';
import { contactSheet } from '../src/imaging/sheet.ts';
import type { Tile } from '../src/imaging/sheet.ts';
import { writeImage } from '../src/imaging/write.ts';
import { command, whole } from '../training/command.ts';
import { BASELINES, DAMAGES, DAMAGE_NAMES, baseline } from './eval/damages.ts';
import type { Damage } from './eval/damages.ts';
import { openFaceNets } from './eval/face-nets.ts';
import { judge, readHeldOut } from './eval/faces.ts';
import type { HeldOutFace } from './eval/faces.ts';
import { GROUPS } from './eval/held-out.ts';
import type { Group } from './eval/held-out.ts';
import { keep, keptIn } from './eval/kept.ts';
import {
  facesOption,
  minutesOption,
  netsOption,
  outOption,
  priorOption,
  sharpnessOption,
} from './eval/options.ts';
import { embed } from './eval/people.ts';
import { STRENGTHS, priorTables } from './eval/prior-report.ts';
import type { LossRow, PriorMethod, PriorRow } from './eval/prior-report.ts';
import { openBench } from './eval/restore-batch.ts';

interface Options {
  readonly faces: string;
  readonly nets: string;
  readonly prior: string;
  readonly config?: string;
  readonly limit: number;
  readonly sharpness: number;
  readonly sampler: SamplerName;
  readonly steps?: number;
  readonly device: Device;
  readonly threads?: number;
  readonly minutes: number;
  readonly out: string;
  readonly sheet?: string;
}

const options = command(
  'npm run eval:prior --',
  'Measures a prior on faces its training never saw: the denoising loss by t, and restorations of five damages.',
)
  .addOption(facesOption())
  .addOption(netsOption())
  .addOption(priorOption())
  .addOption(configOption())
  .option('--limit <n>', 'photos of each group', whole(1), 24)
  .addOption(sharpnessOption())
  .addOption(
    new Option('--sampler <name>', 'how to walk back from the noise')
      .choices(Object.keys(samplers))
      .default(DEFAULT_SAMPLER),
  )
  .option('--steps <n>', "sampling steps (default: the sampler's own number)", whole(1))
  .addOption(deviceOption().default('cpu'))
  .addOption(threadsOption())
  .addOption(minutesOption())
  .addOption(outOption('eval-prior.json'))
  .option('--sheet <file>', "a picture of a few photos: people's faces, to look at and not to pass on")
  .parse()
  .opts<Options>();
const { out, limit, sharpness, sampler, steps: asked, device, threads } = options;

const BATCH = 8;
const SEED = 7;
const TIMES = [50, 100, 200, 300, 500, 800];
/** Photos of each group on the sheet. */
const SHOWN = 3;

interface Found {
  readonly rows: readonly PriorRow[];
  readonly losses: readonly LossRow[];
}

using prior = openPrior(options.prior, options.config);
await using nets = await openFaceNets(options.nets);
const filters = await openFilters();
const deadline = performance.now() + 60_000 * options.minutes;

const setup = {
  prior: await fileHash(options.prior),
  damages: DAMAGES,
  // numbers as text, which they are in the files there are
  ...{ sampler, steps: asked === undefined ? 'usual' : String(asked) },
  ...{ sharpness: String(sharpness), limit: String(limit), seed: SEED },
};
const before = await keptIn<Found>(out, setup);
const rows = [...(before?.rows ?? [])];
const losses = [...(before?.losses ?? [])];
const size = prior.config.imageSize;
const photos = await readHeldOut(options.faces, nets.yunet, { size, limit, sharpness });
const tiles: Tile[] = [];

const chosen = await chooseRuntime(device, threads === undefined ? {} : { threads });
await using runtime = chosen.runtime;
const bench = await openBench(prior, runtime, BATCH);
// in turns, so that a run that is cut short has as much of either group
const most = Math.max(...GROUPS.map((group) => photosOf(group).length));
for (let i = 0; i < most; i += BATCH)
  for (const group of GROUPS) {
    const batch = photosOf(group).slice(i, i + BATCH);
    if (batch.length > 0) await judgeBatch(batch, i === 0);
  }
if (options.sheet !== undefined && tiles.length > 0)
  await writeImage(options.sheet, contactSheet(tiles, { columns: 2 + STRENGTHS.length, zoom: 1 }));
console.log(priorTables(rows, losses));

function photosOf(group: Group): HeldOutFace[] {
  return photos.filter((photo) => photo.group === group);
}

async function judgeBatch(batch: readonly HeldOutFace[], first: boolean): Promise<void> {
  if (performance.now() >= deadline) return;
  const isDone = batch.every(({ file }) => losses.some((row) => row.file === file));
  for (const t of isDone ? [] : TIMES)
    (await bench.lossAt(t, batch, SEED)).forEach((loss, i) => {
      const photo = batch[i];
      invariant(photo, 'a loss for each photo');
      losses.push({ group: photo.group, file: photo.file, t, loss });
    });
  const truths = await Promise.all(
    batch.map((photo) => embed(nets.recogniser, photo.image, photo.landmarks)),
  );
  for (const damage of DAMAGE_NAMES) {
    const shown = first && options.sheet !== undefined;
    const done = batch.every(({ file }) => rows.some((row) => row.file === file && row.damage === damage));
    if ((done && !shown) || performance.now() >= deadline) continue;
    const begin = performance.now();
    const damaged = await Promise.all(
      batch.map(async ({ image, number }) => ({
        image: await degrade(image, DAMAGES[damage], number),
        number,
      })),
    );
    const made: (readonly [PriorMethod, readonly Float32Array[]])[] = [
      ['damaged', damaged.map(({ image }) => image)],
    ];
    for (const name of BASELINES)
      made.push([name, await Promise.all(damaged.map(({ image }) => baseline(name, image, filters)))]);
    for (const K of STRENGTHS) {
      const steps = stepsFor(sampler, K, asked);
      made.push([`K = ${K}`, await bench.restore(damaged, { K, sampler, steps, seed: SEED })]);
    }
    if (shown) show(batch, damage, made);
    if (done) continue;
    for (const [method, images] of made)
      for (const [i, photo] of batch.entries()) {
        const [image, truth] = [images[i], truths[i]];
        invariant(image && truth, 'an image for each photo');
        const { group, file } = photo;
        rows.push({ group, file, damage, method, ...(await judge(photo, image, truth, nets.recogniser)) });
      }
    await keep(out, setup, { rows, losses });
    const seconds = (performance.now() - begin) / 1000;
    console.error(
      `${new Date().toISOString().slice(11, 19)} ${batch[0]?.group}, ${batch[0]?.file} and on, ${damage}: ${seconds.toFixed(0)} s`,
    );
  }
}

function show(
  batch: readonly HeldOutFace[],
  damage: Damage,
  made: readonly (readonly [PriorMethod, readonly Float32Array[]])[],
): void {
  batch.slice(0, SHOWN).forEach(({ image }, i) => {
    tiles.push({ image, label: 'truth' });
    for (const [method, images] of made) {
      const one = images[i];
      if (one && (method === 'damaged' || method.startsWith('K')))
        tiles.push({ image: one, label: method === 'damaged' ? damage : method });
    }
  });
}
