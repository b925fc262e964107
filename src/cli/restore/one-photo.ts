/**
 * One whole photo: its recipe made (or given), followed, and what comes of it written beside each other: the recipe first,
 * the photo last, so that a photo that is there is done. whole.ts and repeat.ts call it.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { basename } from 'node:path';
import { UserError } from '../../domain/errors.ts';
import { parseRecipe } from '../../domain/recipe.ts';
import type { Recipe } from '../../domain/recipe.ts';
import { counted } from '../../domain/text.ts';
import type { Photograph } from '../../imaging/photograph.ts';
import { readPhotograph } from '../../imaging/photograph/read.ts';
import { outputFormat } from '../../imaging/photograph/save.ts';
import type { Mask } from '../../imaging/repair/mask.ts';
import { cropOf, mapOf } from '../../restoration/crops.ts';
import { pixelSourceOf } from '../../restoration/detectors.ts';
import type { Evidence } from '../../restoration/evidence.ts';
import { LEAST_SQUARE, planPhoto, sideOfSquare } from '../../restoration/plan.ts';
import type { Placed, PlanRequest } from '../../restoration/plan.ts';
import { restorePhotograph } from '../../restoration/restore-photograph.ts';
import type { RestoredPhotograph } from '../../restoration/restore-photograph.ts';
import type { Host } from '../host.ts';
import { refuseOriginals } from '../photos.ts';
import type { PhotoInput } from '../photos.ts';
import { duration } from '../ui.ts';
import type { Workshop } from './equipment.ts';
import { resultPath } from './names.ts';
import type { RestoreOptions } from './options.ts';
import type { Outcome } from './outcome.ts';
import { chosen, maskFor, writeMask, writeResult, writeVariation } from './results.ts';

export interface LoadedPhoto {
  readonly photo: Photograph;
  readonly sha256: string;
  readonly bytes: number;
}

/** Throws UserError as readPhotograph does. */
export async function loadPhoto(path: string, signal: AbortSignal): Promise<LoadedPhoto> {
  const photo = await readPhotograph(path, { signal });
  const { size } = await stat(path);
  return { photo, sha256: await hashOf(path), bytes: size };
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** What is the same for all photos of a command. */
export interface Making {
  readonly workshop: Workshop;
  readonly options: RestoreOptions;
  readonly host: Host;
  readonly inputs: readonly PhotoInput[];
  readonly placed: readonly Placed[];
  /** All of a plan but what is the photo's own. */
  readonly plan: Omit<PlanRequest, 'photo' | 'output'>;
  /** Followed instead of a plan. */
  readonly recipe?: Recipe;
}

export interface PhotoToMake extends PhotoInput {
  readonly loaded: LoadedPhoto;
  /** Of what is one for all results: the mask, the variation. */
  readonly stem: string;
  /** One for each result. */
  readonly stems: readonly string[];
}

/** Throws UserError; nothing is written then, or what is whole. */
export async function makePhoto(work: PhotoToMake, place: string, making: Making): Promise<Outcome> {
  const { loaded, stem, stems, path } = work;
  const { options, host, workshop } = making;
  const { ui, signal } = host;
  const start = performance.now();
  const { photo } = loaded;
  const mask = await maskFor(making, photo);
  const recipe = making.recipe ?? (await plan(work, mask?.sha256, making));
  const { format } = recipe.output;
  const photos = stems.map((one) => resultPath(one, format));
  refuseOriginals({ ...work, results: photos, variation: undefined }, making.inputs);
  tellOfFile(photo, place, host);
  const source = { width: photo.width, height: photo.height };
  const nothing = nothingToDo(recipe, options);
  if (nothing !== undefined) {
    ui.out(`${place}${path}: ${nothing}`);
    return { input: path, status: 'no-faces', outputs: [], source, faces: facesFor(recipe, new Map()) };
  }
  const restored = await follow(recipe, photo, mask?.mask, `${place}${basename(path)}`, making);
  const outputs: string[] = [];
  const recipes: string[] = [];
  const warnings: string[] = [];
  let evidence = new Map<number, Evidence>();
  const masks = await writeMask(stem, restored.mask, making);
  for (const [i, one] of stems.entries()) {
    const which = stems.length > 1 ? i : undefined;
    if (which !== undefined) await restored.choose(which);
    const own = await restored.evidence();
    if (i === 0) evidence = own;
    for (const { warning } of own.values()) {
      if (warning === undefined) continue;
      const said = stems.length > 1 ? `Result ${i + 1}: ${warning}` : warning;
      ui.note(`${place}${said}`);
      warnings.push(said);
    }
    const result = resultPath(one, format);
    const { recipePath, lost } = await writeResult(result, one, restored, chosen(recipe, which), signal);
    if (lost.length > 0 && i === 0)
      ui.note(
        `${place}Note: ${basename(result)} does not keep ${lost.join(', ')}: ${format.toUpperCase()} cannot.`,
      );
    outputs.push(result);
    recipes.push(recipePath);
  }
  const variation = options.variation ? await writeVariation(stem, restored) : undefined;
  const [first = '', ...more] = outputs;
  const faces = counted(restored.faces.length, 'face');
  const others = more.length > 0 ? ` and ${more.length} more` : '';
  const asked = new Set((options.face ?? []).map(({ number }) => number));
  const alone = recipe.faces.filter(({ on }, i) => !on && !asked.has(i + 1));
  if (alone.length > 0 && making.recipe === undefined) ui.note(`${place}Faces ${leftAlone(alone)}.`);
  ui.out(`${place}${path} -> ${first}${others} (${faces}, ${duration(performance.now() - start)})`);
  return {
    ...{ input: path, status: 'restored', outputs, recipes, source },
    ...(masks !== undefined && { mask: masks }),
    ...(variation !== undefined && { variation }),
    faces: facesFor(recipe, evidence),
    ...(workshop.recogniser && { recogniser: workshop.recogniser.name, warnings }),
  };
}

async function plan(work: PhotoToMake, maskHash: string | undefined, making: Making): Promise<Recipe> {
  const { loaded, path } = work;
  const { plan: shared, options, workshop } = making;
  const { photo, sha256, bytes } = loaded;
  const format = options.format ?? outputFormat(photo);
  const keepsDepth = format === 'png' || format === 'tiff';
  const recipe = await planPhoto(photo, {
    ...shared,
    photo: { name: basename(path), sha256, bytes },
    repair: { ...shared.repair, ...(maskHash !== undefined && { mask: { sha256: maskHash } }) },
    output: {
      ...{ format, depth: keepsDepth ? photo.depth : 8 },
      ...(options.quality !== undefined && { quality: options.quality }),
    },
  });
  if (!options.generativeAlbum) return recipe;
  const faces = [];
  for (const face of recipe.faces) {
    const own = face.on && face.strength > 0 && face.person === undefined;
    const size = workshop.networks.size;
    const crop = own ? await cropOf(pixelSourceOf(photo), mapOf(face.where, size, photo), size) : undefined;
    const clipped = crop?.map((value) => Math.max(-1, Math.min(1, value)));
    faces.push(clipped ? { ...face, person: await workshop.persons.generated(clipped) } : face);
  }
  return { ...recipe, faces };
}

/** A sentence where no pixel would change and nobody asked for the photo as it is. */
function nothingToDo({ faces, repair }: Recipe, options: RestoreOptions): string | undefined {
  if (faces.some(({ on }) => on) || repair.tone + repair.scratches + repair.denoise > 0) return undefined;
  if (options.recipe !== undefined || (options.face?.length ?? 0) > 0) return undefined;
  if (faces.length === 0) return 'no faces found, nothing written';
  return `${leftAlone(faces)}, nothing written`;
}

/** On faces that were found and are off without anybody's saying so. */
function leftAlone(faces: Recipe['faces']): string {
  const small = faces.filter(({ where }) => sideOfSquare(where) < LEAST_SQUARE).length;
  const parts = [
    ...(small > 0 ? [`${small} too small (a square of less than ${LEAST_SQUARE} pixels)`] : []),
    ...(faces.length > small ? [`${faces.length - small} that may be none`] : []),
  ];
  return `left alone: ${parts.join(', ')}; --face N:on restores them`;
}

async function follow(
  recipe: Recipe,
  photo: Photograph,
  mask: Mask | undefined,
  label: string,
  { workshop, host }: Making,
): Promise<RestoredPhotograph> {
  const { networks, persons, recogniser, detector } = workshop;
  const judges = { ...(recogniser && { recogniser }), ...(detector && { detector: detector.detector }) };
  const run = restorePhotograph(photo, recipe, {
    ...{ networks, signal: host.signal, album: (adapter) => persons.embedding(adapter, judges) },
    ...(mask && { mask }),
    ...(recogniser && { recogniser }),
  });
  const progress = host.ui.progress(label);
  try {
    for (;;) {
      const next = await run.next();
      if (next.done) return next.value;
      const { step, of, stage, doing } = next.value;
      progress.update(step, of, { detail: stage === 'print' ? `repairing: ${doing ?? ''}` : 'faces' });
    }
  } finally {
    progress.end();
  }
}

function tellOfFile({ source }: Photograph, place: string, { ui }: Host): void {
  const { converted, pages } = source;
  const from = { cmyk: 'CMYK', lab: 'Lab', profile: 'a colour profile that leads one way only' } as const;
  if (converted) ui.note(`${place}Note: its colours became sRGB, from ${from[converted]}.`);
  if (pages > 1) ui.note(`${place}Note: the first of its ${pages} pages is restored.`);
}

/** For programs. */
function facesFor(recipe: Recipe, evidence: ReadonlyMap<number, Evidence>): readonly object[] {
  return recipe.faces.map(({ where, on, strength, steps, seed, person }, i) => ({
    ...{ number: i + 1, on, strength, steps, seed, where },
    ...(person && { person }),
    ...(evidence.has(i) && { evidence: evidence.get(i) }),
  }));
}

/** A photo whose results are there: what made them is said where it is not the photo as it is now. */
export async function skipped(
  path: string,
  there: readonly (string | undefined)[],
  place: string,
  { ui, signal }: Host,
): Promise<Outcome> {
  const outputs = there.filter((one) => one !== undefined);
  const [first = ''] = outputs;
  const changed = await isOfAnother(path, first, signal);
  const why = changed ? 'is there already, made from another version of this photo' : 'is there already';
  ui.note(`${place}${path}: skipped, ${first} ${why} (--overwrite replaces it)`);
  return { input: path, status: 'skipped', outputs };
}

async function isOfAnother(path: string, result: string, signal: AbortSignal): Promise<boolean> {
  const recipePath = `${result.replace(/\.[^.]+$/, '')}.recipe.json`;
  if (!existsSync(recipePath) || !existsSync(path) || signal.aborted) return false;
  try {
    const recipe = parseRecipe(await readFile(recipePath, 'utf8'), basename(recipePath));
    return recipe.photo.sha256 !== (await hashOf(path));
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}
