/**
 * Orders to learn a person: from anchor photos, or from an album generated from one photo; kept on the disk between
 * steps, so that a killed process loses a few. engine/finetune.ts and engine/album.ts are the methods.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { AlbumOrder, FinetuneOrder, LearnNews, Learned, Setup } from '../../contract/engine.ts';
import type { LossPoint } from '../../domain/person.ts';
import { UserError } from '../../domain/errors.ts';
import { fileHash, writeFinetuned } from '../../engine/adapter-file.ts';
import { generateAlbum } from '../../engine/album.ts';
import { configurationOf } from '../../engine/configuration.ts';
import { finetune } from '../../engine/finetune.ts';
import type { FinetuneResult } from '../../engine/finetune.ts';
import { Pace } from '../../engine/finetune/eta.ts';
import { openPreviews } from '../../engine/finetune/previews.ts';
import { recipeFor } from '../../engine/finetune/recipes.ts';
import type { Recipe } from '../../engine/finetune/recipes.ts';
import type { FinetuneRequest } from '../../engine/finetune/request.ts';
import { openRecipeTrainer } from '../../engine/finetune/trainer.ts';
import type { Prior } from '../../engine/prior.ts';
import type { Trainer } from '../../engine/train/trainer.ts';
import type { Geometry } from '../../domain/recipe.ts';
import type { Photograph } from '../../imaging/photograph.ts';
import { readPhotograph } from '../../imaging/photograph/read.ts';
import { readAlignedCrop } from '../../imaging/read.ts';
import { writeImage, writeWhole } from '../../imaging/write.ts';
import { cropOf, mapOf } from '../../restoration/crops.ts';
import { pixelSourceOf } from '../../restoration/detectors.ts';
import { PreviewClock, previewOf } from './pictures.ts';
import type { OpenModel, Workshop } from './workshop.ts';

/** Albums and finetunes of the studio are always drawn with this one, so that the same is asked for twice alike. */
const SEED = 0;
/** Points of a loss curve that are kept. */
const MOST_POINTS = 1000;
/** Pictures of a finetune at work, what it makes of a photo by now: at most so many, and of the steps' time this share. */
const PREVIEWS = 16;
const PREVIEW_SHARE = 0.1;
/** K of these pictures, as restorations usually have it, of 1,000 steps. */
const PREVIEW_STRENGTH = 200;

/** Learns a person from anchors. Throws UserError as finetune does, `photo.unreadable`, `cancelled`. */
export async function* finetuneOrder(
  workshop: Workshop,
  order: FinetuneOrder,
  signal: AbortSignal,
): AsyncGenerator<LearnNews> {
  const model = await workshop.model(order.setup);
  const { imageSize } = model.prior.config;
  const names: string[] = [];
  for (const [i, { file, name, where }] of order.anchors.entries()) {
    yield progress('reading the album', i, order.anchors.length);
    // kept as it was cut, so that a run that goes on learns from the very same numbers
    const path = join(order.folder, 'album', `${String(i + 1).padStart(4, '0')}.png`);
    if (!existsSync(path)) await writeImage(path, await faceOf(file, where, imageSize, signal));
    names.push(name);
  }
  const images = await readAll(join(order.folder, 'album'), order.anchors.length, 4, imageSize);
  const work = {
    ...{ images, names, model, order },
    folder: order.folder,
    album: 'personal',
    face: null,
    shown: images[0],
  } as const;
  const learned = yield* learn(workshop, work, signal);
  yield { kind: 'done', learned: [learned] };
}

/** Generates an album of each face and learns from it. Throws UserError as generateAlbum and finetune do. */
export async function* albumOrder(
  workshop: Workshop,
  order: AlbumOrder,
  signal: AbortSignal,
): AsyncGenerator<LearnNews> {
  const model = await workshop.model(order.setup);
  const runtime = await workshop.runtime(order.setup);
  const { prior } = model;
  const photo = await readPhotograph(order.photo.file, { signal });
  const learned: Learned[] = [];
  const { size } = order;
  for (const { id, where } of order.faces) {
    const folder = join(order.folder, id);
    const crop = await cropIn(photo, where, prior.config.imageSize);
    const clock = new PreviewClock();
    let from = 0;
    while (from < size && existsSync(imageIn(folder, from, 2))) from++;
    const request = {
      ...{ photo: crop, size, from, seed: SEED, signal },
      ...(order.steps !== null && { steps: order.steps }),
    };
    for await (const event of generateAlbum(prior, runtime, request)) {
      await setImmediate();
      if ('image' in event) await writeImage(imageIn(folder, event.done, 2), event.image);
      else {
        const done = event.first * event.of + event.step;
        yield progress('making an album', done, size * event.of);
        const [image] = event.previews;
        if (image && clock.due())
          yield {
            kind: 'preview',
            step: done,
            of: size * event.of,
            face: id,
            corners: null,
            image: await previewOf(image),
          };
      }
    }
    // as written, in 8 bits: the same whether just made or found
    const images = await readAll(folder, size, 2, prior.config.imageSize);
    const names = images.map((_, i) => `image ${i + 1} of the album`);
    const work: Learning = {
      ...{ images, names, model, order, folder },
      ...{ album: 'generative', face: id, shown: crop },
    };
    learned.push(yield* learn(workshop, work, signal));
  }
  yield { kind: 'done', learned };
}

interface Learning {
  readonly images: readonly Float32Array[];
  readonly names: readonly string[];
  readonly model: OpenModel;
  readonly order: {
    readonly setup: Setup;
    readonly choice: FinetuneOrder['choice'];
    readonly most: number | null;
    readonly secondsPerStep: number | null;
    readonly folder: string;
  };
  readonly folder: string;
  readonly album: 'personal' | 'generative';
  readonly face: string | null;
  /** What its previews restore: [3,S,S] in [-1,1]. */
  readonly shown: Float32Array | undefined;
}

/** One finetune, or the rest of it, to its file. */
async function* learn(
  workshop: Workshop,
  work: Learning,
  signal: AbortSignal,
): AsyncGenerator<LearnNews, Learned> {
  const { images, names, model, order, folder, album, face, shown } = work;
  const { prior, base } = model;
  const { recipe: name, weights } = order.choice;
  const usual = recipeFor(name, { album, weights });
  const recipe = { ...usual, steps: order.most ?? usual.steps };
  const runtime = await workshop.runtime(order.setup);
  const trainer = await openRecipeTrainer(prior, runtime, { ...recipe, weights }, SEED);
  const previews =
    shown &&
    (await openPreviews(prior, runtime, recipe, {
      ...{ photo: shown, strength: Math.max(1, Math.round((PREVIEW_STRENGTH / 1000) * prior.schedule.T)) },
      ...{ seed: SEED, signal, between: setImmediate },
    }));
  try {
    const request: FinetuneRequest = {
      ...{ images, names, imageSize: prior.config.imageSize, T: prior.schedule.T, base: base.sha256 },
      ...{ recipe, seed: SEED, checkpointFile: join(folder, 'run.safetensors'), signal },
      ...(order.secondsPerStep !== null && { secondsPerStep: order.secondsPerStep }),
      ...{ previewEvery: Math.ceil(recipe.steps / PREVIEWS), previewShare: PREVIEW_SHARE },
      preview: previews?.preview,
    };
    const { result, seconds } = yield* follow(trainer, request, face);
    const file = await save(trainer, { folder, recipe, prior, base }, result);
    const path = join(folder, file);
    const prefix = folder === order.folder ? '' : `${face}/`;
    return {
      ...{ face, file: `${prefix}${file}`, config: weights === 'full' ? `${prefix}model.json` : null },
      ...{
        sha256: await fileHash(path),
        bytes: (await readFile(path)).length,
        base: base.id,
        baseSha256: base.sha256,
      },
      ...{ recipe: JSON.stringify(recipe), photos: images.length, steps: result.steps },
      ...{ curve: curveOf(result), secondsPerStep: seconds },
    };
  } finally {
    await previews?.release();
    await trainer.release();
  }
}

async function* follow(
  trainer: Trainer,
  request: FinetuneRequest,
  face: string | null,
): AsyncGenerator<LearnNews, { result: FinetuneResult; seconds: number | null }> {
  const events = finetune(trainer, request);
  const pace = new Pace<'step'>(() => 0);
  for (;;) {
    // a step blocks the thread: let messages have their turn
    await setImmediate();
    const next = await events.next();
    if (next.done) return { result: next.value, seconds: pace.median('step') ?? null };
    const event = next.value;
    if (event.kind === 'start')
      yield { ...progress('learning', event.step, event.of), etaSeconds: event.eta ?? null };
    else if (event.kind === 'step') {
      pace.add('step', event.seconds);
      yield { kind: 'loss', point: { step: event.step, loss: event.loss, heldOut: null } };
      yield { ...progress('learning', event.step, event.of), etaSeconds: event.eta };
    } else if (event.kind === 'held-out')
      yield { kind: 'loss', point: { step: event.step, loss: null, heldOut: event.loss } };
    else if (event.kind === 'preview')
      yield {
        ...{ kind: 'preview', step: event.step, of: request.recipe.steps },
        ...{ face, corners: null, image: await previewOf(event.image) },
      };
    else yield { kind: 'checkpoint', step: event.step };
  }
}

async function save(
  trainer: Trainer,
  { folder, recipe, prior, base }: { folder: string; recipe: Recipe; prior: Prior; base: OpenModel['base'] },
  { steps, best }: FinetuneResult,
): Promise<string> {
  const file = recipe.weights === 'full' ? 'weights.safetensors' : 'adapter.safetensors';
  if (recipe.weights === 'full') {
    const model = {
      id: 'finetuned',
      title: `Finetuned from ${base.id}`,
      weights: file,
      ...configurationOf(prior),
    };
    await writeWhole(join(folder, 'model.json'), `${JSON.stringify(model, null, 1)}\n`);
  }
  const { tensors } = await trainer.state();
  writeFinetuned(join(folder, file), { base, recipe, seed: SEED, steps: best?.step ?? steps }, tensors);
  return file;
}

/** Losses and held-out losses by step, thinned where there are many. */
function curveOf({ losses, heldOut }: FinetuneResult): LossPoint[] {
  const every = Math.max(1, Math.ceil(losses.length / MOST_POINTS));
  const points = new Map<number, LossPoint>();
  losses.forEach((loss, i) => {
    if (i % every === 0 || i === losses.length - 1) points.set(i + 1, { step: i + 1, loss, heldOut: null });
  });
  for (const { step, loss } of heldOut)
    points.set(step, { step, loss: points.get(step)?.loss ?? null, heldOut: loss });
  return [...points.values()].sort((a, b) => a.step - b.step);
}

const progress = (stage: string, done: number, of: number) =>
  ({ kind: 'progress', stage, done, of, etaSeconds: null }) as const;

const imageIn = (folder: string, i: number, digits: number): string =>
  join(folder, `${String(i + 1).padStart(digits, '0')}.png`);

async function readAll(folder: string, count: number, digits: number, size: number): Promise<Float32Array[]> {
  const images: Float32Array[] = [];
  for (let i = 0; i < count; i++) images.push((await readAlignedCrop(imageIn(folder, i, digits), size)).data);
  return images;
}

type Where = FinetuneOrder['anchors'][number]['where'];

async function faceOf(file: string, where: Where, size: number, signal: AbortSignal): Promise<Float32Array> {
  if (signal.aborted) throw new UserError('cancelled', 'It was stopped.');
  return cropIn(await readPhotograph(file, { signal }), where, size);
}

/** The aligned face, [3,size,size] in [-1,1]. */
async function cropIn(
  photo: Photograph,
  { box, landmarks, score }: Where,
  size: number,
): Promise<Float32Array> {
  const at: Geometry = { kind: 'face', box, landmarks, score };
  const crop = await cropOf(pixelSourceOf(photo), mapOf(at, size, photo), size);
  return crop.map((value) => Math.max(-1, Math.min(1, value)));
}
