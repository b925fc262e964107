/**
 * `npm run eval:albums`: does an album bring the person back? Damages held-out photos of a few people and compares what
 * each way of constraining the prior makes of them with the truth. eval/ has its parts, docs/evaluation.md the result.
 */
import { Option } from 'commander';
import { invariant } from '../src/domain/errors.ts';
import { DEFAULT_SAMPLER, stepsFor } from '../src/domain/sampling.ts';
import { fileHash } from '../src/engine/adapter-file.ts';
import type { GuidanceForm } from '../src/engine/diffusion/guidance.ts';
import { recipeFor } from '../src/engine/finetune/recipes.ts';
import type { Recipe } from '../src/engine/finetune/recipes.ts';
import { openPrior } from '../src/engine/prior.ts';
import type { WeightSource } from '../src/engine/runtime/session.ts';
import { likeness } from '../src/faces/recogniser.ts';
import { command, number, whole } from '../training/command.ts';
import { PILOT, albumFor, constrain, restoreAll } from './eval/constrain.ts';
import type { Restoring } from './eval/constrain.ts';
import { openFaceNets } from './eval/face-nets.ts';
import { keep, keptIn } from './eval/kept.ts';
import { minutesOption, netsOption, outOption, priorOption } from './eval/options.ts';
import { DAMAGE, HELD_OUT, embed, namesOf, psnr, readPerson } from './eval/people.ts';
import type { HeldOut, Person } from './eval/people.ts';
import { table } from './eval/report.ts';
import type { Method, Row } from './eval/report.ts';

interface Options {
  readonly albums: string;
  readonly nets: string;
  readonly people: number;
  readonly prior: string;
  readonly recipe: 'adapter' | 'full' | 'pilot';
  readonly steps?: number;
  readonly timesteps?: number;
  readonly generative: number;
  readonly generativeSteps?: number;
  readonly albumSteps: number;
  readonly albumForm: GuidanceForm;
  readonly albumK?: number;
  readonly albumScale: number;
  readonly minutes: number;
  readonly out: string;
}

const options = command(
  'npm run eval:albums --',
  'Damages held-out photos of a few people, restores them with and without albums, and compares with the truth.',
)
  .requiredOption('--albums <folder>', 'a folder of photos for each person')
  .addOption(netsOption())
  .option('--people <n>', 'the first so many, by name', whole(1), 6)
  .addOption(priorOption())
  .addOption(
    new Option('--recipe <name>', 'of the finetune: the fast one of adapters or of all weights, or the pilot')
      .choices(['adapter', 'full', 'pilot'])
      .default('adapter'),
  )
  .option('--steps <n>', "steps of the finetune (default: the recipe's)", whole(1))
  .option('--timesteps <n>', "how many timesteps it draws from (default: the recipe's)", whole(1))
  .option(
    '--generative <n>',
    `held-out photos of each person for which a generative album is made, up to ${HELD_OUT}`,
    whole(0),
    HELD_OUT,
  )
  .option(
    '--generative-steps <n>',
    'steps of the finetune to a generative album (default: --steps)',
    whole(1),
  )
  .option('--album-steps <n>', 'network evaluations for each image of a generative album', whole(1), 50)
  .addOption(
    new Option('--album-form <name>', 'published: the norm, from noise; paper: its square, from y_K')
      .choices(['published', 'paper'])
      .default('published'),
  )
  .option('--album-K <K>', 'where the paper form begins (default: 200)', whole(1))
  .option('--album-scale <s>', 'how strongly the photo guides a generative album', number(0), 0.3)
  .addOption(minutesOption())
  .addOption(outOption('eval-albums.json'))
  .parse()
  .opts<Options>();
const { out } = options;

const KS = [100, 200];
const SEED = 1;
const ALBUM_SIZE = 16;
const settings: Restoring[] = KS.map((K) => ({
  ...{ K, seed: 7 },
  ...{ sampler: DEFAULT_SAMPLER, steps: stepsFor(DEFAULT_SAMPLER, K) },
}));
const albumOptions = {
  size: ALBUM_SIZE,
  steps: options.albumSteps,
  form: options.albumForm,
  K: options.albumK,
  scale: options.albumScale,
  seed: SEED,
};
const deadline = performance.now() + 60_000 * options.minutes;
const personalRecipe = recipeOf('personal', options.steps);
const generativeRecipe = recipeOf('generative', options.generativeSteps ?? options.steps);

interface Found {
  readonly rows: readonly Row[];
  readonly runs: readonly unknown[];
}

using prior = openPrior(options.prior);
await using nets = await openFaceNets(options.nets);
// how each row was made; how many people and photos there are may differ from one run to the next
const setup = {
  prior: await fileHash(options.prior),
  ...{ damage: DAMAGE, settings, personalRecipe, generativeRecipe, album: albumOptions },
};
const before = await keptIn<Found>(out, setup);
const rows = [...(before?.rows ?? [])];
const runs = [...(before?.runs ?? [])];
const people: Person[] = [];

for (const name of await namesOf(options.albums, options.people)) {
  const person = await readPerson(options.albums, name, prior.config.imageSize, nets.yunet);
  people.push(person);
  say(`${name}: ${person.album.length} photos in the album, ${person.heldOut.length} held out`);
  if (person.heldOut.every((photo) => isDone(name, photo, 'unconstrained'))) continue;
  if (performance.now() > deadline) break;
  for (const photo of person.heldOut) await judge(name, photo, 'degraded', 0, photo.degraded);
  await restoreAndJudge(name, person.heldOut, 'unconstrained', prior.weights);
  await keep(out, setup, { runs, rows });
}
for (const { name, album, heldOut } of people) {
  if (performance.now() > deadline) break;
  if (heldOut.every((photo) => isDone(name, photo, 'personal'))) continue;
  const images = album.map(({ image }) => image);
  const made = await constrain(prior, images, { recipe: personalRecipe, seed: SEED, id: name, log: say });
  runs.push({ person: name, method: 'personal', seconds: made.seconds, ...made.result });
  say(`${name}: personal, ${made.result.steps} steps, ${made.seconds.toFixed(0)} s`);
  await restoreAndJudge(name, heldOut, 'personal', made.weights);
  await keep(out, setup, { runs, rows });
}
for (let i = 0; i < Math.min(HELD_OUT, options.generative); i++) {
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
    await keep(out, setup, { runs, rows });
  }
}
console.log(table(rows, KS));

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
  const identity = likeness(
    await embed(nets.recogniser, image, landmarks),
    await embed(nets.recogniser, truth, landmarks),
  );
  rows.push({ person, file, method, K, identity, psnr: psnr(image, truth) });
  say(`${file} ${method} K=${K}: identity ${identity.toFixed(3)}, PSNR ${psnr(image, truth).toFixed(2)}`);
}

/** At every K: a person's rows are saved together, a generative album's too. */
function isDone(person: string, { file }: HeldOut, method: Method): boolean {
  return rows.some((row) => row.person === person && row.file === file && row.method === method);
}

function recipeOf(album: 'personal' | 'generative', steps: number | undefined): Recipe {
  const recipe =
    options.recipe === 'pilot'
      ? PILOT
      : recipeFor('fast', {
          album,
          K: Math.max(...KS),
          weights: options.recipe,
        });
  const { timesteps } = options;
  return {
    ...recipe,
    ...(steps === undefined ? {} : { steps }),
    ...(timesteps === undefined ? {} : { timesteps }),
  };
}

function say(line: string): void {
  console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);
}
