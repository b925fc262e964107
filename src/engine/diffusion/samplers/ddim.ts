/**
 * DDIM: the same marginals as DDPM with as little fresh noise as one likes, so that steps can be long.
 * Read dpmpp-2m.ts next, which bends where DDIM goes straight.
 */
import type { Denoiser } from '../denoiser.ts';
import { ask, planTimesteps, stopIfCancelled } from './sampler.ts';
import type { SamplerOptions, Step } from './sampler.ts';

/**
 * x_s = sqrt(abar_s) x0hat + sqrt(1 - abar_s - sigma^2) eps + sigma z (Song et al. 2021, Eqs. 12 and 16), with
 * sigma = eta sqrt((1 - abar_s) / (1 - abar_t)) sqrt(1 - abar_t / abar_s); abar_s = 1 at the last step.
 * eta = 0, the default, follows the probability flow and draws no noise; eta = 1 is DDPM with the small variance.
 */
export async function* ddim(
  denoiser: Denoiser,
  x_K: Float32Array,
  options: SamplerOptions,
): AsyncGenerator<Step, Float32Array, undefined> {
  const { noise, signal, eta = 0 } = options;
  const timesteps = planTimesteps(denoiser, x_K, options);
  const { abar } = denoiser.schedule;
  const of = timesteps.length;
  const x = x_K.slice();
  const z = new Float32Array(x.length);
  for (let i = of - 1; i >= 0; i--) {
    stopIfCancelled(signal);
    const t = timesteps[i]!;
    const { x0hat, eps } = await ask(denoiser, x, t);
    if (eta > 0) noise.fill(z);
    const abarT = abar[t]!;
    const abarS = i > 0 ? abar[timesteps[i - 1]!]! : 1;
    const sigma = eta * Math.sqrt((1 - abarS) / (1 - abarT)) * Math.sqrt(1 - abarT / abarS);
    const signalS = Math.sqrt(abarS);
    const direction = Math.sqrt(1 - abarS - sigma * sigma);
    for (let j = 0; j < x.length; j++) x[j] = signalS * x0hat[j]! + direction * eps[j]! + sigma * z[j]!;
    yield { step: of - i, of, t, x0hat };
  }
  return x;
}
