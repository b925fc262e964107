/**
 * The previews of a finetune: what the prior, with the weights as they are, makes of a photo. ../finetune.ts says when;
 * the command line and the studio's engine open one beside the trainer.
 */
import { invariant } from '../../domain/errors.ts';
import { DEFAULT_SAMPLER, stepsFor } from '../../domain/sampling.ts';
import { epsDenoiser } from '../diffusion/denoiser.ts';
import { unet } from '../prior.ts';
import type { Prior } from '../prior.ts';
import { restore } from '../restore.ts';
import type { Runtime } from '../runtime/session.ts';
import { newBuilder } from '../train/graphs.ts';
import type { TrainingState } from '../train/trainer.ts';
import type { Recipe } from './recipes.ts';

export interface Previews {
  /** [3,S,S]; undefined where the signal ended it, so that the run itself can stop where it can be gone on from. */
  readonly preview: (state: TrainingState) => Promise<Float32Array | undefined>;
  release(): Promise<void>;
}

export interface PreviewOptions {
  /** [3,S,S] in [-1,1]: what is restored. */
  readonly photo: Float32Array;
  /** K, at most the prior's T. */
  readonly strength: number;
  /** The noise is the same in each preview. */
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  /** Awaited between evaluations: a turn for others. */
  readonly between?: () => Promise<unknown>;
}

/** Compiles the network once; the weights that learn are inputs of every run. */
export async function openPreviews(
  prior: Prior,
  runtime: Runtime,
  recipe: Pick<Recipe, 'weights' | 'rank'>,
  options: PreviewOptions,
): Promise<Previews> {
  const { config, schedule, variance } = prior;
  const size = config.imageSize;
  const b = newBuilder(recipe.weights === 'full' ? { kind: 'full' } : { kind: 'adapter', rank: recipe.rank });
  const out = unet(b, config, b.input('x_t', [1, 3, size, size]), b.input('t', [1]));
  const graph = b.finish('preview', { out });
  const learned = graph.parameters
    .map(({ name }) => name)
    .filter((name) => recipe.weights === 'full' || /\.lora\.[ab]$/.test(name));
  const network = await runtime.compile(graph, prior.weights, new Set(learned));
  const { photo, strength: K, seed, signal, between } = options;
  const sampler = DEFAULT_SAMPLER;
  return {
    async preview({ tensors }) {
      const weights = Object.fromEntries(tensors.map(({ name, value }) => [name, value]));
      const denoiser = epsDenoiser(
        async (x_t, t) => {
          const result = await network.run({ ...weights, x_t, t: new Float32Array([t]) });
          invariant(result['out'], 'the network has an output');
          return result['out'];
        },
        { schedule, shape: [1, 3, size, size], variance },
      );
      const walk = restore(denoiser, { photo, K, sampler, steps: stepsFor(sampler, K), seed });
      for (;;) {
        const next = await walk.next();
        if (next.done) return next.value.candidates[0] ?? photo;
        await between?.();
        if (signal?.aborted === true) return undefined;
      }
    },
    release: () => network.release(),
  };
}
