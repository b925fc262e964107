/**
 * The micro-batches of one step: which photos, which t, what noise, how augmented. All of it is a function of the seed and
 * the step; draws.ts makes the random numbers, train/augment.ts changes the photos.
 */
import { invariant } from '../../domain/errors.ts';
import { augment } from '../train/augment.ts';
import type { Batch } from '../train/trainer.ts';
import { normals, permutation, uniforms } from './draws.ts';

export interface BatchPlan {
  /** The photos trained on, [3,S,S] each, in [-1,1]. */
  readonly images: readonly Float32Array[];
  readonly seed: number;
  /** Images a step, and of those in a micro-batch, which divides them. */
  readonly batch: number;
  readonly microBatch: number;
  /** t is uniform in 0..timesteps-1. */
  readonly timesteps: number;
  readonly augment: boolean;
}

/**
 * The batches of a step from 1. The album is gone through in a new random order each time around, so that every photo is
 * seen equally often.
 */
export function batchesOf(plan: BatchPlan, step: number): Batch[] {
  const { batch, microBatch } = plan;
  invariant(batch % microBatch === 0, `a step of ${batch} images in micro-batches of ${microBatch}`);
  const first = (step - 1) * batch;
  return Array.from({ length: batch / microBatch }, (_, i) =>
    microBatchAt(plan, first + i * microBatch, microBatch),
  );
}

/** `count` images from the run's image number `first` on. */
function microBatchAt({ images, seed, ...plan }: BatchPlan, first: number, count: number): Batch {
  const size = images[0]?.length ?? 0;
  const x0 = new Float32Array(count * size);
  const noise = new Float32Array(count * size);
  const t: number[] = [];
  for (let i = 0; i < count; i++) {
    const index = first + i;
    const order = permutation(seed, 'order', Math.floor(index / images.length), images.length);
    const image = images[order[index % images.length]!]!;
    x0.set(plan.augment ? augment(image, uniforms(seed, 'augmentation', index)) : image, i * size);
    normals(seed, 'noise', index).fill(noise.subarray(i * size, (i + 1) * size));
    t.push(Math.floor(uniforms(seed, 'timestep', index)() * plan.timesteps));
  }
  return { x0, noise, t };
}
