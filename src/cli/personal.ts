/**
 * The prior that `restore` uses: as it is, or constrained to a person, an album folder, or an album generated from the
 * photo. What is made for it is kept in albums/ of the data folder, by hash, so that a second run is immediate.
 */
import { basename, join, resolve } from 'node:path';
import { existsSync, statSync } from 'node:fs';
import { Option } from 'commander';
import type { Command } from 'commander';
import { UserError } from '../domain/errors.ts';
import { counted, quoted } from '../domain/text.ts';
import { openFinetuned } from '../engine/adapter-file.ts';
import type { Base } from '../engine/adapter-file.ts';
import { recipeFor } from '../engine/finetune/recipes.ts';
import type { Recipe } from '../engine/finetune/recipes.ts';
import type { Prior } from '../engine/prior.ts';
import type { Runtime } from '../engine/runtime/session.ts';
import { readAlignedCrop } from '../imaging/read.ts';
import { albumImage, generateInto, generationHash, readAlbum } from './albums.ts';
import { finetuneInto, runHash } from './finetuning.ts';
import type { Album } from './finetuning.ts';
import type { Host } from './host.ts';
import { iterationsOption, recipeOption, whole } from './options.ts';
import { knownPeople, peopleFolder, personId, readPerson } from './people.ts';
import type { Person } from './people.ts';
import { dataFolder } from './registry.ts';

export interface PersonalOptions {
  readonly album?: string;
  readonly generativeAlbum?: true;
  readonly albumSize?: number;
  readonly albumSteps?: number;
  readonly albumRecipe?: Recipe['name'];
  readonly iterations?: number;
  readonly strength: number;
}

/** The paper's album; also what the engine makes by default. */
const ALBUM_SIZE = 16;
/** Albums of one photo and one base are always made and finetuned with this one, so that --seed finds them again. */
const SEED = 0;

export function addPersonalOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--album <name or folder>',
        'restore with the prior of a person (see finetune), or finetuned on this folder of aligned face crops',
      ).conflicts('generativeAlbum'),
    )
    .addOption(
      new Option('--generative-album', 'restore with the prior finetuned on an album made from the photo'),
    )
    .addOption(
      new Option('--album-size <n>', 'images of the generative album (default: 16)').argParser(
        whole(2, 1000),
      ),
    )
    .addOption(
      new Option(
        '--album-steps <n>',
        'network evaluations an image of it (default: one for each noise step of the model)',
      ).argParser(whole(1, 65536)),
    )
    .addOption(recipeOption('--album-recipe'))
    .addOption(iterationsOption());
}

/** Throws `usage` for options that belong to an album where there is none. */
export function checkPersonalOptions(options: PersonalOptions): void {
  const { album, generativeAlbum = false, albumSize, albumSteps, albumRecipe, iterations } = options;
  const refuse = (option: string, wanted: string): never => {
    throw new UserError('usage', `${option} means nothing without ${wanted}.`, 'Leave it out.');
  };
  if (!generativeAlbum && albumSize !== undefined) refuse('--album-size', '--generative-album');
  if (!generativeAlbum && albumSteps !== undefined) refuse('--album-steps', '--generative-album');
  if (generativeAlbum || album !== undefined) return;
  if (albumRecipe !== undefined) refuse('--album-recipe', '--album or --generative-album');
  if (iterations !== undefined) refuse('--iterations', '--album or --generative-album');
}

export interface PersonalWork {
  readonly prior: Prior;
  readonly base: Base;
  readonly runtime: Runtime;
  readonly options: PersonalOptions;
  readonly host: Host;
}

/** The recipe for restorations up to `strength`; below the usual one the same, so that a lower strength reuses it. */
export function recipeOf(
  {
    albumRecipe = 'fast',
    iterations,
    strength,
  }: Pick<PersonalOptions, 'albumRecipe' | 'iterations' | 'strength'>,
  album: 'personal' | 'generative',
  weights?: Recipe['weights'],
): Recipe {
  const usual = 200;
  const found = recipeFor(albumRecipe, { album, K: Math.max(usual, strength), ...(weights && { weights }) });
  return iterations === undefined ? found : { ...found, steps: iterations };
}

/** What a finetune ended with. */
export interface FinetunedFile {
  readonly kind: 'person' | 'album' | 'generative';
  /** For people. */
  readonly name: string;
  /** The adapter, or the weights of a full finetune. */
  readonly path: string;
}

/** Of `--album`: a person that is known comes before a folder of that name. */
export async function albumPrior(work: PersonalWork, album: string): Promise<Prior> {
  const { path } = await albumFile(work, album);
  return openFinetuned(path, work.prior, work.base);
}

export async function albumFile(work: PersonalWork, album: string): Promise<FinetunedFile> {
  const { prior, options, host } = work;
  const { ui, env } = host;
  const looksLikePath = /[\\/]/.test(album);
  const folder = looksLikePath ? undefined : join(peopleFolder(env), personFolder(album));
  const person = folder === undefined ? undefined : await readPerson(folder);
  if (folder !== undefined && person) {
    for (const [option, flag] of [
      ['albumRecipe', '--album-recipe'],
      ['iterations', '--iterations'],
    ] as const)
      if (options[option] !== undefined)
        throw new UserError(
          'usage',
          `${flag} means nothing for ${person.name}, whose finetune is done.`,
          'Leave it out.',
        );
    ui.note(`Album: ${person.name}, ${whatOf(person)}.`);
    const { timesteps } = person.recipe;
    if (timesteps !== null && options.strength > timesteps)
      ui.note(
        `Note: ${person.name} was finetuned for strengths up to ${timesteps}; finetune with --strength ${options.strength} for this one.`,
      );
    return { kind: 'person', name: person.name, path: join(folder, person.weights) };
  }
  if (folder !== undefined && existsSync(join(folder, 'run.safetensors')))
    throw new UserError(
      'model.unknown',
      `The finetune of ${quoted(album)} is not done yet.`,
      'Start it again to go on from where it is.',
    );
  if (statSync(album, { throwIfNoEntry: false })?.isDirectory() !== true) throw unknownPerson(album, host);
  const images = await readAlbum(album, prior.config.imageSize, host);
  const path = await finetunedFile(work, images, recipeOf(options, 'personal'));
  return { kind: 'album', name: basename(resolve(album)), path };
}

/** Of `--generative-album`, for one photo [3,S,S]. */
export async function generativePrior(work: PersonalWork, photo: Float32Array): Promise<Prior> {
  const { path } = await generativeFile(work, photo);
  return openFinetuned(path, work.prior, work.base);
}

/** The same, as a file. */
export async function generativeFile(work: PersonalWork, photo: Float32Array): Promise<FinetunedFile> {
  const { prior, base, runtime, options, host } = work;
  const { albumSize: size = ALBUM_SIZE, albumSteps: steps, strength } = options;
  const how = { form: 'published', steps, strength, seed: SEED } as const;
  const folder = join(albumsFolder(host.env), `of-${generationHash(photo, base, how)}`);
  await generateInto(
    { prior, base, runtime: () => Promise.resolve(runtime), photo, size, how, folder },
    host,
  );
  // as written, in 8 bits: the same whether just made or found
  const images: Float32Array[] = [];
  const names = Array.from({ length: size }, (_, i) => albumImage(folder, i));
  for (const name of names) images.push((await readAlignedCrop(name, prior.config.imageSize)).data);
  const path = await finetunedFile(work, { images, names }, recipeOf(options, 'generative'));
  return { kind: 'generative', name: 'the album made from it', path };
}

async function finetunedFile(
  { prior, base, runtime, host }: PersonalWork,
  album: Album,
  recipe: Recipe,
): Promise<string> {
  const run = { prior, base, album, recipe, seed: SEED };
  const folder = join(albumsFolder(host.env), runHash(run));
  const { person, done } = await finetuneInto(
    {
      ...run,
      ...{ runtime: () => Promise.resolve(runtime), folder, name: 'the album', strength: 0 },
      ...{ previewEvery: 0, overwrite: true },
    },
    host,
  );
  host.ui.note(`Album: ${done === 'before' ? 'finetuned before, ' : ''}${whatOf(person)}.`);
  return join(folder, person.weights);
}

/** On a finetune, in a few words. */
export function whatOf({ photos, recipe, steps, best, losses }: Person): string {
  const loss = best ? `held-out loss ${best.loss.toFixed(4)}` : `loss ${(losses.at(-1) ?? NaN).toFixed(4)}`;
  return `${counted(photos, 'photo')}, recipe ${recipe.name} (${recipe.weights}), ${counted(steps, 'step')}, ${loss}`;
}

/** Where finetunes on folders and generated albums are kept. */
export function albumsFolder(env: NodeJS.ProcessEnv): string {
  return join(dataFolder(env), 'albums');
}

/** A name that can be nobody's is looked for under one that nobody has. */
function personFolder(name: string): string {
  try {
    return personId(name);
  } catch (error) {
    if (error instanceof UserError) return '.nobody';
    throw error;
  }
}

function unknownPerson(album: string, { env }: Host): UserError {
  const known = knownPeople(env);
  const advice =
    known.length > 0
      ? `Known: ${known.join(', ')}.`
      : 'Finetune a person with: albumen finetune NAME --photos FOLDER.';
  return new UserError('model.unknown', `There is no person or folder called ${quoted(album)}.`, advice);
}
