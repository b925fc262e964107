/**
 * DPM-Solver++(2M) for the SDE: second-order in the drift, with fresh noise that forgives the model's errors.
 * index.ts, next, lists all samplers by name.
 */
import type { Denoiser } from '../denoiser.ts';
import { halfLogSnr } from '../schedule.ts';
import { ask, planTimesteps, stopIfCancelled } from './sampler.ts';
import type { SamplerOptions, Step } from './sampler.ts';

/**
 * x_s = (sigma_s / sigma_t) e^{-eta h} x_t - alpha_s (e^{-(1 + eta) h} - 1) D + sigma_s sqrt(1 - e^{-2 eta h}) z, with
 * h and the midpoint guess D as in dpmpp-2m.ts (Lu et al. 2022, SDE-DPM-Solver++(2M); eta as in k-diffusion's
 * sample_dpmpp_2m_sde, 'midpoint'). eta is 1 by default; 0 is dpmpp-2m and draws no noise. The last step returns x0hat.
 */
export async function* dpmpp2mSde(
  denoiser: Denoiser,
  x_K: Float32Array,
  options: SamplerOptions,
): AsyncGenerator<Step, Float32Array, undefined> {
  const { noise, signal, eta = 1 } = options;
  const { schedule } = denoiser;
  const timesteps = planTimesteps(denoiser, x_K, options);
  const of = timesteps.length;
  const x = x_K.slice();
  const z = new Float32Array(x.length);
  let last: { readonly x0hat: Float32Array; readonly h: number } | undefined;
  for (let i = of - 1; i >= 0; i--) {
    stopIfCancelled(signal);
    const t = timesteps[i]!;
    const { x0hat } = await ask(denoiser, x, t);
    if (i === 0) {
      x.set(x0hat);
    } else {
      const s = timesteps[i - 1]!;
      const h = halfLogSnr(schedule, s) - halfLogSnr(schedule, t);
      const sigmaS = schedule.sqrtOneMinusAbar[s]!;
      const keep = (sigmaS / schedule.sqrtOneMinusAbar[t]!) * Math.exp(-eta * h);
      const gain = -schedule.sqrtAbar[s]! * Math.expm1(-(1 + eta) * h);
      const fresh = sigmaS * Math.sqrt(-Math.expm1(-2 * eta * h));
      const bend = last ? h / (2 * last.h) : 0;
      const x0last = last?.x0hat ?? x0hat;
      if (eta > 0) noise.fill(z);
      for (let j = 0; j < x.length; j++) {
        x[j] = keep * x[j]! + gain * (x0hat[j]! + bend * (x0hat[j]! - x0last[j]!)) + fresh * z[j]!;
      }
      last = { x0hat, h };
    }
    yield { step: of - i, of, t, x0hat };
  }
  return x;
}
