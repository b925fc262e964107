/**
 * The files of a restored photo, written beside each other: the recipe first, the photo last; the mask that was edited, and
 * a picture of where candidates differ. one-photo.ts decides what is in them.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { UserError, invariant } from '../../domain/errors.ts';
import { recipeText } from '../../domain/recipe.ts';
import type { Recipe } from '../../domain/recipe.ts';
import { quoted } from '../../domain/text.ts';
import { heatOverlay } from '../../imaging/heat.ts';
import type { Photograph } from '../../imaging/photograph.ts';
import { savePhotograph } from '../../imaging/photograph/save.ts';
import { decodeMask, encodeMask } from '../../imaging/repair/mask.ts';
import type { Mask } from '../../imaging/repair/mask.ts';
import { contactSheet } from '../../imaging/sheet.ts';
import { writeImage, writeWhole } from '../../imaging/write.ts';
import type { RestoredPhotograph } from '../../restoration/restore-photograph.ts';
import { software } from '../version.ts';
import type { RestoreOptions } from './options.ts';

interface Making {
  readonly options: RestoreOptions;
  /** Followed instead of a plan. */
  readonly recipe?: Recipe;
}

/** The recipe before the photo: it says of a photo that is there what made it. */
export async function writeResult(
  path: string,
  stem: string,
  restored: RestoredPhotograph,
  recipe: Recipe,
  signal: AbortSignal,
): Promise<{ recipePath: string; lost: readonly string[] }> {
  const { format, quality, depth } = recipe.output;
  const recipePath = `${stem}.recipe.json`;
  const before = existsSync(recipePath) ? await readFile(recipePath) : undefined;
  await writeWhole(recipePath, recipeText(recipe));
  try {
    const { lost } = await savePhotograph(restored.photo, path, {
      ...{ format, depth, signal },
      ...(quality !== undefined && { quality }),
      metadata: {
        software: software(),
        restoredFaces: restored.faces.length > 0,
        recipe: recipeText(recipe, 0),
      },
    });
    return { recipePath, lost };
  } catch (error) {
    if (before) await writeWhole(recipePath, before);
    else await rm(recipePath, { force: true });
    throw error;
  }
}

/** The recipe of result `which`: that candidate of every face. */
export function chosen(recipe: Recipe, which: number | undefined): Recipe {
  if (which === undefined) return recipe;
  return { ...recipe, faces: recipe.faces.map((face) => ({ ...face, candidate: which })) };
}

export async function maskFor(
  { options, recipe }: Making,
  { width, height }: Photograph,
): Promise<{ mask: Mask; sha256: string; bytes: Uint8Array } | undefined> {
  if (options.mask === undefined) return undefined;
  let bytes;
  try {
    bytes = await readFile(options.mask);
  } catch (cause) {
    throw new UserError(
      'photo.unreadable',
      `The mask ${quoted(options.mask)} cannot be read.`,
      'Check the path.',
      {
        cause,
      },
    );
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const wanted = recipe?.repair.mask?.sha256;
  if (recipe && wanted !== sha256)
    throw new UserError(
      'recipe.mismatch',
      `The mask ${quoted(basename(options.mask))} is not the one of the recipe.`,
      wanted === undefined
        ? 'The recipe has none: leave out --mask.'
        : 'Give the .mask.png beside the restored photo.',
    );
  return { mask: await decodeMask(bytes, width, height), sha256, bytes };
}

/** An edited mask is kept as it was given, so that the recipe can be followed again. */
export async function writeMask(
  stem: string,
  used: Mask | undefined,
  { options, recipe }: Making,
): Promise<string | undefined> {
  if (recipe || (options.mask === undefined && !options.saveMask)) return undefined;
  const path = `${stem}.mask.png`;
  if (options.mask !== undefined) await writeWhole(path, await readFile(options.mask));
  else {
    invariant(used, 'a mask was used');
    await writeWhole(path, await encodeMask(used));
  }
  return path;
}

export async function writeVariation(
  stem: string,
  { faces }: RestoredPhotograph,
): Promise<string | undefined> {
  const tiles = faces.flatMap(({ face, candidates: [first], variation }) =>
    first && variation ? [{ image: heatOverlay(first, variation), label: `Face ${face + 1}` }] : [],
  );
  if (tiles.length === 0) return undefined;
  const path = `${stem}.variation.png`;
  await writeImage(path, contactSheet(tiles, { columns: Math.min(6, tiles.length) }));
  return path;
}
