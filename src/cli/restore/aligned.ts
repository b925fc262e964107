/**
 * Aligned, square face crops through `albumen restore --aligned`: each picture is a face, and comes out at the prior's
 * size. ../restoring.ts runs the method; whole.ts is for whole photos.
 */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { fileHash } from '../../engine/adapter-file.ts';
import { DEFAULT_SAMPLER } from '../../domain/sampling.ts';
import { chooseRuntime } from '../../engine/runtime/providers.ts';
import { heatOverlay } from '../../imaging/heat.ts';
import { readAlignedCrop } from '../../imaging/read.ts';
import { writeImage } from '../../imaging/write.ts';
import { EXIT } from '../exit.ts';
import type { ExitCode } from '../exit.ts';
import type { Host } from '../host.ts';
import { checkPersonalOptions } from '../personal.ts';
import { openDenoisers } from '../personal-denoisers.ts';
import type { Denoisers } from '../personal-denoisers.ts';
import { outputsOf, planPhotos, refuseOriginals } from '../photos.ts';
import type { PhotoInput, PlannedPhoto } from '../photos.ts';
import { openChoice, resolveModel } from '../registry.ts';
import { checkRecipe, deviceLine, restoreOne, stepsFor } from '../restoring.ts';
import type { Recipe } from '../restoring.ts';
import { duration } from '../ui.ts';
import { checkFolder } from './folder.ts';
import type { RestoreOptions } from './options.ts';
import { exitCodeOf, runEach, summary } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { photosIn } from './whole.ts';

/** The paper's strength. */
const STRENGTH = 200;

export async function restoreAligned(
  paths: readonly string[],
  options: RestoreOptions,
  host: Host,
): Promise<ExitCode> {
  const { ui, env, signal } = host;
  const photos = photosIn(paths);
  checkFolder(options.out);
  const { strength = STRENGTH, sampler = DEFAULT_SAMPLER, eta, seed } = options;
  checkPersonalOptions({ ...options, strength });
  const choice = resolveModel(options.model, options.config, env);
  using prior = openChoice(choice);
  const recipe: Recipe = { strength, sampler, steps: stepsFor(sampler, strength, options.steps), eta, seed };
  checkRecipe(recipe, prior.schedule.T);

  const threads = options.threads === undefined ? {} : { threads: options.threads };
  const { runtime, report } = await chooseRuntime(options.device, threads);
  await using _runtime = runtime;
  ui.note(deviceLine(report));
  const { album, generativeAlbum = false } = options;
  const sha256 = album !== undefined || generativeAlbum ? await fileHash(choice.path, signal) : '';
  const work = { prior, base: { id: choice.name, sha256 }, runtime, options: { ...options, strength }, host };
  await using denoisers = await openDenoisers(work, options.candidates);
  const size = prior.config.imageSize;
  const plan = planPhotos(photos, options.out, options.candidates);
  const inputs = { denoisers, size, recipe, options, host, photos };
  const { outcomes, cancelled } = await runEach(plan, host, (photo, place) => runOne(photo, place, inputs));
  if (cancelled && generativeAlbum)
    ui.note('What is done of the album and its finetune is kept; the same command goes on from there.');
  const counts = summary(outcomes);
  ui.note(cancelled ? `Cancelled. ${counts}` : counts);
  const code = cancelled ? EXIT.cancelled : exitCodeOf(outcomes);
  ui.document({
    ok: code === EXIT.done,
    ...(cancelled && { cancelled }),
    model: choice.name,
    device: { chosen: report.chosen, threads: report.threads, trials: report.trials },
    recipe,
    size,
    ...(album !== undefined && { album }),
    ...(generativeAlbum && { generativeAlbum }),
    results: outcomes,
  });
  return code;
}

interface Work {
  readonly denoisers: Denoisers;
  readonly size: number;
  readonly recipe: Recipe;
  readonly options: RestoreOptions;
  readonly host: Host;
  readonly photos: readonly PhotoInput[];
}

async function runOne(photo: PlannedPhoto, place: string, work: Work): Promise<Outcome> {
  const { denoisers, size, recipe, options, host, photos } = work;
  const { ui, signal } = host;
  refuseOriginals(photo, photos);
  const outputs = outputsOf(photo);
  const there = outputs.filter((path) => existsSync(path));
  if (there.length > 0 && options.overwrite !== true) {
    ui.note(`${place}${photo.path}: skipped, ${there[0] ?? ''} is there already (--overwrite replaces it)`);
    return { input: photo.path, status: 'skipped', outputs: there };
  }
  const start = performance.now();
  const { data, source } = await readAlignedCrop(photo.path, size);
  const denoiser = await denoisers.of(data);
  const progress = ui.progress(`${place}${basename(photo.path)}`);
  const { candidates, variation } = await restoreOne(denoiser, data, recipe, { progress, signal });
  for (const [i, path] of photo.results.entries()) await writeImage(path, candidates[i] ?? data);
  if (photo.variation !== undefined && variation !== undefined)
    await writeImage(photo.variation, heatOverlay(candidates[0] ?? data, variation));
  const [first = '', ...rest] = outputs;
  const more = rest.length > 0 ? ` and ${rest.length} more` : '';
  ui.out(`${place}${photo.path} -> ${first}${more} (${duration(performance.now() - start)})`);
  return { input: photo.path, status: 'restored', outputs, source };
}
