/**
 * Whole photos through `albumen restore`: found, planned, restored and written, one after the other. one-photo.ts makes
 * and writes a single one; equipment.ts opens what is needed.
 */
import { UserError } from '../../domain/errors.ts';
import { DEFAULT_SAMPLER } from '../../domain/sampling.ts';
import { quoted } from '../../domain/text.ts';
import type { PersonChoice } from '../../domain/recipe.ts';
import type { FaceChoice } from '../../restoration/plan.ts';
import { batchFor } from '../../restoration/networks.ts';
import { EXIT } from '../exit.ts';
import type { ExitCode } from '../exit.ts';
import type { Host } from '../host.ts';
import { collectPhotos } from '../photos.ts';
import type { PhotoInput } from '../photos.ts';
import { checkPersonalOptions } from '../personal.ts';
import { resolveModel } from '../registry.ts';
import { checkRecipe, stepsFor } from '../restoring.ts';
import { appVersion } from '../version.ts';
import { checkFolder } from './folder.ts';
import { openWorkshop } from './equipment.ts';
import type { Workshop } from './equipment.ts';
import { Namer, existingResult, stemsOf, wantsDate } from './names.ts';
import { checkOnePhoto } from './options.ts';
import type { RestoreOptions } from './options.ts';
import { exitCodeOf, runEach, summary } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { USUAL_REPAIR } from './parse.ts';
import type { FaceOption } from './parse.ts';
import { loadPhoto, makePhoto, skipped } from './one-photo.ts';
import type { LoadedPhoto, Making } from './one-photo.ts';

/** With the bundled prior, to be on the safe side of the person; docs/cli.md says why. */
const STRENGTH = 100;

export async function restoreWhole(
  paths: readonly string[],
  options: RestoreOptions,
  host: Host,
): Promise<ExitCode> {
  const { ui, env } = host;
  const photos = photosIn(paths);
  checkOnePhoto(options, photos.length);
  checkFolder(options.out);
  checkPersonalOptions({ ...options, strength: 0 });
  const strength = options.strength ?? STRENGTH;
  const strongest = Math.max(strength, ...(options.face ?? []).map((face) => face.strength ?? 0));
  const { sampler = DEFAULT_SAMPLER, eta } = options;
  const placed = [...(options.faceAt ?? []), ...(options.square ?? [])];
  const choice = resolveModel(options.model, options.config, env);
  const request = {
    choice,
    options: { ...options, strength: strongest },
    detect: placed.length === 0 && options.detector !== 'none',
  };
  await using workshop = await openWorkshop(request, host);
  const { T } = workshop.networks;
  checkRecipe(
    { strength, sampler, steps: stepsFor(sampler, strength, options.steps), eta, seed: options.seed },
    T,
  );
  if (strongest > T) checkRecipe({ strength: strongest, sampler, steps: 0, eta, seed: options.seed }, T);
  const person = options.album === undefined ? undefined : await workshop.persons.named(options.album);
  const faces = await faceChoices(options.face ?? [], workshop);
  const namer = new Namer(options.out, options.name);
  const repair =
    options.repair === true ? USUAL_REPAIR : (options.repair ?? { tone: 0, scratches: 0, denoise: 0 });
  const making: Making = {
    ...{ workshop, options, host, placed },
    inputs: photos,
    plan: {
      app: appVersion(),
      model: workshop.base,
      device: {
        ...{ provider: workshop.report.chosen, threads: workshop.report.threads },
        batch: batchFor(workshop.prior),
      },
      ...{ sampler, strength, seed: options.seed, candidates: options.candidates, placed },
      ...(eta !== undefined && { eta }),
      ...(options.steps !== undefined && { steps: options.steps }),
      ...(person && { person }),
      ...(faces && { faces }),
      ...(workshop.detector && { detector: workshop.detector }),
      repair: { ...repair, ...(options.mask !== undefined && repair.scratches === 0 && { scratches: 1 }) },
      signal: host.signal,
    },
  };
  const { outcomes, cancelled } = await runEach(photos, host, (photo, place) =>
    restoreOne(photo, place, namer, making),
  );
  const counts = summary(outcomes);
  ui.note(cancelled ? `Cancelled. ${counts}` : counts);
  const code = cancelled ? EXIT.cancelled : exitCodeOf(outcomes);
  const { chosen, threads, trials } = workshop.report;
  ui.document({
    ok: code === EXIT.done,
    ...(cancelled && { cancelled }),
    model: choice.name,
    device: { chosen, threads, trials },
    recipe: { strength, sampler, steps: stepsFor(sampler, strength, options.steps), eta, seed: options.seed },
    size: workshop.networks.size,
    ...(options.album !== undefined && { album: options.album }),
    ...(options.generativeAlbum && { generativeAlbum: true }),
    results: outcomes,
  });
  return code;
}

/** Throws `usage` where nothing is named that could be a photo. */
export function photosIn(paths: readonly string[]): PhotoInput[] {
  const photos = collectPhotos(paths);
  if (photos.length > 0) return photos;
  throw new UserError(
    'usage',
    paths.length === 0 ? 'No photo was given.' : `No pictures were found in ${paths.map(quoted).join(', ')}.`,
    'Give picture files, or folders with JPEG, PNG, WebP, TIFF, GIF or AVIF files.',
  );
}

async function restoreOne(photo: PhotoInput, place: string, namer: Namer, making: Making): Promise<Outcome> {
  const { options, host } = making;
  const read = (): Promise<LoadedPhoto> => loadPhoto(photo.path, host.signal);
  const early = wantsDate(options.name) ? await read() : undefined;
  const stem = namer.stemOf(photo, early?.photo.source.taken);
  const stems = stemsOf(stem, resultsOf(options));
  const there = stems.map((one) => existingResult(one, options.format));
  if (options.overwrite !== true && there.every((path) => path !== undefined))
    return skipped(photo.path, there, place, host);
  const loaded = early ?? (await read());
  return makePhoto({ ...photo, loaded, stem, stems }, place, making);
}

/** Where a face's candidate is chosen there is one result. */
function resultsOf({ candidates, face = [] }: RestoreOptions): number {
  return face.some(({ candidate }) => candidate !== undefined) ? 1 : candidates;
}

/** Throws `usage` for a candidate that is not made. */
async function faceChoices(
  faces: readonly FaceOption[],
  { persons }: Workshop,
): Promise<ReadonlyMap<number, FaceChoice> | undefined> {
  if (faces.length === 0) return undefined;
  const choices = new Map<number, FaceChoice>();
  for (const { number, person, candidate, ...choice } of faces) {
    const named: PersonChoice | null | undefined =
      person === undefined ? undefined : person === 'none' ? null : await persons.named(person);
    choices.set(number, {
      ...choice,
      ...(candidate !== undefined && { candidate: candidate - 1 }),
      ...(named !== undefined && { person: named }),
    });
  }
  return choices;
}
