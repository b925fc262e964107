/**
 * Which photos a command line names, and where each result goes: plain rules over paths, decided before any work.
 * commands/restore.ts carries the plan out.
 */
import { existsSync, readFileSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { UserError } from '../domain/errors.ts';
import { parseRecipe } from '../domain/recipe.ts';
import { quoted } from '../domain/text.ts';
import { FORMAT_EXTENSIONS } from '../imaging/photograph/save.ts';
import { PHOTO_EXTENSIONS } from '../imaging/read.ts';

export interface PhotoInput {
  /** As given, or found below a folder that was given. */
  readonly path: string;
  /** The folder under --out where its results go: the tree below the folder that was given. */
  readonly tree: string;
}

export interface PlannedPhoto extends PhotoInput {
  /** One per candidate. */
  readonly results: readonly string[];
  /** With several candidates: the picture of where they differ. */
  readonly variation: string | undefined;
}

/** Names this program gives its results; passed over when a folder is walked, so that none is restored twice. */
const OWN_RESULT = /\.(restored(-\d+)?|variation|mask)\.\w+$/i;

/**
 * Files as they are given, folders walked for pictures by their endings (hidden files, links to folders and earlier
 * results left out), everything once, in a stable order. What does not exist is kept: reading it will say so.
 */
export function collectPhotos(paths: readonly string[]): PhotoInput[] {
  const found: PhotoInput[] = [];
  const seen = new Set<string>();
  const add = (photo: PhotoInput): void => {
    const key = realPath(photo.path);
    if (!seen.has(key)) found.push(photo);
    seen.add(key);
  };
  for (const path of paths) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) add({ path, tree: '' });
    else for (const file of walk(path)) add({ path: file, tree: dirname(relative(path, file)) });
  }
  return found;
}

function walk(folder: string): string[] {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (cause) {
    throw new UserError(
      'photo.unreadable',
      `The folder ${quoted(folder)} cannot be read.`,
      'Check that you may open it.',
      { cause },
    );
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.')) return [];
    if (entry.isDirectory()) return walk(path);
    const isPhoto = PHOTO_EXTENSIONS.includes(extname(entry.name).toLowerCase());
    if (!isPhoto || OWN_RESULT.test(entry.name) || hasRecipe(path)) return [];
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true ? [path] : [];
  });
}

/** Whether a recipe beside a picture says that it was made here, whatever the picture is called. */
function hasRecipe(path: string): boolean {
  const ending = extname(path);
  const recipe = `${path.slice(0, path.length - ending.length)}.recipe.json`;
  if (!existsSync(recipe)) return false;
  try {
    const { output } = parseRecipe(readFileSync(recipe, 'utf8'), basename(recipe));
    return FORMAT_EXTENSIONS[output.format].includes(ending.toLowerCase());
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

/**
 * NAME.restored.png; with several candidates NAME.restored-1.png ... and NAME.variation.png. Photos that would share a
 * name (a.jpg, a.png) are numbered: NAME-2. The same command line always gives the same plan.
 */
export function planPhotos(
  photos: readonly PhotoInput[],
  out: string,
  candidates: number,
): readonly PlannedPhoto[] {
  const taken = new Set<string>();
  return photos.map((photo) => {
    const stem = join(out, photo.tree, basename(photo.path, extname(photo.path)));
    let name = stem;
    // folded, because a.png and A.png are one file on many systems
    for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${stem}-${n}`;
    taken.add(name.toLowerCase());
    if (candidates === 1) return { ...photo, results: [`${name}.restored.png`], variation: undefined };
    const results = Array.from({ length: candidates }, (_, i) => `${name}.restored-${i + 1}.png`);
    return { ...photo, results, variation: `${name}.variation.png` };
  });
}

/** All files of a photo's plan. */
export function outputsOf({ results, variation }: PlannedPhoto): readonly string[] {
  return variation === undefined ? results : [...results, variation];
}

/** Throws UserError `output.unwritable` where a result would take the place of one of the inputs. */
export function refuseOriginals(photo: PlannedPhoto, inputs: readonly PhotoInput[]): void {
  const originals = new Set(inputs.map(({ path }) => realPath(path)));
  const output = outputsOf(photo).find((path) => originals.has(realPath(path)));
  if (output === undefined) return;
  throw new UserError(
    'output.unwritable',
    `${quoted(basename(photo.path))} was left alone because its result would replace ${quoted(basename(output))}, which is one of the inputs.`,
    'Choose another folder with --out.',
  );
}

/** Where the path leads, links followed; for a path that is not there, where it would be. */
function realPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    // not there (yet): its folder may still be a link
    const parent = dirname(resolve(path));
    return parent === resolve(path) ? parent : join(realPath(parent), basename(path));
  }
}
