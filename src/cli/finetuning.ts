/**
 * One finetune into one folder, for people and for albums alike: run.safetensors while it runs, then the weights, then
 * person.json, so that a process killed at any moment loses nothing. engine/finetune.ts is the method, people.ts the record.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { UserError } from '../domain/errors.ts';
import { counted } from '../domain/text.ts';
import { openFinetuned, writeFinetuned } from '../engine/adapter-file.ts';
import type { Base } from '../engine/adapter-file.ts';
import { configurationOf } from '../engine/configuration.ts';
import { finetune } from '../engine/finetune.ts';
import type { FinetuneEvent, FinetuneRequest, FinetuneResult } from '../engine/finetune.ts';
import { openPreviews } from '../engine/finetune/previews.ts';
import type { Recipe } from '../engine/finetune/recipes.ts';
import { checkRequest, identityOf } from '../engine/finetune/request.ts';
import { openRecipeTrainer } from '../engine/finetune/trainer.ts';
import type { Prior } from '../engine/prior.ts';
import type { Runtime } from '../engine/runtime/session.ts';
import { openState } from '../engine/train/state-file.ts';
import { writeImage } from '../imaging/write.ts';
import type { Host } from './host.ts';
import { makeFolder, writeJson } from './json-file.ts';
import { readPerson } from './people.ts';
import type { Person } from './people.ts';
import { duration } from './ui.ts';

/** What a finetune is of. */
export interface Album {
  /** [3,S,S] each, in [-1,1]. */
  readonly images: readonly Float32Array[];
  readonly names: readonly string[];
}

export interface Finetuning {
  readonly prior: Prior;
  readonly base: Base;
  /** Opened when there is work to do: a finetune that was done before needs none. */
  readonly runtime: () => Promise<Runtime>;
  readonly album: Album;
  readonly recipe: Recipe;
  readonly seed: number;
  readonly folder: string;
  readonly name: string;
  /** Of the previews. */
  readonly strength: number;
  readonly previewEvery: number;
  /** Begins anew where the folder holds another finetune, which stays until this one is done. */
  readonly overwrite: boolean;
}

/** In a finetune's folder. */
const PHOTOS = 'photos';

/** The hash that names a run: base, photos, recipe, seed and T. */
export function runHash(work: Pick<Finetuning, 'prior' | 'base' | 'album' | 'recipe' | 'seed'>): string {
  return createHash('sha256')
    .update(JSON.stringify(identityOf(requestOf(work, ''))))
    .digest('hex')
    .slice(0, 32);
}

/**
 * Runs the finetune, goes on with it, or finds it done. Throws as engine/finetune.ts does, and `model.exists` where the
 * folder holds another one and may not be overwritten.
 */
export async function finetuneInto(
  work: Finetuning,
  host: Host,
): Promise<{ person: Person; done: 'now' | 'before' }> {
  const { folder, overwrite, name } = work;
  const checkpointFile = join(folder, 'run.safetensors');
  const request = requestOf(work, checkpointFile, host.signal);
  checkRequest(request);
  const run = runHash(work);
  const before = overwrite ? await readPerson(folder).catch(unreadable) : await readPerson(folder);
  if (before?.run === run && isWhole(work, before)) {
    await rm(checkpointFile, { force: true });
    return { person: before, done: 'before' };
  }
  if (before && before.run !== run && !overwrite)
    throw new UserError(
      'model.exists',
      `${name} was finetuned before, with other photos, another recipe, seed or base model.`,
      'Choose another name, or --overwrite to replace that finetune.',
    );
  await makeFolder(folder);
  await checkCheckpoint(request, work);
  if (!existsSync(checkpointFile)) await rm(join(folder, 'previews'), { recursive: true, force: true });
  const result = await train(work, request, host);
  const weights = await saveWeights(work, result);
  await keepPhotos(folder, work.album);
  const { recipe, base, seed, album } = work;
  const { steps, stoppedEarly, best = null, losses, heldOut } = result;
  const person: Person = {
    ...{ kind: 'albumen-person', name, weights, base, recipe: { ...recipe }, seed },
    ...{ photos: album.images.length, run, steps, stoppedEarly, best },
    ...{ losses: [...losses], heldOut: [...heldOut], created: new Date().toISOString() },
  };
  await writeJson(join(folder, 'person.json'), person);
  const other =
    weights === 'adapter.safetensors' ? ['weights.safetensors', 'model.json'] : ['adapter.safetensors'];
  for (const file of ['run.safetensors', ...other]) await rm(join(folder, file), { force: true });
  return { person, done: 'now' };
}

function requestOf(
  { prior, base, album, recipe, seed }: Pick<Finetuning, 'prior' | 'base' | 'album' | 'recipe' | 'seed'>,
  checkpointFile: string,
  signal?: AbortSignal,
): FinetuneRequest {
  const { config, schedule } = prior;
  const { images, names } = album;
  const model = { imageSize: config.imageSize, T: schedule.T, base: base.sha256 };
  return { images, names, ...model, recipe, seed, checkpointFile, signal };
}

/** With --overwrite a damaged record is as good as none. */
function unreadable(error: unknown): undefined {
  if (error instanceof UserError) return undefined;
  throw error;
}

/** Whether the weights can be used; where they may not be replaced, throws what is wrong with them. */
function isWhole({ folder, prior, base, overwrite }: Finetuning, { weights }: Person): boolean {
  try {
    openFinetuned(join(folder, weights), prior, base)[Symbol.dispose]();
    return true;
  } catch (error) {
    if (!(error instanceof UserError) || !overwrite) throw error;
    return false;
  }
}

/** A checkpoint of this run is gone on from; another one, or a damaged one, is refused, or removed to begin anew. */
async function checkCheckpoint(request: FinetuneRequest, { overwrite, name }: Finetuning): Promise<void> {
  try {
    openState(request.checkpointFile, identityOf(request))?.[Symbol.dispose]();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (overwrite) await rm(request.checkpointFile, { force: true });
    else {
      const advice =
        'Start that finetune again as it was, choose another name, or begin anew with --overwrite.';
      throw new UserError(error.code, `${name} is in the middle of a finetune: ${error.message}`, advice, {
        cause: error,
      });
    }
  }
}

interface Trained extends FinetuneResult {
  /** Views of the trainer's state are copied, as it is released. */
  readonly tensors: readonly { name: string; shape: readonly number[]; value: Float32Array }[];
}

async function train(work: Finetuning, request: FinetuneRequest, host: Host): Promise<Trained> {
  const { prior, recipe, seed, album, strength, previewEvery } = work;
  const runtime = await work.runtime();
  const trainer = await openRecipeTrainer(prior, runtime, recipe, seed);
  const photo = album.images[0] ?? new Float32Array(0);
  const previews =
    previewEvery > 0 ? await openPreviews(prior, runtime, recipe, { photo, strength, seed }) : undefined;
  try {
    const events = finetune(trainer, { ...request, previewEvery, preview: previews?.preview });
    const result = await follow(events, work, host);
    const { tensors } = await trainer.state();
    return { ...result, tensors: tensors.map((t) => ({ ...t, value: t.value.slice() })) };
  } finally {
    await previews?.release();
    await trainer.release();
  }
}

async function follow(
  events: AsyncGenerator<FinetuneEvent, FinetuneResult>,
  { folder, name }: Finetuning,
  { ui }: Host,
): Promise<FinetuneResult> {
  const progress = ui.progress(`finetuning ${name}`);
  let heldOut: number | undefined;
  try {
    for (;;) {
      // a step blocks the thread: let Ctrl-C and the terminal have their turn
      await setImmediate();
      const next = await events.next();
      if (next.done) return next.value;
      const event = next.value;
      if (event.kind === 'start') {
        ui.note(startLine(event));
        progress.update(event.step, event.of);
      } else if (event.kind === 'held-out') heldOut = event.loss;
      else if (event.kind === 'step') {
        const judged = heldOut === undefined ? '' : `, held out ${heldOut.toFixed(4)}`;
        const detail = `loss ${event.loss.toFixed(4)}${judged}`;
        progress.update(event.step, event.of, { detail, seconds: event.eta });
      } else if (event.kind === 'preview') {
        const file = `step-${String(event.step).padStart(5, '0')}.png`;
        await writeImage(join(folder, 'previews', file), event.image);
      }
    }
  } finally {
    progress.end();
  }
}

function startLine(event: Extract<FinetuneEvent, { kind: 'start' }>): string {
  const { step, of, trainingPhotos, heldOutPhotos } = event;
  const judged = heldOutPhotos > 0 ? `, judged on ${heldOutPhotos} more` : '';
  const begun = step > 0 ? `Going on from step ${step} of ${of}` : `Finetuning for ${counted(of, 'step')}`;
  const left = event.eta === undefined ? '' : `, about ${duration(event.eta * 1000)}`;
  return `${begun}, on ${counted(trainingPhotos, 'photo')}${judged}${left}.`;
}

/** The album's photos as they were learned from: evidence for later restorations, and something to look at. */
async function keepPhotos(folder: string, { images }: Album): Promise<void> {
  const photos = join(folder, PHOTOS);
  await rm(photos, { recursive: true, force: true });
  for (const [i, image] of images.entries())
    await writeImage(join(photos, `${String(i + 1).padStart(3, '0')}.png`), image);
}

/** The photos beside a finetune, in order; none of one that was made before they were kept. */
export function albumPhotos(folder: string): string[] {
  const photos = join(folder, PHOTOS);
  if (!existsSync(photos)) return [];
  return readdirSync(photos)
    .filter((name) => /^\d+\.png$/.test(name))
    .sort()
    .map((name) => join(photos, name));
}

async function saveWeights(
  { folder, base, recipe, seed, prior, name }: Finetuning,
  { steps, best, tensors }: Trained,
): Promise<Person['weights']> {
  const file = recipe.weights === 'full' ? 'weights.safetensors' : 'adapter.safetensors';
  if (recipe.weights === 'full')
    await writeJson(join(folder, 'model.json'), {
      ...{ id: name, title: `${name}, from ${base.id}`, weights: file },
      ...configurationOf(prior),
    });
  writeFinetuned(join(folder, file), { base, recipe, seed, steps: best?.step ?? steps }, tensors);
  return file;
}
