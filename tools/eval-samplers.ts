/**
 * `npm run eval:samplers`: what do few steps cost? Held-out faces, damaged and restored by every sampler in 8 to 50 steps, against
 * the published walk of 200 ancestral steps. The default sampler is chosen from its table, in docs/evaluation.md.
 */
import { configOption, deviceOption, threadsOption } from '../src/cli/options.ts';
import { invariant } from '../src/domain/errors.ts';
import { fileHash } from '../src/engine/adapter-file.ts';
import { openPrior } from '../src/engine/prior.ts';
import { chooseRuntime } from '../src/engine/runtime/providers.ts';
import type { Device } from '../src/engine/runtime/providers.ts';
import type { Recogniser } from '../src/faces/recogniser.ts';
import { degrade } from '../src/imaging/degrade.ts';
import { command, whole } from '../training/command.ts';
import { DAMAGES } from './eval/damages.ts';
import { openFaceNets } from './eval/face-nets.ts';
import { judge, readHeldOut, sharpnessOf } from './eval/faces.ts';
import type { HeldOutFace } from './eval/faces.ts';
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
import { openBench } from './eval/restore-batch.ts';
import type { Bench } from './eval/restore-batch.ts';
import { DAMAGES_USED, KS, WAYS, samplerTables } from './eval/sampler-report.ts';
import type { SamplerRow } from './eval/sampler-report.ts';

interface Options {
  readonly faces: string;
  readonly nets: string;
  readonly prior: string;
  readonly config?: string;
  readonly limit: number;
  readonly passes: number;
  readonly sharpness: number;
  readonly device: Device;
  readonly threads?: number;
  readonly minutes: number;
  readonly out: string;
}

const options = command(
  'npm run eval:samplers --',
  'Restores damaged held-out faces by every sampler in 8 to 50 steps and compares with the published walk.',
)
  .addOption(facesOption())
  .addOption(netsOption())
  .addOption(priorOption())
  .addOption(configOption())
  .option('--limit <n>', 'faces of each group', whole(1), 20)
  .option('--passes <n>', 'damages each face has, one after the other, of three', whole(1), 1)
  .addOption(sharpnessOption())
  .addOption(deviceOption().default('cpu'))
  .addOption(threadsOption())
  .addOption(minutesOption())
  .addOption(outOption('eval-samplers.json'))
  .parse()
  .opts<Options>();
const { out, limit, passes, sharpness } = options;

const BATCH = 8;
const SEED = 7;

using prior = openPrior(options.prior, options.config);
const deadline = performance.now() + 60_000 * options.minutes;
const setup = {
  prior: await fileHash(options.prior),
  // as text, which they are in the files there are
  ...{ sharpness: String(sharpness), limit: String(limit), seed: SEED },
  ...{ KS, WAYS, DAMAGES_USED },
};
const before = await keptIn<{ rows: readonly SamplerRow[] }>(out, setup);
const rows = [...(before?.rows ?? [])];
if (options.minutes > 0) await measure();
console.log(samplerTables(rows));

async function measure(): Promise<void> {
  const { faces, nets: folder, device, threads } = options;
  await using nets = await openFaceNets(folder);
  const size = prior.config.imageSize;
  const chosen = await readHeldOut(faces, nets.yunet, { size, limit, sharpness });
  const chosenRuntime = await chooseRuntime(device, threads === undefined ? {} : { threads });
  await using runtime = chosenRuntime.runtime;
  const bench = await openBench(prior, runtime, BATCH);
  // the groups in turn, so that a run that is cut short has both
  const rank = (face: HeldOutFace): number =>
    chosen.filter(({ group }) => group === face.group).indexOf(face);
  const order = chosen.toSorted((a, b) => rank(a) - rank(b));
  for (let pass = 0; pass < passes; pass++) {
    const cases = order.map((face, i) => ({ face, damage: DAMAGES_USED[(i + pass) % DAMAGES_USED.length]! }));
    for (let i = 0; i < cases.length; i += BATCH)
      for (const K of KS) await measureBatch(bench, nets.recogniser, cases.slice(i, i + BATCH), K);
  }
}

/** Every way back from K for up to `BATCH` faces, unless they are there already. */
async function measureBatch(
  bench: Bench,
  recogniser: Recogniser,
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
