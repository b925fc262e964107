/**
 * The three steps of the method as the evaluation uses them: a generative album for a photo, a prior constrained to an
 * album, and a restoration. Each has a runtime of its own, which gives its memory back at the end.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { invariant } from '../../src/domain/errors.ts';
import { generateAlbum } from '../../src/engine/album.ts';
import type { AlbumRequest } from '../../src/engine/album.ts';
import { finetune } from '../../src/engine/finetune.ts';
import type { FinetuneResult } from '../../src/engine/finetune.ts';
import type { Recipe } from '../../src/engine/finetune/recipes.ts';
import { adapted } from '../../src/engine/nn/lora.ts';
import { compileDenoiser } from '../../src/engine/prior.ts';
import type { Prior } from '../../src/engine/prior.ts';
import { restore } from '../../src/engine/restore.ts';
import { chooseRuntime } from '../../src/engine/runtime/providers.ts';
import type { WeightSource } from '../../src/engine/runtime/session.ts';
import { openTrainer } from '../../src/engine/train/step.ts';
import { last } from './last.ts';

export interface Constrained {
  readonly weights: WeightSource;
  readonly seconds: number;
  readonly result: Pick<FinetuneResult, 'steps' | 'stoppedEarly' | 'best' | 'heldOut'>;
}

export interface Restoring {
  readonly K: number;
  readonly sampler: 'ddim' | 'dpmpp-sde';
  readonly steps: number;
  readonly seed: number;
}

/** DESIGN section 1's pilot: all weights, with neither held-out photos nor augmentation. */
export const PILOT: Recipe = {
  name: 'fast',
  weights: 'full',
  rank: 0,
  steps: 400,
  batch: 4,
  learningRate: 2e-4,
  timesteps: 500,
  augment: false,
  heldOut: null,
};

/** Finetunes the prior on images [3,S,S]; `id` names the weights. `log` gets a line now and then. */
export async function constrain(
  prior: Prior,
  images: readonly Float32Array[],
  { recipe, seed, id, log }: { recipe: Recipe; seed: number; id: string; log?: (line: string) => void },
): Promise<Constrained> {
  const folder = await mkdtemp(join(tmpdir(), 'albumen-eval-'));
  const { runtime } = await chooseRuntime('cpu');
  const begin = performance.now();
  try {
    const trainable =
      recipe.weights === 'full'
        ? ({ kind: 'full' } as const)
        : ({ kind: 'adapter', rank: recipe.rank } as const);
    const trainer = await openTrainer(prior, runtime, { trainable, batch: recipe.batch, seed });
    const run = finetune(trainer, {
      images,
      imageSize: prior.config.imageSize,
      T: prior.schedule.T,
      base: prior.weights.id,
      recipe,
      seed,
      checkpointFile: join(folder, 'run.safetensors'),
    });
    const result = await last(run, (event) => {
      if (event.kind === 'held-out') log?.(`  step ${event.step}: held-out loss ${event.loss.toFixed(5)}`);
    });
    const { tensors } = await trainer.state();
    const learned = new Map(tensors.map(({ name, shape, value }) => [name, { shape, value: value.slice() }]));
    await trainer.release();
    const weights =
      recipe.weights === 'full' ? replaced(prior.weights, learned, id) : adapted(prior.weights, learned, id);
    return { weights, seconds: (performance.now() - begin) / 1000, result };
  } finally {
    await runtime.release();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Restores one photo at each setting. */
export async function restoreAll(
  prior: Prior,
  weights: WeightSource,
  photos: readonly Float32Array[],
  settings: readonly Restoring[],
): Promise<Float32Array[][]> {
  const { runtime } = await chooseRuntime('cpu');
  try {
    const denoiser = await compileDenoiser({ ...prior, weights }, runtime, 1);
    const restored: Float32Array[][] = [];
    for (const photo of photos) {
      const each: Float32Array[] = [];
      for (const setting of settings) {
        const { candidates } = await last(restore(denoiser, { photo, ...setting }));
        invariant(candidates[0], 'a restoration has a candidate');
        each.push(candidates[0].map((value) => Math.max(-1, Math.min(1, value))));
      }
      restored.push(each);
    }
    return restored;
  } finally {
    await runtime.release();
  }
}

/** The generative album of a degraded photo, in few steps (guidance.ts says what that changes). */
export async function albumFor(
  prior: Prior,
  photo: Float32Array,
  options: Omit<AlbumRequest, 'photo'>,
): Promise<{ images: Float32Array[]; seconds: number }> {
  const { runtime } = await chooseRuntime('cpu');
  const begin = performance.now();
  try {
    const images = await last(generateAlbum(prior, runtime, { photo, ...options }));
    return { images, seconds: (performance.now() - begin) / 1000 };
  } finally {
    await runtime.release();
  }
}

function replaced(
  base: WeightSource,
  learned: ReadonlyMap<string, { readonly value: Float32Array }>,
  id: string,
): WeightSource {
  return {
    id: `${base.id} = ${id}`,
    readInto(name, target) {
      const own = learned.get(name);
      if (own) target.set(own.value);
      else base.readInto(name, target);
    },
  };
}
