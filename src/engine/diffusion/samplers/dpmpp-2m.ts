/**
 * DPM-Solver++(2M): a second-order solver of the probability flow at one network evaluation a step.
 * Read dpmpp-2m-sde.ts next for the same with fresh noise.
 */
import type { Denoiser } from '../denoiser.ts';
import { halfLogSnr } from '../schedule.ts';
import { ask, planTimesteps, stopIfCancelled } from './sampler.ts';
import type { SamplerOptions, Step } from './sampler.ts';

/**
 * x_s = (sigma_s / sigma_t) x_t - alpha_s (e^{-h} - 1) D, with h = lambda_s - lambda_t and the midpoint guess
 * D = x0hat + h / (2 h_last) (x0hat - x0hat_last) (Lu et al. 2022, DPM-Solver++, Algorithm 2). The first step has no
 * past and takes D = x0hat; the last goes to sigma = 0, where lambda ends, and returns x0hat. Draws no noise.
 */
export async function* dpmpp2m(
  denoiser: Denoiser,
  x_K: Float32Array,
  options: SamplerOptions,
): AsyncGenerator<Step, Float32Array, undefined> {
  const { schedule } = denoiser;
  const timesteps = planTimesteps(denoiser, x_K, options);
  const of = timesteps.length;
  const x = x_K.slice();
  let last: { readonly x0hat: Float32Array; readonly h: number } | undefined;
  for (let i = of - 1; i >= 0; i--) {
    stopIfCancelled(options.signal);
    const t = timesteps[i]!;
    const { x0hat } = await ask(denoiser, x, t);
    if (i === 0) {
      x.set(x0hat);
    } else {
      const s = timesteps[i - 1]!;
      const h = halfLogSnr(schedule, s) - halfLogSnr(schedule, t);
      const keep = schedule.sqrtOneMinusAbar[s]! / schedule.sqrtOneMinusAbar[t]!;
      const gain = -schedule.sqrtAbar[s]! * Math.expm1(-h);
      const bend = last ? h / (2 * last.h) : 0;
      const x0last = last?.x0hat ?? x0hat;
      for (let j = 0; j < x.length; j++) {
        x[j] = keep * x[j]! + gain * (x0hat[j]! + bend * (x0hat[j]! - x0last[j]!));
      }
      last = { x0hat, h };
    }
    yield { step: of - i, of, t, x0hat };
  }
  return x;
}
