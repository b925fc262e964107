/**
 * The generative album: clean images drawn towards one degraded photo, on which the prior is then finetuned (Ding et al.
 * 2024, section 3). guide.ts and diffusion/guidance.ts make each image; finetune.ts takes them.
 */
import { UserError, invariant } from '../domain/errors.ts';
import { imagesOf, stackedNoise } from './diffusion/batch.ts';
import { guidanceForms, planGuidance, skipGuidance } from './diffusion/guidance.ts';
import type { GuidanceForm } from './diffusion/guidance.ts';
import { gaussian } from './diffusion/noise.ts';
import { compileGuide } from './guide.ts';
import type { CompiledGuide } from './guide.ts';
import type { Prior } from './prior.ts';
import type { Runtime } from './runtime/session.ts';

export interface AlbumRequest {
  /** The degraded photo y0, RGB [3,S,S] in [-1,1], S the prior's size. */
  readonly photo: Float32Array;
  /** Images in the album; 16, the paper's, by default. */
  readonly size?: number;
  /** Images made at once, which memory grows with; 1 by default. */
  readonly batch?: number;
  /** `published` by default: the norm, from noise. `paper`: the squared norm, from y_K. */
  readonly form?: GuidanceForm;
  /** Noise steps of y_K, 200 by default; form `paper` only. */
  readonly K?: number | undefined;
  /** Network evaluations an image; default all. Fewer saves time and changes the images (guidance.ts). */
  readonly steps?: number | undefined;
  /** s, the weight of the gradient; 0.3 by default. */
  readonly scale?: number | undefined;
  /** Image i draws from (seed, i): the same picture whatever the batch and wherever a run starts. */
  readonly seed: number;
  /** The first image to make, for a run that goes on; 0 by default. */
  readonly from?: number;
  readonly signal?: AbortSignal | undefined;
}

/** One sampling step of the images first, first + 1, ..., one for each preview. */
export interface AlbumStep {
  readonly first: number;
  /** From 1 to `of`. */
  readonly step: number;
  readonly of: number;
  readonly guided: boolean;
  /** What the prior sees in each image now, [3,S,S] in [-1,1]. */
  readonly previews: readonly Float32Array[];
}

/** Image number `done` is finished: save it now, and a killed run goes on from the next. */
export interface AlbumImage {
  readonly done: number;
  /** [3,S,S] in [-1,1]. */
  readonly image: Float32Array;
}

/**
 * Makes the images from..size-1, `batch` at a time, and returns them, [3,S,S] each in [-1,1]. Yields after each step and
 * as each image is done. Its sessions are released at the end. Throws UserError `usage` where the request is out of range
 * (before anything runs), `cancelled` when the signal aborts (between steps), `album.unsuitable` where guidance made
 * something other than numbers.
 */
export async function* generateAlbum(
  prior: Prior,
  runtime: Runtime,
  request: AlbumRequest,
): AsyncGenerator<AlbumStep | AlbumImage, Float32Array[], undefined> {
  const { size = 16, batch = 1, form = 'published', from = 0, photo } = request;
  checkRequest({ ...request, size, batch, from }, prior.config.imageSize);
  planGuidance(prior.schedule, { ...request, start: guidanceForms[form].start });
  const images: Float32Array[] = [];
  let guide: CompiledGuide | undefined;
  try {
    for (let first = from; first < size; first += batch) {
      const n = Math.min(batch, size - first);
      if (guide?.shape[0] !== n) {
        await guide?.release();
        guide = await compileGuide(prior, runtime, n, guidanceForms[form].distance);
      }
      const made = yield* makeImages(guide, photo, first, request);
      for (const [i, image] of made.entries()) yield { done: first + i, image };
      images.push(...made);
    }
  } finally {
    await guide?.release();
  }
  return images;
}

/** One batch: the images first, first + 1, ... */
async function* makeImages(
  guide: CompiledGuide,
  photo: Float32Array,
  first: number,
  { form = 'published', K, steps, scale, seed, signal }: AlbumRequest,
): AsyncGenerator<AlbumStep, Float32Array[], undefined> {
  const n = guide.shape[0];
  const y0 = new Float32Array(n * photo.length);
  for (let i = 0; i < n; i++) y0.set(photo, i * photo.length);
  const sources = Array.from({ length: n }, (_, i) => gaussian(seed, first + i));
  const options = { start: guidanceForms[form].start, K, steps, scale, noise: stackedNoise(sources), signal };
  const walk = skipGuidance(guide, y0, options);
  for (;;) {
    const next = await walk.next();
    if (next.done) return imagesOf(next.value, n).map((image, i) => finished(image, first + i));
    const { step, of, guided, x0hat } = next.value;
    yield { first, step, of, guided, previews: imagesOf(x0hat, n) };
  }
}

interface Checked extends AlbumRequest {
  readonly size: number;
  readonly batch: number;
  readonly from: number;
}

function checkRequest({ photo, size, batch, from, seed }: Checked, imageSize: number): void {
  checkCount('The size of the album', size, 1);
  checkCount('The number of images made at once', batch, 1);
  checkCount('The first image to make', from, 0, size);
  checkCount('A seed', seed, 0);
  const values = 3 * imageSize * imageSize;
  invariant(photo.length === values, `a photo of ${photo.length} values for a prior of ${values}`);
  invariant(
    photo.every((value) => value >= -1 && value <= 1),
    'photo values lie in [-1, 1]',
  );
}

function checkCount(what: string, value: number, least: number, most = Number.MAX_SAFE_INTEGER): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
  throw new UserError('usage', `${what} must be a whole number ${range}, not ${value}.`);
}

/** A copy within [-1, 1], which guidance of the last step, as happens with few steps, may leave. */
function finished(image: Float32Array, index: number): Float32Array {
  if (!image.every((value) => Number.isFinite(value)))
    throw new UserError(
      'album.unsuitable',
      `Image ${index + 1} of the album came out with values that are not numbers.`,
      'Use a smaller guidance scale.',
    );
  return image.map((value) => Math.max(-1, Math.min(1, value)));
}
