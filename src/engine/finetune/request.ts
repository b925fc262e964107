/**
 * What a finetune is asked for, checked before anything is done, and what makes it this run and no other.
 * Read next: finetune.ts.
 */
import { createHash } from 'node:crypto';
import { UserError } from '../../domain/errors.ts';
import { counted, quoted } from '../../domain/text.ts';
import type { RunIdentity } from '../train/state-file.ts';
import type { TrainingState } from '../train/trainer.ts';
import type { Clock } from './eta.ts';
import type { Recipe } from './recipes.ts';

export interface FinetuneRequest {
  /** The album, RGB [3,S,S] each, in [-1,1], aligned; in the same order whenever the run is resumed. */
  readonly images: readonly Float32Array[];
  /** What to call each image in errors; by number where absent. */
  readonly names?: readonly string[] | undefined;
  /** S, the prior's. */
  readonly imageSize: number;
  /** Timesteps of the prior's schedule. */
  readonly T: number;
  /** Names the base weights; a run resumes only on the same. */
  readonly base: string;
  readonly recipe: Recipe;
  /** Decides photos, t, noise and augmentation of every step; the trainer's adapters begin from their own. */
  readonly seed: number;
  /** Where the run is kept; where the file is there already, the run goes on from it. The caller removes it at the end. */
  readonly checkpointFile: string;
  /** Aborting stops the run between steps, after a checkpoint, with `cancelled`. */
  readonly signal?: AbortSignal | undefined;
  /** Steps between previews; none by default. */
  readonly previewEvery?: number | undefined;
  /** Of the time the steps take, what previews may take at most, the first aside; undefined: as much as they do. */
  readonly previewShare?: number | undefined;
  /** Makes a picture [3,S,S] with the weights as they are, or none; what it sees is a view, valid until it returns. */
  readonly preview?: ((state: TrainingState) => Promise<Float32Array | undefined>) | undefined;
  /** What a step took when it was last measured on this machine, for an ETA before the first step. */
  readonly secondsPerStep?: number | undefined;
  readonly clock?: Clock | undefined;
}

const LEAST_PHOTOS = 2;

/** Throws `album.unsuitable` or `photo.unsuitable` for images no finetune can use, `usage` for a seed that is none. */
export function checkRequest({ images, names, imageSize, seed }: FinetuneRequest): void {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new UserError('usage', `A seed must be a whole number from 0, not ${seed}.`);
  checkAlbum(images, imageSize, names);
}

/** As checkRequest, for the album alone: [3,S,S] each with S = `imageSize`, in [-1,1]. */
export function checkAlbum(
  images: readonly Float32Array[],
  imageSize: number,
  names?: readonly string[],
): void {
  if (images.length < LEAST_PHOTOS) {
    throw new UserError(
      'album.unsuitable',
      `The album has ${counted(images.length, 'usable photo')}, but a finetune needs at least ${LEAST_PHOTOS}.`,
      'About 20 clear, varied photos of one person work best.',
    );
  }
  images.forEach((image, i) => {
    const fault = faultOf(image, imageSize);
    if (fault === undefined) return;
    const name = names?.[i];
    const what = name === undefined ? `Photo ${i + 1} of the album` : quoted(name);
    throw new UserError('photo.unsuitable', `${what} ${fault}.`, 'Leave this photo out of the album.');
  });
}

/** The run's identity: what a checkpoint must agree with to be gone on from. */
export function identityOf({ images, T, base, recipe, seed }: FinetuneRequest): RunIdentity {
  const hash = createHash('sha256');
  for (const { buffer, byteOffset, byteLength } of images)
    hash.update(`${byteLength} `).update(new Uint8Array(buffer, byteOffset, byteLength));
  return { base, images: hash.digest('hex'), recipe, seed, T };
}

function faultOf(image: Float32Array, size: number): string | undefined {
  if (image.length !== 3 * size * size)
    return `has ${image.length} values where the prior needs 3 x ${size} x ${size}`;
  if (image.every((value) => value >= -1 && value <= 1)) return undefined;
  return image.some(Number.isNaN) ? 'holds values that are not numbers' : 'holds values outside of -1 to 1';
}
