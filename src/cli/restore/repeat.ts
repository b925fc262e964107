/**
 * `albumen restore --recipe FILE`: the same picture again, bit for bit on the same provider; or a plain word about what is
 * no longer the same. one-photo.ts follows the recipe.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../../domain/errors.ts';
import { parseRecipe } from '../../domain/recipe.ts';
import type { Recipe } from '../../domain/recipe.ts';
import { quoted } from '../../domain/text.ts';
import { fileHash } from '../../engine/adapter-file.ts';
import { readXmp } from '../../imaging/photograph/read.ts';
import { recipeInXmp } from '../../imaging/photograph/xmp.ts';
import { EXIT } from '../exit.ts';
import type { ExitCode } from '../exit.ts';
import type { Host } from '../host.ts';
import { DEFAULT_MODEL } from '../options.ts';
import { readRegistry, resolveModel } from '../registry.ts';
import type { ModelChoice } from '../registry.ts';
import { appVersion } from '../version.ts';
import { openWorkshop } from './equipment.ts';
import type { Workshop } from './equipment.ts';
import { checkFolder } from './folder.ts';
import { Namer, existingResult } from './names.ts';
import type { RestoreOptions } from './options.ts';
import { exitCodeOf, runEach, summary } from './outcome.ts';
import { loadPhoto, makePhoto, skipped } from './one-photo.ts';
import type { Making } from './one-photo.ts';

const MAX_BYTES = 4e6;

export async function repeatRecipe(
  file: string,
  paths: readonly string[],
  options: RestoreOptions,
  host: Host,
): Promise<ExitCode> {
  const { ui } = host;
  if (paths.length > 1) throw new UserError('usage', 'A recipe is of one photo.', 'Give that photo alone.');
  const recipe = await readRecipe(file);
  const path = paths[0] ?? findPhoto(file, recipe);
  checkFolder(options.out);
  const choice = await modelOf(recipe, options, host);
  const { device, model, app } = recipe;
  const asked = options.device === 'auto' ? device.provider : options.device;
  const threads = options.threads ?? device.threads;
  const settings = { ...options, device: asked, threads, strength: 0 };
  await using workshop = await openWorkshop({ choice, options: settings, detect: false }, host);
  if (workshop.base.sha256 !== model.sha256) throw anotherModel(recipe, workshop);
  await workshop.persons.find(recipe.faces.flatMap(({ person }) => (person ? [person] : [])));
  const { chosen } = workshop.report;
  if (chosen !== device.provider)
    ui.note(
      `Note: the recipe was made on ${device.provider}, and this is ${chosen}: the picture may differ in the last bits.`,
    );
  if (app !== appVersion())
    ui.note(
      `Note: the recipe was made by Albumen ${app}, and this is ${appVersion()}: the picture may differ.`,
    );
  const mask = options.mask ?? maskBeside(file, recipe);
  const making: Making = {
    ...{ workshop, host, recipe, inputs: [{ path, tree: '' }], placed: [] },
    options: { ...options, recipe: file, ...(mask !== undefined && { mask }) },
    plan: {
      ...{ app, model, device, sampler: recipe.sampler, strength: 0, seed: 0, candidates: recipe.candidates },
      repair: recipe.repair,
    },
  };
  const photo = { path, tree: '' };
  const { outcomes, cancelled } = await runEach([photo], host, async (_, place) => {
    const loaded = await loadPhoto(path, host.signal);
    if (loaded.sha256 !== recipe.photo.sha256) throw anotherPhoto(path, recipe);
    const stem = new Namer(options.out, options.name).stemOf(photo, loaded.photo.source.taken);
    const there = existingResult(stem, recipe.output.format);
    if (there !== undefined && options.overwrite !== true) return skipped(path, [there], place, host);
    return makePhoto({ ...photo, loaded, stem, stems: [stem] }, place, making);
  });
  ui.note(cancelled ? 'Cancelled.' : summary(outcomes));
  const code = cancelled ? EXIT.cancelled : exitCodeOf(outcomes);
  ui.document({ ok: code === EXIT.done, ...(cancelled && { cancelled }), recipe, results: outcomes });
  return code;
}

/** Throws UserError `recipe.unreadable`. */
async function readRecipe(file: string): Promise<Recipe> {
  let bytes;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    throw new UserError(
      'recipe.unreadable',
      `The recipe ${quoted(file)} cannot be read.`,
      'Check the path.',
      {
        cause,
      },
    );
  }
  const text = bytes.subarray(0, MAX_BYTES + 1).toString('utf8');
  const inside = /^\s*\{/.test(text) ? undefined : await recipeInPicture(file);
  return parseRecipe(inside ?? text, basename(file));
}

/** Of a restored photo itself, whose XMP has its recipe; undefined where the file is no picture. */
async function recipeInPicture(file: string): Promise<string | undefined> {
  let xmp;
  try {
    xmp = await readXmp(file);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
  const recipe = xmp && recipeInXmp(xmp);
  if (recipe !== undefined) return recipe;
  throw new UserError(
    'recipe.unreadable',
    `${quoted(basename(file))} is a picture, and there is no recipe in its XMP.`,
    'Give a photo that Albumen restored, or the .recipe.json beside it.',
  );
}

/** The photo by its name: beside the recipe, one folder up, or here. */
function findPhoto(file: string, { photo }: Recipe): string {
  const folders = [dirname(file), join(dirname(file), '..'), '.'];
  const found = folders.map((folder) => join(folder, photo.name)).find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new UserError(
    'usage',
    `The photo of the recipe, ${quoted(photo.name)}, is not beside it.`,
    'Name it: albumen restore --recipe FILE PHOTO --out FOLDER',
  );
}

/** `--model`, else the model of the recipe's id, else any that has its hash. Throws UserError. */
async function modelOf(
  { model }: Recipe,
  options: RestoreOptions,
  { env, signal }: Host,
): Promise<ModelChoice> {
  if (options.model !== DEFAULT_MODEL) return resolveModel(options.model, options.config, env);
  const priors = readRegistry(env).models.filter(({ kind }) => kind === 'prior');
  const first = priors.filter(({ id }) => id === model.id);
  for (const entry of [...first, ...priors]) {
    if (!existsSync(entry.path) || (await fileHash(entry.path, signal)) !== model.sha256) continue;
    return { name: entry.id, path: entry.path, configPath: options.config ?? entry.configPath, entry };
  }
  throw new UserError(
    'recipe.mismatch',
    `The model of the recipe, ${quoted(model.id)} (SHA-256 ${model.sha256.slice(0, 12)}), is not here${first.length > 0 ? ': the one of that id is another' : ''}.`,
    'Give its file with --model, or restore anew without --recipe.',
  );
}

function anotherModel({ model }: Recipe, { base }: Workshop): UserError {
  return new UserError(
    'recipe.mismatch',
    `${quoted(base.id)} is not the model of the recipe, ${quoted(model.id)}: its SHA-256 begins with ${base.sha256.slice(0, 12)}, not ${model.sha256.slice(0, 12)}.`,
    'Give the file of that model with --model, or restore anew without --recipe.',
  );
}

function anotherPhoto(path: string, { photo }: Recipe): UserError {
  return new UserError(
    'recipe.mismatch',
    `${quoted(basename(path))} is not the photo the recipe was made from (${quoted(photo.name)}, SHA-256 ${photo.sha256.slice(0, 12)}), or was changed since.`,
    'Give that photo, or restore this one anew without --recipe.',
  );
}

/** An edited mask is kept beside its recipe. */
function maskBeside(file: string, { repair }: Recipe): string | undefined {
  if (repair.mask === undefined) return undefined;
  const stem = file.replace(/\.recipe\.json$|\.\w{3,4}$/, '');
  const found = [stem, stem.replace(/-\d+$/, '')]
    .map((one) => `${one}.mask.png`)
    .find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new UserError(
    'recipe.mismatch',
    `The recipe wants the mask that was edited for it, and there is none beside ${quoted(basename(file))}.`,
    'Give it with --mask.',
  );
}
