/**
 * Ancestral sampling (DDPM), the method's own sampler and the reference for the others.
 * With fewer steps than K it walks a respaced schedule; read ddim.ts next.
 */
import type { Denoiser, Prediction } from '../denoiser.ts';
import { respace } from '../schedule.ts';
import type { Schedule } from '../schedule.ts';
import { ask, planTimesteps, stopIfCancelled } from './sampler.ts';
import type { SamplerOptions, Step } from './sampler.ts';

/**
 * One step of Algorithm 2 (Ho et al. 2020), in place: x at index i of `terms` becomes x at i - 1,
 * x_{t-1} = coef1 x0hat + coef2 x_t + exp(logVariance / 2) z, with
 * logVariance = f log beta + (1 - f) log posteriorVariance (Nichol & Dhariwal 2021, Eq. 15). No noise is added at i = 0.
 */
export function ancestralStep(
  x: Float32Array,
  { x0hat, varianceFraction: f }: Prediction,
  terms: Schedule,
  i: number,
  z: Float32Array,
): void {
  const coef1 = terms.posteriorMeanCoef1[i]!;
  const coef2 = terms.posteriorMeanCoef2[i]!;
  const lowest = terms.posteriorLogVarianceClipped[i]!;
  const range = Math.log(terms.betas[i]!) - lowest;
  const fixed = typeof f === 'number' ? Math.exp(0.5 * (lowest + f * range)) : 0;
  for (let j = 0; j < x.length; j++) {
    const mean = coef1 * x0hat[j]! + coef2 * x[j]!;
    const sigma = typeof f === 'number' ? fixed : Math.exp(0.5 * (lowest + f[j]! * range));
    x[j] = i > 0 ? mean + sigma * z[j]! : mean;
  }
}

/** Ancestral steps from K - 1 to 0. z is drawn at every step, also at the last, which adds none: the reference's order. */
export async function* ddpm(
  denoiser: Denoiser,
  x_K: Float32Array,
  options: SamplerOptions,
): AsyncGenerator<Step, Float32Array, undefined> {
  const terms = respace(denoiser.schedule, planTimesteps(denoiser, x_K, options));
  const of = terms.T;
  const x = x_K.slice();
  const z = new Float32Array(x.length);
  for (let i = of - 1; i >= 0; i--) {
    stopIfCancelled(options.signal);
    const t = terms.timestepMap[i]!;
    const prediction = await ask(denoiser, x, t);
    options.noise.fill(z);
    ancestralStep(x, prediction, terms, i, z);
    yield { step: of - i, of, t, x0hat: prediction.x0hat };
  }
  return x;
}
