/**
 * The recipes of a finetune as plain data, and the one table their numbers stand in, each with its source.
 * Read next: finetune.ts, which follows a recipe; train/step.ts is what a step of it does.
 */
import { UserError } from '../../domain/errors.ts';

/** All weights, as published, or low-rank adapters beside frozen ones. */
export type Weights = 'full' | 'adapter';

/** Everything about a finetune but its photos, seed and base. Kept in its checkpoints, compared on resuming. */
export interface Recipe {
  readonly name: 'paper' | 'fast';
  readonly weights: Weights;
  /** Of the adapters; of no meaning with `full`. */
  readonly rank: number;
  /** Optimizer steps (the paper's iterations). */
  readonly steps: number;
  /** Images a step. */
  readonly batch: number;
  /** At the first step; falls linearly to 0 behind the last. AdamW without weight decay. */
  readonly learningRate: number;
  /** t is drawn uniformly from 0..timesteps-1; null: from all T. */
  readonly timesteps: number | null;
  /** Mirror flip and mild photometric changes (train/augment.ts). */
  readonly augment: boolean;
  /** Judging on photos that are never trained on; null: neither held-out photos nor an early stop. */
  readonly heldOut: HeldOutRule | null;
}

export interface HeldOutRule {
  /** One of so many photos is held out; an album of fewer is trained on whole. */
  readonly oneIn: number;
  /** ... and so many photos at most, however large the album: judging them must stay cheap beside the steps. */
  readonly most: number;
  /** Steps between two held-out losses. */
  readonly every: number;
  /** The run stops after so many held-out losses in a row that are no better than the best. */
  readonly patience: number;
  /** (t, noise) pairs for each held-out photo. */
  readonly draws: number;
  /** ... and in all, at most; a photo then has fewer, though one at least. */
  readonly pairs: number;
}

export interface RecipeOptions {
  /** A generative album is made from the photo itself and is finetuned on for less long. */
  readonly album: 'personal' | 'generative';
  /** Instead of the recipe's own choice. */
  readonly weights?: Weights;
  /** Noise steps restoration will use; `fast` trains on little more than those. */
  readonly K?: number;
}

const NUMBERS = {
  /** Ding et al. 2024, section 4.1: iterations by album. */
  paperSteps: { personal: 5000, generative: 3000 },
  /** Ding et al. 2024, section 4.1; DESIGN's pilot took the same. */
  batch: 4,
  /** Full: Ding et al. 2024. Adapter: ten times that, as usual for low rank (Hu et al. 2021); not in the paper. */
  paperRate: { full: 1e-5, adapter: 1e-4 },
  /** DESIGN section 1: the pilot's 400 steps kept the person, all weights, personal albums. */
  fastSteps: 400,
  /** Full: DESIGN's pilot. Adapter: five times that; b starts at 0, so that early steps move little. */
  fastRate: { full: 2e-4, adapter: 1e-3 },
  /** r = 4 to 8 is where Hu et al. 2021 (section 7.2) see no more gain; convolutions are wider, so the upper end. */
  rank: 8,
  /** The paper's K. */
  K: 200,
  /** K' / K: restoration visits t < K only; the margin keeps its first steps off the edge of what was trained. */
  margin: 1.25,
  /** One of eight, as usual. 16 pairs cost as much as two steps [m], whatever the album's size: a tenth, every 20 steps. */
  heldOut: { oneIn: 8, most: 4, every: 20, patience: 5, draws: 8, pairs: 16 },
} as const;

/** The published recipe or the fast one for an album. Throws `usage` for a K that is not a whole number from 1. */
export function recipeFor(name: Recipe['name'], options: RecipeOptions): Recipe {
  const { album, K = NUMBERS.K } = options;
  if (!Number.isSafeInteger(K) || K < 1) {
    const sentence = `A finetune wants the noise steps of restoration as a whole number from 1, not ${K}.`;
    throw new UserError('usage', sentence, `The default is ${NUMBERS.K}.`);
  }
  const { rank, batch } = NUMBERS;
  if (name === 'paper') {
    const { weights = 'full' } = options;
    return {
      name,
      weights,
      rank,
      steps: NUMBERS.paperSteps[album],
      batch,
      learningRate: NUMBERS.paperRate[weights],
      timesteps: null,
      augment: false,
      heldOut: null,
    };
  }
  const { weights = 'adapter' } = options;
  return {
    name,
    weights,
    rank,
    steps: NUMBERS.fastSteps,
    batch,
    learningRate: NUMBERS.fastRate[weights],
    timesteps: Math.ceil(K * NUMBERS.margin),
    augment: true,
    heldOut: NUMBERS.heldOut,
  };
}

/** The learning rate of a step from 1: all of it at the first, falling by the same amount each step. */
export function learningRateAt({ learningRate, steps }: Recipe, step: number): number {
  return learningRate * (1 - (step - 1) / steps);
}
