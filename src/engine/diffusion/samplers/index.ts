/**
 * The samplers by the names that recipes and the command line use.
 * To add one: a file beside this, a line in the table; sampler.ts says what a sampler is.
 */
import { ddim } from './ddim.ts';
import { ddpm } from './ddpm.ts';
import { dpmpp2mSde } from './dpmpp-2m-sde.ts';
import { dpmpp2m } from './dpmpp-2m.ts';
import type { Sampler } from './sampler.ts';

/** All of them, by name. */
export const samplers = {
  ddpm,
  ddim,
  dpmpp: dpmpp2m,
  'dpmpp-sde': dpmpp2mSde,
} as const satisfies Record<string, Sampler>;

/** A name that recipes and --sampler may have. */
export type SamplerName = keyof typeof samplers;
