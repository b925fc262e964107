/**
 * `npm run eval:albums`: does an album bring the person back? Damages held-out photos of a few people and compares what
 * each way of constraining the prior makes of them with the truth. eval/ has its parts, docs/evaluation.md the result.
 */
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { invariant } from '../src/domain/errors.ts';
import { recipeFor } from '../src/engine/finetune/recipes.ts';
import type { Recipe } from '../src/engine/finetune/recipes.ts';
import { openPrior } from '../src/engine/prior.ts';
import { openModel } from '../src/engine/runtime/ort-model.ts';
import type { WeightSource } from '../src/engine/runtime/session.ts';
import { PILOT, albumFor, constrain, restoreAll } from './eval/constrain.ts';
import type { Restoring } from './eval/constrain.ts';
import { DAMAGE, HELD_OUT, cosine, embed, namesOf, psnr, readPerson } from './eval/people.ts';
import type { HeldOut, Person } from './eval/people.ts';
import { table } from './eval/report.ts';
import type { Method, Row } from './eval/report.ts';

const { values } = parseArgs({
  options: {
    albums: { type: 'string' },
    nets: { type: 'string' },
    people: { type: 'string', default: '6' },
    prior: {
      type: 'string',
      default: join(import.meta.dirname, '../resources/models/face-128/prior.safetensors'),
    },
    /** adapter or full: the fast recipe with either; pilot: DESIGN's, all weights. */
    recipe: { type: 'string', default: 'adapter' },
    /** Instead of the recipe's steps, and of how many timesteps it draws from. */
    steps: { type: 'string' },
    timesteps: { type: 'string' },
    'generative-steps': { type: 'string' },
    /** Network evaluations for each image of a generative album. */
    'album-steps': { type: 'string', default: '50' },
    /** published: the norm, from noise; paper: its square, from y_K with K = --album-K. */
    'album-form': { type: 'string', default: 'published' },
    'album-K': { type: 'string' },
    'album-scale': { type: 'string', default: '0.3' },
    /** Held-out photos a person for which a generative album is made, 0..4. */
    generative: { type: 'string', default: '4' },
    /** No new photo is begun after so many minutes. */
    minutes: { type: 'string', default: '1000' },
    out: { type: 'string', default: 'eval-albums.json' },
  },
});
const { albums, nets, out } = values;
if (albums === undefined || nets === undefined) {
  console.error('Usage: npm run eval:albums -- --albums DIR --nets DIR [--people 6] [--out FILE]');
  process.exit(2);
}

const KS = [100, 200];
const SEED = 1;
const ALBUM_SIZE = 16;
const settings: Restoring[] = KS.map((K) => ({ K, sampler: 'ddim', steps: 20, seed: 7 }));
const albumOptions = {
  size: ALBUM_SIZE,
  steps: Number(values['album-steps']),
  form: values['album-form'] === 'paper' ? ('paper' as const) : ('published' as const),
  K: values['album-K'] === undefined ? undefined : Number(values['album-K']),
  scale: Number(values['album-scale']),
  seed: SEED,
};
const deadline = performance.now() + 60_000 * Number(values.minutes);
const personalRecipe = recipeOf('personal', values.steps);
const generativeRecipe = recipeOf('generative', values['generative-steps'] ?? values.steps);

interface Found {
  readonly rows: readonly Row[];
  readonly runs: readonly unknown[];
}

using prior = openPrior(values.prior);
const yunet = await openModel(join(nets, 'yunet_n_dynamic.onnx'));
const recogniser = await openModel(join(nets, 'mobilefacenet.onnx'));
// what an earlier run of the same command found is not made again
const before = existsSync(out) ? (JSON.parse(await readFile(out, 'utf8')) as Found) : { rows: [], runs: [] };
const rows = [...before.rows];
const runs = [...before.runs];
const people: Person[] = [];

for (const name of await namesOf(albums, Number(values.people))) {
  const person = await readPerson(albums, name, prior.config.imageSize, yunet);
  people.push(person);
  say(`${name}: ${person.album.length} photos in the album, ${person.heldOut.length} held out`);
  if (person.heldOut.every((photo) => isDone(name, photo, 'unconstrained'))) continue;
  for (const photo of person.heldOut) await judge(name, photo, 'degraded', 0, photo.degraded);
  await restoreAndJudge(name, person.heldOut, 'unconstrained', prior.weights);
  await save();
}
for (const { name, album, heldOut } of people) {
  if (performance.now() > deadline) break;
  if (heldOut.every((photo) => isDone(name, photo, 'personal'))) continue;
  const images = album.map(({ image }) => image);
  const made = await constrain(prior, images, { recipe: personalRecipe, seed: SEED, id: name, log: say });
  runs.push({ person: name, method: 'personal', seconds: made.seconds, ...made.result });
  say(`${name}: personal, ${made.result.steps} steps, ${made.seconds.toFixed(0)} s`);
  await restoreAndJudge(name, heldOut, 'personal', made.weights);
  await save();
}
for (let i = 0; i < Math.min(HELD_OUT, Number(values.generative)); i++) {
  for (const { name, heldOut } of people) {
    const photo = heldOut[i];
    if (!photo || isDone(name, photo, 'generative') || performance.now() > deadline) continue;
    const album = await albumFor(prior, photo.degraded, albumOptions);
    const id = `${name} ${photo.file}`;
    const made = await constrain(prior, album.images, { recipe: generativeRecipe, seed: SEED, id, log: say });
    const { seconds, result } = made;
    runs.push({
      person: name,
      file: photo.file,
      method: 'generative',
      album: album.seconds,
      seconds,
      ...result,
    });
    say(
      `${photo.file}: generative, ${album.seconds.toFixed(0)} s + ${result.steps} steps, ${seconds.toFixed(0)} s`,
    );
    await restoreAndJudge(name, [photo], 'generative', made.weights);
    await save();
  }
}
console.log(table(rows, KS));
await Promise.all([yunet.release(), recogniser.release()]);

async function restoreAndJudge(
  person: string,
  photos: readonly HeldOut[],
  method: Method,
  weights: WeightSource,
): Promise<void> {
  const degraded = photos.map((photo) => photo.degraded);
  const restored = await restoreAll(prior, weights, degraded, settings);
  for (const [i, photo] of photos.entries())
    for (const [k, { K }] of settings.entries()) {
      const image = restored[i]?.[k];
      invariant(image, 'every photo is restored at every K');
      await judge(person, photo, method, K, image);
    }
}

async function judge(
  person: string,
  { file, image: truth, landmarks }: HeldOut,
  method: Method,
  K: number,
  image: Float32Array,
): Promise<void> {
  const identity = cosine(
    await embed(recogniser, image, landmarks),
    await embed(recogniser, truth, landmarks),
  );
  rows.push({ person, file, method, K, identity, psnr: psnr(image, truth) });
  say(`${file} ${method} K=${K}: identity ${identity.toFixed(3)}, PSNR ${psnr(image, truth).toFixed(2)}`);
}

/** At every K: a person's rows are saved together, a generative album's too. */
function isDone(person: string, { file }: HeldOut, method: Method): boolean {
  return rows.some((row) => row.person === person && row.file === file && row.method === method);
}

function recipeOf(album: 'personal' | 'generative', steps: string | undefined): Recipe {
  const recipe =
    values.recipe === 'pilot'
      ? PILOT
      : recipeFor('fast', {
          album,
          K: Math.max(...KS),
          weights: values.recipe === 'full' ? 'full' : 'adapter',
        });
  const { timesteps } = values;
  return {
    ...recipe,
    ...(steps === undefined ? {} : { steps: Number(steps) }),
    ...(timesteps === undefined ? {} : { timesteps: Number(timesteps) }),
  };
}

async function save(): Promise<void> {
  const setup = {
    base: prior.weights.id,
    damage: DAMAGE,
    settings,
    personalRecipe,
    generativeRecipe,
    ...values,
  };
  await writeFile(`${out}.partial`, JSON.stringify({ setup, runs, rows }, null, 1));
  await rename(`${out}.partial`, out);
}

function say(line: string): void {
  console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);
}
