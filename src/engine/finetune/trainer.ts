/**
 * The trainer a recipe asks for: all weights or adapters, and how many images the machine learns at once.
 * train/step.ts is what it opens; whoever runs a finetune begins here.
 */
import type { Prior } from '../prior.ts';
import type { Runtime } from '../runtime/session.ts';
import { openTrainer } from '../train/step.ts';
import type { Trainer } from '../train/trainer.ts';
import type { Recipe } from './recipes.ts';

/** Networks of more parameters learn one image at a time, for the memory's sake. */
const SMALL = 20e6;

/** Opens it for a recipe; `seed` draws the adapters' first values. The caller releases it. */
export function openRecipeTrainer(
  prior: Prior,
  runtime: Runtime,
  { weights, rank, batch }: Pick<Recipe, 'weights' | 'rank' | 'batch'>,
  seed: number,
): Promise<Trainer> {
  return openTrainer(prior, runtime, {
    trainable: weights === 'full' ? { kind: 'full' } : { kind: 'adapter', rank },
    batch: prior.parameters < SMALL ? batch : 1,
    seed,
  });
}
