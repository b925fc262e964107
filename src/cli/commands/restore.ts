/**
 * `albumen restore`: photos in, restored copies out, one failure at a time.
 * photos.ts plans the files, restoring.ts runs the method, docs/cli.md is the user's side of this.
 */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { UserError } from '../../domain/errors.ts';
import { counted, quoted } from '../../domain/text.ts';
import { fileHash } from '../../engine/adapter-file.ts';
import type { SamplerName } from '../../engine/diffusion/samplers/index.ts';
import { chooseRuntime } from '../../engine/runtime/providers.ts';
import type { Device } from '../../engine/runtime/providers.ts';
import { heatOverlay } from '../../imaging/heat.ts';
import { readAlignedCrop } from '../../imaging/read.ts';
import { writeImage } from '../../imaging/write.ts';
import { EXIT } from '../exit.ts';
import type { ExitCode } from '../exit.ts';
import type { Host } from '../host.ts';
import {
  DEFAULT_MODEL,
  configOption,
  deviceOption,
  fraction,
  jsonOption,
  samplerOption,
  seedOption,
  threadsOption,
  whole,
} from '../options.ts';
import { collectPhotos, outputsOf, planPhotos, refuseOriginals } from '../photos.ts';
import type { PhotoInput, PlannedPhoto } from '../photos.ts';
import { addPersonalOptions, checkPersonalOptions } from '../personal.ts';
import type { PersonalOptions } from '../personal.ts';
import { openDenoisers } from '../personal-denoisers.ts';
import type { Denoisers } from '../personal-denoisers.ts';
import { openChoice, resolveModel } from '../registry.ts';
import { checkRecipe, deviceLine, restoreOne, stepsFor } from '../restoring.ts';
import type { Recipe } from '../restoring.ts';
import { duration, errorForPrograms } from '../ui.ts';

interface Options extends PersonalOptions {
  readonly out: string;
  readonly model: string;
  readonly config?: string;
  readonly steps?: number;
  readonly sampler: SamplerName;
  readonly eta?: number;
  readonly seed: number;
  readonly candidates: number;
  readonly device: Device;
  readonly threads?: number;
  readonly aligned?: true;
  readonly overwrite?: true;
}

/** What became of one photo; a line of the --json document. */
interface Outcome {
  readonly input: string;
  readonly status: 'restored' | 'skipped' | 'failed';
  readonly outputs: readonly string[];
  /** The photo's own size. */
  readonly source?: { readonly width: number; readonly height: number };
  readonly error?: Readonly<Record<string, unknown>>;
}

/** As many candidates as one batch sensibly holds. */
const MAX_CANDIDATES = 16;

export function addRestore(program: Command, host: Host): void {
  const command = program
    .command('restore')
    .description('restore photos (in this version: square face crops)')
    .argument('<files or folders...>', 'pictures, or folders that are searched for them')
    .addOption(
      new Option('--out <folder>', 'where results go; originals are never written').makeOptionMandatory(),
    )
    .addOption(new Option('--model <id or file>', 'the prior to restore with').default(DEFAULT_MODEL))
    .addOption(configOption())
    .addOption(
      new Option('--strength <K>', 'noise steps, 0 to 1000: more repairs more and keeps less of the photo')
        .argParser(whole(0, 65536))
        .default(200),
    )
    .addOption(samplerOption())
    .addOption(
      new Option('--steps <n>', 'sampling steps (default: 20; with ddpm as many as the strength)').argParser(
        whole(1, 65536),
      ),
    )
    .addOption(
      new Option('--eta <x>', 'fresh noise of ddim (default 0) and dpmpp-sde (default 1), 0 to 1').argParser(
        fraction,
      ),
    )
    .addOption(seedOption())
    .addOption(
      new Option('--candidates <n>', 'results per photo, and a picture of where they differ')
        .argParser(whole(1, MAX_CANDIDATES))
        .default(1),
    );
  addPersonalOptions(command)
    .addOption(deviceOption())
    .addOption(threadsOption())
    .option('--aligned', 'say that the pictures are aligned face crops (leaves out the note)')
    .option('--overwrite', 'replace earlier results instead of skipping them')
    .addOption(jsonOption())
    .action(async (paths: string[], options: Options) => {
      host.exit(await restorePhotos(paths, options, host));
    });
}

async function restorePhotos(paths: readonly string[], options: Options, host: Host): Promise<ExitCode> {
  const { ui, env, signal } = host;
  const photos = collectPhotos(paths);
  if (photos.length === 0)
    throw new UserError(
      'usage',
      `No pictures were found in ${paths.map(quoted).join(', ')}.`,
      'Give picture files, or folders with JPEG, PNG, WebP, TIFF, GIF or AVIF files.',
    );
  if (statSync(options.out, { throwIfNoEntry: false })?.isFile() === true)
    throw new UserError('usage', `${quoted(options.out)} is a file.`, 'Give a folder with --out.');
  checkFolder(options.out);
  checkPersonalOptions(options);
  const choice = resolveModel(options.model, options.config, env);
  using prior = openChoice(choice);
  const recipe = recipeOf(options);
  checkRecipe(recipe, prior.schedule.T);

  const threads = options.threads === undefined ? {} : { threads: options.threads };
  const { runtime, report } = await chooseRuntime(options.device, threads);
  await using _runtime = runtime;
  ui.note(deviceLine(report));
  const { album, generativeAlbum = false } = options;
  const sha256 = album !== undefined || generativeAlbum ? await fileHash(choice.path, signal) : '';
  const work = { prior, base: { id: choice.name, sha256 }, runtime, options, host };
  await using denoisers = await openDenoisers(work, options.candidates);
  const size = prior.config.imageSize;
  if (options.aligned !== true)
    ui.note(
      `Note: each picture is taken as one aligned, square face crop and comes out at ${size} x ${size} pixels. --aligned leaves out this note.`,
    );
  const plan = planPhotos(photos, options.out, options.candidates);
  const { outcomes, cancelled } = await runAll(plan, photos, { denoisers, size, recipe, options, host });
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

function recipeOf({ strength, sampler, steps, eta, seed }: Options): Recipe {
  return { strength, sampler, steps: stepsFor(sampler, strength, steps), eta, seed };
}

/** So that an unwritable folder is known before hours of work; nothing is made before the first result. */
function checkFolder(out: string): void {
  let folder = resolve(out);
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  try {
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    throw new UserError(
      'output.unwritable',
      `Nothing may be written to the folder ${quoted(folder)}.`,
      'Choose another with --out.',
      { cause },
    );
  }
}

interface Work {
  readonly denoisers: Denoisers;
  readonly size: number;
  readonly recipe: Recipe;
  readonly options: Options;
  readonly host: Host;
}

async function runAll(
  plan: readonly PlannedPhoto[],
  inputs: readonly PhotoInput[],
  work: Work,
): Promise<{ outcomes: Outcome[]; cancelled: boolean }> {
  const { ui, signal } = work.host;
  const outcomes: Outcome[] = [];
  for (const [i, photo] of plan.entries()) {
    if (signal.aborted) return { outcomes, cancelled: true };
    const place = plan.length > 1 ? `[${i + 1}/${plan.length}] ` : '';
    try {
      refuseOriginals(photo, inputs);
      outcomes.push(await runOne(photo, place, work));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (error.code === 'cancelled') {
        if (work.options.generativeAlbum)
          ui.note('What is done of the album and its finetune is kept; the same command goes on from there.');
        return { outcomes, cancelled: true };
      }
      ui.problem(error, place);
      outcomes.push({ input: photo.path, status: 'failed', outputs: [], error: errorForPrograms(error) });
    }
  }
  return { outcomes, cancelled: false };
}

async function runOne(photo: PlannedPhoto, place: string, work: Work): Promise<Outcome> {
  const { denoisers, size, recipe, options, host } = work;
  const { ui, signal } = host;
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

function summary(outcomes: readonly Outcome[]): string {
  const count = (status: Outcome['status']): number => outcomes.filter((o) => o.status === status).length;
  const parts = [`${counted(count('restored'), 'photo')} restored`];
  if (count('skipped') > 0) parts.push(`${count('skipped')} skipped`);
  if (count('failed') > 0) parts.push(`${count('failed')} failed`);
  return `${parts.join(', ')}.`;
}

function exitCodeOf(outcomes: readonly Outcome[]): ExitCode {
  const failed = outcomes.filter(({ status }) => status === 'failed').length;
  if (failed === 0) return EXIT.done;
  return failed < outcomes.length ? EXIT.some : EXIT.unusable;
}
