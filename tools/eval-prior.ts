/**
 * `npm run eval:prior`: how good is a prior by itself? On faces its training never saw: the denoising loss by t, and blind
 * restoration of five kinds of damage against the truth and against simple filters. docs/evaluation.md has the result.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { invariant } from '../src/domain/errors.ts';
import { fileHash } from '../src/engine/adapter-file.ts';
import type { SamplerName } from '../src/engine/diffusion/samplers/index.ts';
import { openPrior } from '../src/engine/prior.ts';
import { openModel } from '../src/engine/runtime/ort-model.ts';
import { chooseRuntime } from '../src/engine/runtime/providers.ts';
import type { Device } from '../src/engine/runtime/providers.ts';
import { degrade } from '../src/imaging/degrade.ts';
import { openFilters } from '../src/imaging/repair/opencv.ts';
import { contactSheet } from '../src/imaging/sheet.ts';
import type { Tile } from '../src/imaging/sheet.ts';
import { writeImage } from '../src/imaging/write.ts';
import { BASELINES, DAMAGES, DAMAGE_NAMES, baseline } from './eval/damages.ts';
import type { Damage } from './eval/damages.ts';
import { judge, readHeldOut } from './eval/faces.ts';
import type { HeldOutFace } from './eval/faces.ts';
import { GROUPS } from './eval/held-out.ts';
import type { Group } from './eval/held-out.ts';
import { keep, keptIn } from './eval/kept.ts';
import { embed } from './eval/people.ts';
import { STRENGTHS, priorTables } from './eval/prior-report.ts';
import type { LossRow, PriorMethod, PriorRow } from './eval/prior-report.ts';
import { openBench } from './eval/restore-batch.ts';

const { values } = parseArgs({
  options: {
    /** A folder of aligned faces, with its table beside it as FOLDER.csv. */
    faces: { type: 'string' },
    /** A folder with yunet_n_dynamic.onnx and mobilefacenet.onnx. */
    nets: { type: 'string' },
    prior: {
      type: 'string',
      default: join(import.meta.dirname, '../resources/models/face-128/prior.safetensors'),
    },
    config: { type: 'string' },
    /** Photos of each group. */
    limit: { type: 'string', default: '24' },
    sharpness: { type: 'string', default: '150' },
    sampler: { type: 'string', default: 'dpmpp-sde' },
    steps: { type: 'string', default: '20' },
    device: { type: 'string', default: 'cpu' },
    threads: { type: 'string' },
    /** No new batch is begun after so many minutes; 0 prints the tables of what is there. */
    minutes: { type: 'string', default: '1000' },
    out: { type: 'string', default: 'eval-prior.json' },
    /** A picture of what became of a few photos: people's faces, to look at and not to pass on. */
    sheet: { type: 'string' },
  },
});
const { faces, nets, out } = values;
if (faces === undefined || nets === undefined) {
  console.error(
    'Usage: npm run eval:prior -- --faces DIR --nets DIR [--limit 24] [--out FILE] [--sheet FILE]',
  );
  process.exit(2);
}

const BATCH = 8;
const SEED = 7;
const TIMES = [50, 100, 200, 300, 500, 800];
/** Photos of each group on the sheet. */
const SHOWN = 3;

interface Found {
  readonly rows: readonly PriorRow[];
  readonly losses: readonly LossRow[];
}

using prior = openPrior(values.prior, values.config);
const yunet = await openModel(join(nets, 'yunet_n_dynamic.onnx'));
const recogniser = await openModel(join(nets, 'mobilefacenet.onnx'));
const filters = await openFilters();
const deadline = performance.now() + 60_000 * Number(values.minutes);
const { limit, sampler, steps, sharpness, device, threads } = values;
const setup = {
  prior: await fileHash(values.prior),
  damages: DAMAGES,
  ...{ sampler, steps, sharpness, limit, seed: SEED },
};
const before = await keptIn<Found>(out, setup);
const rows = [...(before?.rows ?? [])];
const losses = [...(before?.losses ?? [])];
const photos = await readHeldOut(faces, yunet, {
  size: prior.config.imageSize,
  limit: Number(limit),
  sharpness: Number(sharpness),
});
const tiles: Tile[] = [];

const { runtime } = await chooseRuntime(
  device as Device,
  threads === undefined ? {} : { threads: Number(threads) },
);
const bench = await openBench(prior, runtime, BATCH);
// in turns, so that a run that is cut short has as much of either group
const most = Math.max(...GROUPS.map((group) => photosOf(group).length));
for (let i = 0; i < most; i += BATCH)
  for (const group of GROUPS) {
    const batch = photosOf(group).slice(i, i + BATCH);
    if (batch.length > 0) await judgeBatch(batch, i === 0);
  }
if (values.sheet !== undefined && tiles.length > 0)
  await writeImage(values.sheet, contactSheet(tiles, { columns: 2 + STRENGTHS.length, zoom: 1 }));
console.log(priorTables(rows, losses));
await Promise.all([yunet.release(), recogniser.release(), runtime.release()]);

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
  const truths = await Promise.all(batch.map((photo) => embed(recogniser, photo.image, photo.landmarks)));
  for (const damage of DAMAGE_NAMES) {
    const shown = first && values.sheet !== undefined;
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
      const walk = { K, sampler: sampler as SamplerName, steps: Number(steps), seed: SEED };
      made.push([`K = ${K}`, await bench.restore(damaged, walk)]);
    }
    if (shown) show(batch, damage, made);
    if (done) continue;
    for (const [method, images] of made)
      for (const [i, photo] of batch.entries()) {
        const [image, truth] = [images[i], truths[i]];
        invariant(image && truth, 'an image for each photo');
        const { group, file } = photo;
        rows.push({ group, file, damage, method, ...(await judge(photo, image, truth, recogniser)) });
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
