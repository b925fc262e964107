/**
 * How a face is walked back from the noise where nobody says otherwise: chosen from the table "Few steps" of
 * docs/evaluation.md. The samplers themselves are in ../engine/diffusion/samplers/.
 */
import type { Recipe } from './recipe.ts';

type SamplerName = Recipe['sampler'];

/** The cheapest that keeps a person within 1 % as well as the published walk does. */
export const DEFAULT_SAMPLER = 'ddim' satisfies SamplerName;

/** Fewest steps from which more bring nothing: with fresh noise on the way (the SDE) fewer leave grain. */
const ENOUGH: Readonly<Record<Exclude<SamplerName, 'ddpm'>, number>> = { ddim: 8, dpmpp: 8, 'dpmpp-sde': 20 };

/** Sampling steps: as asked, but no more than there is noise; else every step for ddpm, as published, or just enough. */
export function stepsFor(sampler: SamplerName, strength: number, asked?: number): number {
  return Math.min(asked ?? (sampler === 'ddpm' ? strength : ENOUGH[sampler]), strength);
}
