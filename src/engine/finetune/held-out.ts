/**
 * Held-out photos: which are kept from training, the loss on them, and when that loss says stop. The loss is over one
 * fixed set of (photo, t, noise), so that two values of a run differ by its weights alone. finetune.ts asks.
 */
import type { HeldOutLoss } from '../train/state-file.ts';
import type { Batch, Trainer } from '../train/trainer.ts';
import { normals, permutation, uniforms } from './draws.ts';
import type { HeldOutRule, Recipe } from './recipes.ts';

export interface AlbumSplit {
  readonly training: readonly Float32Array[];
  readonly heldOut: readonly Float32Array[];
}

/** Sets one photo in `oneIn` aside, at most `most`, chosen by the seed; none where the recipe holds none out or the album is smaller. */
export function splitAlbum(images: readonly Float32Array[], { heldOut }: Recipe, seed: number): AlbumSplit {
  const count = heldOut ? Math.min(heldOut.most, Math.floor(images.length / heldOut.oneIn)) : 0;
  const aside = new Set(permutation(seed, 'split', 0, images.length).slice(0, count));
  return {
    training: images.filter((_, i) => !aside.has(i)),
    heldOut: images.filter((_, i) => aside.has(i)),
  };
}

/**
 * The fixed micro-batches of `size` images: `draws` (t, noise) pairs a photo, fewer where that makes more than `pairs`, or
 * as many more as fill the last micro-batch. Draw j of d has its t in the j-th of d equal parts of 0..timesteps-1, so that few draws cover all of it.
 */
export function heldOutBatches(
  images: readonly Float32Array[],
  options: { seed: number; size: number; timesteps: number } & Pick<HeldOutRule, 'draws' | 'pairs'>,
): Batch[] {
  const { seed, size, timesteps } = options;
  let draws = Math.max(1, Math.min(options.draws, Math.floor(options.pairs / images.length)));
  while ((draws * images.length) % size !== 0) draws++;
  const items = images.flatMap((image, photo) =>
    Array.from({ length: draws }, (_, draw) => {
      const index = photo * draws + draw;
      const part = (draw + uniforms(seed, 'heldOutTimestep', index)()) / draws;
      const noise = new Float32Array(image.length);
      normals(seed, 'heldOutNoise', index).fill(noise);
      return { image, noise, t: Math.floor(part * timesteps) };
    }),
  );
  return Array.from({ length: items.length / size }, (_, b) => {
    const some = items.slice(b * size, (b + 1) * size);
    return {
      x0: joined(some.map(({ image }) => image)),
      noise: joined(some.map(({ noise }) => noise)),
      t: some.map(({ t }) => t),
    };
  });
}

/** The mean loss over micro-batches; NaN where one is. */
export async function meanLoss(trainer: Trainer, batches: readonly Batch[]): Promise<number> {
  let sum = 0;
  for (const batch of batches) sum += (await trainer.evaluate(batch)).loss;
  return sum / batches.length;
}

/** The lowest loss, the earliest of equals. */
export function bestOf(curve: readonly HeldOutLoss[]): HeldOutLoss | undefined {
  return curve.reduce<HeldOutLoss | undefined>((a, b) => (a && a.loss <= b.loss ? a : b), undefined);
}

/** Whether the last `patience` losses are no better than the best before them. */
export function stopsEarly(curve: readonly HeldOutLoss[], patience: number): boolean {
  const best = bestOf(curve);
  return best !== undefined && curve.length - 1 - curve.indexOf(best) >= patience;
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const size = parts[0]?.length ?? 0;
  const whole = new Float32Array(parts.length * size);
  parts.forEach((part, i) => whole.set(part, i * size));
  return whole;
}
