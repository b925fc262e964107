/**
 * `npm run eval:samplers`: what do few steps cost? Held-out faces, damaged and restored by every sampler in 8 to 50 steps, against
 * the published walk of 200 ancestral steps. The default sampler is chosen from its table, in docs/evaluation.md.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { invariant } from '../src/domain/errors.ts';
import { fileHash } from '../src/engine/adapter-file.ts';
import { openPrior } from '../src/engine/prior.ts';
import { openModel } from '../src/engine/runtime/ort-model.ts';
import type { Model } from '../src/engine/runtime/ort-model.ts';
import { chooseRuntime } from '../src/engine/runtime/providers.ts';
import type { Device } from '../src/engine/runtime/providers.ts';
import { degrade } from '../src/imaging/degrade.ts';
import { DAMAGES } from './eval/damages.ts';
import { judge, readHeldOut, sharpnessOf } from './eval/faces.ts';
import type { HeldOutFace } from './eval/faces.ts';
import { keep, keptIn } from './eval/kept.ts';
import { embed } from './eval/people.ts';
import { openBench } from './eval/restore-batch.ts';
import type { Bench } from './eval/restore-batch.ts';
import { DAMAGES_USED, KS, WAYS, samplerTables } from './eval/sampler-report.ts';
import type { SamplerRow } from './eval/sampler-report.ts';

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
    /** Faces of each group. */
    limit: { type: 'string', default: '20' },
    /** Each face has one of the damages, in turn; with 2 and 3 passes another, and all. */
    passes: { type: 'string', default: '1' },
    sharpness: { type: 'string', default: '150' },
    device: { type: 'string', default: 'cpu' },
    threads: { type: 'string' },
    /** No new batch is begun after so many minutes; 0 prints the tables of what is there. */
    minutes: { type: 'string', default: '1000' },
    out: { type: 'string', default: 'eval-samplers.json' },
  },
});
const { faces, nets, out, limit, passes, sharpness, device, threads } = values;
if (faces === undefined || nets === undefined) {
  console.error('Usage: npm run eval:samplers -- --faces DIR --nets DIR [--limit 20] [--out FILE]');
  process.exit(2);
}

const BATCH = 8;
const SEED = 7;

using prior = openPrior(values.prior, values.config);
const deadline = performance.now() + 60_000 * Number(values.minutes);
const setup = { prior: await fileHash(values.prior), sharpness, limit, seed: SEED, KS, WAYS, DAMAGES_USED };
const before = await keptIn<{ rows: readonly SamplerRow[] }>(out, setup);
const rows = [...(before?.rows ?? [])];
if (Number(values.minutes) > 0) await measure(faces, nets);
console.log(samplerTables(rows));

async function measure(folder: string, netsFolder: string): Promise<void> {
  const yunet = await openModel(join(netsFolder, 'yunet_n_dynamic.onnx'));
  const recogniser = await openModel(join(netsFolder, 'mobilefacenet.onnx'));
  const size = prior.config.imageSize;
  const chosen = await readHeldOut(folder, yunet, {
    size,
    limit: Number(limit),
    sharpness: Number(sharpness),
  });
  const { runtime } = await chooseRuntime(
    device as Device,
    threads === undefined ? {} : { threads: Number(threads) },
  );
  const bench = await openBench(prior, runtime, BATCH);
  // the groups in turn, so that a run that is cut short has both
  const rank = (face: HeldOutFace): number =>
    chosen.filter(({ group }) => group === face.group).indexOf(face);
  const order = chosen.toSorted((a, b) => rank(a) - rank(b));
  for (let pass = 0; pass < Number(passes); pass++) {
    const cases = order.map((face, i) => ({ face, damage: DAMAGES_USED[(i + pass) % DAMAGES_USED.length]! }));
    for (let i = 0; i < cases.length; i += BATCH)
      for (const K of KS) await measureBatch(bench, recogniser, cases.slice(i, i + BATCH), K);
  }
  await Promise.all([yunet.release(), recogniser.release(), runtime.release()]);
}

/** Every way back from K for up to `BATCH` faces, unless they are there already. */
async function measureBatch(
  bench: Bench,
  recogniser: Model,
  cases: readonly { readonly face: HeldOutFace; readonly damage: SamplerRow['damage'] }[],
  K: number,
): Promise<void> {
  const done = cases.every(({ face, damage }) =>
    rows.some((row) => row.file === face.file && row.damage === damage && row.K === K),
  );
  if (done || performance.now() >= deadline) return;
  const begin = performance.now();
  const damaged = await Promise.all(
    cases.map(async ({ face: { image, number }, damage }) => ({
      image: await degrade(image, DAMAGES[damage], number),
      number,
    })),
  );
  const truths = await Promise.all(cases.map(({ face }) => embed(recogniser, face.image, face.landmarks)));
  const add = async (way: SamplerRow['way'], images: readonly Float32Array[]): Promise<void> => {
    for (const [i, { face, damage }] of cases.entries()) {
      const [image, truth] = [images[i], truths[i]];
      invariant(image && truth, 'an image for each face');
      const judged = await judge(face, image, truth, recogniser);
      rows.push({ file: face.file, damage, K, way, ...judged, sharpness: sharpnessOf(image) });
    }
  };
  await add(
    undefined,
    damaged.map(({ image }) => image),
  );
  for (const way of WAYS)
    await add(way, await bench.restore(damaged, { K, ...way, steps: Math.min(way.steps, K), seed: SEED }));
  await keep(out, setup, { rows });
  const seconds = ((performance.now() - begin) / 1000).toFixed(0);
  console.error(
    `${new Date().toISOString().slice(11, 19)} ${cases[0]?.face.file} and on, K = ${K}: ${seconds} s`,
  );
}
