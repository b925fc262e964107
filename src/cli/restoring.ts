/**
 * What `restore` and `demo` share: a prior compiled on a device, and one photo's walk with its progress.
 * engine/restore.ts is the method; the commands decide what goes in and where results go.
 */
import { setImmediate } from 'node:timers/promises';
import { UserError } from '../domain/errors.ts';
import type { Denoiser } from '../engine/diffusion/denoiser.ts';
import type { SamplerName } from '../engine/diffusion/samplers/index.ts';
import { restore } from '../engine/restore.ts';
import type { Restoration } from '../engine/restore.ts';
import type { ProviderReport } from '../engine/runtime/providers.ts';
import { stepsFor as usualSteps } from '../domain/sampling.ts';
import type { Progress } from './ui.ts';

/** A walk from noise to a picture, as options say it. */
export interface Recipe {
  /** Noise steps (the engine's K). */
  readonly strength: number;
  readonly sampler: SamplerName;
  readonly steps: number;
  readonly eta: number | undefined;
  readonly seed: number;
}

/** As asked, even where that is too many (checkRecipe says so); else the usual number. */
export function stepsFor(sampler: SamplerName, strength: number, asked: number | undefined): number {
  return asked ?? usualSteps(sampler, strength);
}

/** Throws UserError `usage` where the recipe does not fit itself or the model's T steps. */
export function checkRecipe({ strength, sampler, steps, eta }: Recipe, T: number): void {
  if (strength > T)
    throw new UserError(
      'usage',
      `The strength is ${strength}, but this model has ${T} noise steps.`,
      'Choose less; 200 is the usual strength.',
    );
  if (strength > 0 && steps > strength)
    throw new UserError(
      'usage',
      `There cannot be more sampling steps (${steps}) than noise steps (strength ${strength}).`,
      'Choose fewer --steps.',
    );
  if (eta !== undefined && (sampler === 'ddpm' || sampler === 'dpmpp'))
    throw new UserError(
      'usage',
      `--eta means nothing to the sampler ${sampler}.`,
      'It belongs to ddim and dpmpp-sde; leave it out.',
    );
}

/** Restores one photo with progress. Throws UserError `cancelled` when the signal aborts, between steps. */
export async function restoreOne(
  denoiser: Denoiser,
  photo: Float32Array,
  recipe: Recipe,
  { progress, signal }: { readonly progress: Progress; readonly signal: AbortSignal },
): Promise<Restoration> {
  const { strength: K, sampler, steps, eta, seed } = recipe;
  const request = { photo, K, sampler, steps, seed, signal, ...(eta !== undefined && { eta }) };
  const run = restore(denoiser, request);
  try {
    progress.update(0, steps);
    for (;;) {
      // run() blocks the thread: let Ctrl-C and the terminal have their turn between steps
      await setImmediate();
      const next = await run.next();
      if (next.done) return next.value;
      progress.update(next.value.step, next.value.of);
    }
  } finally {
    progress.end();
  }
}

/** One line on where is computed, and why there. */
export function deviceLine({ chosen, threads, trials }: ProviderReport): string {
  const passed = trials.filter(({ outcome }) => outcome !== 'chosen');
  const why = trials.find(({ outcome }) => outcome === 'chosen')?.reason ?? '';
  const others = passed.map(({ provider, reason }) => ` ${provider}: ${reason}`).join('');
  const place = chosen === 'cpu' ? `cpu, ${threads} thread${threads === 1 ? '' : 's'}` : chosen;
  return `Device: ${place}: ${why}${others}`;
}
