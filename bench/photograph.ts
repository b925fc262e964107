/**
 * `npm run bench:photograph`: what a whole photo costs besides the network, and what batches of faces gain over one by
 * one. Prints tables, fails nothing; the photo is made here, the prior is the bundled one. run.ts has the machine line.
 */
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recipeText } from '../src/domain/recipe.ts';
import type { Recipe } from '../src/domain/recipe.ts';
import { fileHash } from '../src/engine/adapter-file.ts';
import { openPrior } from '../src/engine/prior.ts';
import { openRuntime } from '../src/engine/runtime/ort.ts';
import { physicalCores } from '../src/engine/runtime/cores.ts';
import { readPhotograph } from '../src/imaging/photograph/read.ts';
import { savePhotograph } from '../src/imaging/photograph/save.ts';
import { BUNDLED_DETECTOR, openDetector } from '../src/restoration/detectors.ts';
import { restoreFaces } from '../src/restoration/faces.ts';
import { OpenNetworks } from '../src/restoration/networks.ts';
import type { Networks } from '../src/restoration/networks.ts';
import { planPhoto } from '../src/restoration/plan.ts';
import type { PlanRequest } from '../src/restoration/plan.ts';
import { restorePhotograph } from '../src/restoration/restore-photograph.ts';
import { command } from '../training/command.ts';
import { last } from './meter.ts';
import { writePortrait } from './portrait.ts';
import { machineLine, median } from './run.ts';

command('npm run bench:photograph --', 'Measures what a whole photo costs besides the network.').parse();

const ROUNDS = 5;
const STEPS = 5;
const resources = join(import.meta.dirname, '../resources');
const model = join(resources, 'models/face-128/prior.safetensors');

/** The face as large as in a portrait, in 12 megapixels. */
const PORTRAIT = { width: 4000, height: 3000, side: 1200, left: 1400, top: 700 };

/** Networks whose evaluations are timed apart. */
function timed(networks: Networks): Networks & { spent: Moment } {
  const meter = {
    size: networks.size,
    T: networks.T,
    spent: { wall: 0, cpu: 0 },
    async of(adapter: string | undefined, batch: number) {
      const denoiser = await networks.of(adapter, batch);
      return {
        ...denoiser,
        async predict(x: Float32Array, t: number) {
          const start = now();
          const prediction = await denoiser.predict(x, t);
          const one = between(start, now());
          meter.spent = { wall: meter.spent.wall + one.wall, cpu: meter.spent.cpu + one.cpu };
          return prediction;
        },
      };
    },
  };
  return meter;
}

/** Milliseconds: of the wall clock, and of all cores together, which other work on the machine does not lengthen. */
interface Moment {
  readonly wall: number;
  readonly cpu: number;
}

function now(): Moment {
  const { user, system } = process.cpuUsage();
  return { wall: performance.now(), cpu: (user + system) / 1000 };
}

function between(from: Moment, to: Moment, less: Moment = { wall: 0, cpu: 0 }): Moment {
  return { wall: to.wall - from.wall - less.wall, cpu: to.cpu - from.cpu - less.cpu };
}

const folder = mkdtempSync(join(tmpdir(), 'albumen-bench-'));
using prior = openPrior(model);
const runtime = await openRuntime('cpu');
const networks = new OpenNetworks({
  ...{ prior, base: { id: 'face-128', sha256: '' }, runtime },
  adapterFile: () => {
    throw new Error('no adapter here');
  },
});
const detector = existsSync(BUNDLED_DETECTOR) ? await openDetector('bundled', runtime) : undefined;
const request = (name: string, sha256: string): PlanRequest => ({
  ...{ app: 'bench', photo: { name, sha256, bytes: statSync(join(folder, name)).size } },
  model: { id: 'face-128', sha256: '0'.repeat(64) },
  device: { provider: 'cpu', threads: physicalCores(), batch: 1 },
  ...{ sampler: 'ddim', strength: 100, steps: STEPS, seed: 0, candidates: 1 },
  repair: { tone: 0, scratches: 0, denoise: 0 },
  output: { format: 'jpeg', depth: 8 },
});

console.log(machineLine(undefined));
try {
  const name = 'portrait.jpg';
  await writePortrait(join(folder, name), PORTRAIT);
  const rounds: Record<'read' | 'find' | 'faces' | 'write' | 'overhead' | 'network', Moment>[] = [];
  let recipe: Recipe | undefined;
  // the first round compiles, and is not counted
  for (let round = 0; round <= ROUNDS; round++) {
    const start = now();
    const photo = await readPhotograph(join(folder, name));
    const sha256 = await fileHash(join(folder, name));
    const read = now();
    const eyes = [
      { x: 1862, y: 1270 },
      { x: 2138, y: 1270 },
    ] as const;
    const byHand = { placed: [{ kind: 'face', eyes, mouth: { x: 2000, y: 1582 } }] } as const;
    if (detector) await planPhoto(photo, { ...request(name, sha256), detector: { detector } });
    const found = now();
    // the same face in every run, whatever the detector makes of it
    recipe = await planPhoto(photo, { ...request(name, sha256), ...byHand });
    const meter = timed(networks);
    const result = await last(restorePhotograph(photo, recipe, { networks: meter }));
    const restored = now();
    await savePhotograph(result.photo, join(folder, 'out.jpg'), {
      metadata: { software: 'Albumen bench', restoredFaces: true, recipe: recipeText(recipe, 0) },
    });
    const saved = now();
    if (round === 0) continue;
    rounds.push({
      read: between(start, read),
      find: between(read, found),
      faces: between(found, restored, meter.spent),
      write: between(restored, saved),
      overhead: between(start, saved, meter.spent),
      network: meter.spent,
    });
  }
  console.log('\n12 megapixels, one face, JPEG to JPEG, in ms; overhead is everything but the network:\n');
  console.log(
    `| | read and hash | find faces | cut out, put back | encode, write | overhead | network, ${STEPS} steps |`,
  );
  console.log('|---|---|---|---|---|---|---|');
  for (const clock of ['wall', 'cpu'] as const) {
    const part = (of: keyof (typeof rounds)[number]): string =>
      median(rounds.map((one) => one[of][clock])).toFixed(0);
    const find = detector ? part('find') : 'no detector';
    const cells = [part('read'), find, part('faces'), part('write'), part('overhead'), part('network')];
    console.log(`| ${clock === 'wall' ? 'wall clock' : 'all cores'} | ${cells.join(' | ')} |`);
  }

  console.log(`\n8 faces, ${STEPS} steps each, in ms:\n`);
  console.log('| batch | all faces | a face and step | gain | all cores | gain |');
  console.log('|---|---|---|---|---|---|');
  const side = networks.size;
  const crop = Float32Array.from({ length: 3 * side * side }, (_, i) => 0.5 * Math.sin(i / 50));
  const [face] = recipe?.faces ?? [];
  if (!recipe || !face) throw new Error('a recipe with a face');
  const works = Array.from({ length: 8 }, (_, i) => ({ face: i, choice: { ...face, seed: i }, crop }));
  const times = new Map<number, Moment[]>();
  for (let round = 0; round <= ROUNDS; round++)
    for (const batch of [1, 2, 4, 8]) {
      const own: Recipe = { ...recipe, device: { ...recipe.device, batch } };
      const start = now();
      await last(restoreFaces(works, own, { networks }));
      if (round > 0) times.set(batch, [...(times.get(batch) ?? []), between(start, now())]);
    }
  const of = (batch: number, clock: keyof Moment): number =>
    median((times.get(batch) ?? []).map((one) => one[clock]));
  for (const batch of times.keys()) {
    const [wall, cpu] = [of(batch, 'wall'), of(batch, 'cpu')];
    const gains = [of(1, 'wall') / wall, of(1, 'cpu') / cpu].map((gain) => gain.toFixed(2));
    const a = (wall / 8 / STEPS).toFixed(1);
    console.log(
      `| ${batch} | ${wall.toFixed(0)} | ${a} | ${gains[0] ?? ''} | ${cpu.toFixed(0)} | ${gains[1] ?? ''} |`,
    );
  }
} finally {
  await detector?.release();
  await networks[Symbol.asyncDispose]();
  await runtime.release();
  rmSync(folder, { recursive: true, force: true });
}
