/**
 * The previews of a finetune: what the prior, with the weights as they are, makes of the album's first photo.
 * finetuning.ts asks for them; engine/finetune.ts says when.
 */
import { invariant } from '../domain/errors.ts';
import { epsDenoiser } from '../engine/diffusion/denoiser.ts';
import type { Recipe } from '../engine/finetune/recipes.ts';
import { unet } from '../engine/prior.ts';
import type { Prior } from '../engine/prior.ts';
import { restore } from '../engine/restore.ts';
import type { Runtime } from '../engine/runtime/session.ts';
import { newBuilder } from '../engine/train/graphs.ts';
import type { TrainingState } from '../engine/train/trainer.ts';

const STEPS = 20;

export interface Previews {
  readonly preview: (state: TrainingState) => Promise<Float32Array>;
  release(): Promise<void>;
}

/** Compiles the network once; the weights that learn are inputs of every run. The noise is the same in each preview. */
export async function openPreviews(
  prior: Prior,
  runtime: Runtime,
  recipe: Recipe,
  options: { readonly photo: Float32Array; readonly strength: number; readonly seed: number },
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
  const { photo, strength: K, seed } = options;
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
      const steps = Math.min(STEPS, K);
      const walk = restore(denoiser, { photo, K, sampler: 'dpmpp-sde', steps, seed });
      for (;;) {
        const next = await walk.next();
        if (next.done) return next.value.candidates[0] ?? photo;
      }
    },
    release: () => network.release(),
  };
}
