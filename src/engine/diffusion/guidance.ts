/**
 * Skip guidance: ancestral sampling drawn towards a degraded photo at some of its steps, so that what comes out is clean
 * and still like the photo (Ding et al. 2024, section 3). guide.ts makes its denoiser; album.ts makes albums of it.
 */
import { UserError, invariant } from '../../domain/errors.ts';
import type { Denoiser, Prediction } from './denoiser.ts';
import type { Noise } from './noise.ts';
import { project } from './project.ts';
import { checkNoiseSteps, respace, spacedTimesteps } from './schedule.ts';
import type { Schedule } from './schedule.ts';
import { ancestralStep } from './samplers/ddpm.ts';
import { stopIfCancelled } from './samplers/sampler.ts';
import type { Step } from './samplers/sampler.ts';

/** The distance d(y0, x0hat), per image: ||y0 - x0hat||_2, or its square. */
export type Distance = 'norm' | 'squared';
/** What sampling starts from: standard normal noise at t = T - 1, or y_K, the photo with K steps of noise. */
type Start = 'noise' | 'photo';

/** The method's two forms: its published code, and Eq. 6 of the paper (Ding et al. 2024). */
export const guidanceForms = {
  published: { distance: 'norm', start: 'noise' },
  paper: { distance: 'squared', start: 'photo' },
} as const satisfies Record<string, { readonly distance: Distance; readonly start: Start }>;

/** One of the two forms by its name. */
export type GuidanceForm = keyof typeof guidanceForms;

/** Which way leads from x_t towards the photo. */
interface Guidance {
  /** ||y0 - x0hat||_2 of each image, [N]; not squared. */
  readonly norm: Float32Array;
  /** d distance / d x_t of each image, [N,C,H,W]; zero through what x0hat clips. */
  readonly gradient: Float32Array;
}

/** A denoiser that can also say which way leads from x_t towards a photo. */
export interface GuidedDenoiser extends Denoiser {
  readonly distance: Distance;
  /** x_t and y0 are [N,C,H,W]; neither is kept nor written to. */
  predictGuided(x_t: Float32Array, t: number, y0: Float32Array): Promise<Prediction & Guidance>;
}

/** How to walk; skipGuidance throws `usage` for what is out of range. */
export interface GuidanceOptions {
  readonly start: Start;
  /** Noise steps of y_K, 1..T, 200 by default; only where the start is the photo. */
  readonly K?: number | undefined;
  /** Network evaluations; default all (T from noise, K from the photo). Fewer is a saving that changes the result. */
  readonly steps?: number | undefined;
  /** s, the weight of the gradient, from 0; 0.3 by default. */
  readonly scale?: number | undefined;
  /** The start is drawn first, then z at every step. */
  readonly noise: Noise;
  /** Aborting ends the walk before its next step with `cancelled`. */
  readonly signal?: AbortSignal | undefined;
}

/** One step done, and whether it was drawn towards the photo. */
export interface GuidedStep extends Step {
  readonly guided: boolean;
}

const DEFAULT_SCALE = 0.3;
const DEFAULT_K = 200;

/** Whether the published walk guides its step at t: the first 200 of T steps, and every tenth. */
export function isGuided(t: number, T: number): boolean {
  return (t + 1) % 10 === 0 || t >= T - 200;
}

/**
 * Of `timesteps` (increasing), which are guided: a step stands for all timesteps above the one after it, and is guided
 * when the published walk guides one of those. With every timestep visited this is the published set; with T / 10 of
 * them or fewer, evenly spaced, nearly all are guided, which keeps the pull: one image of the bundled prior, from noise
 * at s = 0.3, ended 0.128, 0.131 and 0.145 (root mean square) from its blurred photo with 1000, 200 and 100 steps, and
 * 0.76 unguided with 50.
 */
export function guidedTimesteps(timesteps: readonly number[], T: number): boolean[] {
  return timesteps.map((t, i) => {
    for (let u = t; u > (timesteps[i - 1] ?? -1); u--) if (isGuided(u, T)) return true;
    return false;
  });
}

/**
 * Samples images [N,C,H,W] like y0 (each image towards its own): ancestral steps, and after a guided one
 * x_{t-1} -= s d/dx_t distance(y0, x0hat(x_t)). Throws UserError `usage` for K, steps or scale out of range, `cancelled`.
 */
export async function* skipGuidance(
  denoiser: GuidedDenoiser,
  y0: Float32Array,
  options: GuidanceOptions,
): AsyncGenerator<GuidedStep, Float32Array, undefined> {
  const { start, noise, signal } = options;
  const { schedule } = denoiser;
  const { K, timesteps, scale } = planGuidance(schedule, options);
  const terms = respace(schedule, timesteps);
  const guided = guidedTimesteps(timesteps, schedule.T);
  const steps = timesteps.length;
  const x = start === 'photo' ? project(y0, K, noise, schedule) : new Float32Array(y0.length);
  if (start === 'noise') noise.fill(x);
  const z = new Float32Array(x.length);
  for (let i = steps - 1; i >= 0; i--) {
    stopIfCancelled(signal);
    const t = terms.timestepMap[i]!;
    const towards = guided[i] && scale > 0 ? await denoiser.predictGuided(x, t, y0) : undefined;
    const prediction = towards ?? (await denoiser.predict(x, t));
    noise.fill(z);
    ancestralStep(x, prediction, terms, i, z);
    if (towards) descend(x, towards.gradient, scale);
    yield { step: steps - i, of: steps, t, x0hat: prediction.x0hat, guided: towards !== undefined };
  }
  return x;
}

/** What a walk with these options does; throws UserError `usage` where K, steps or scale are out of range. */
export function planGuidance(
  schedule: Schedule,
  { start, K, steps, scale = DEFAULT_SCALE }: Omit<GuidanceOptions, 'noise'>,
): { readonly K: number; readonly timesteps: readonly number[]; readonly scale: number } {
  const { T } = schedule;
  if (start === 'noise' && K !== undefined && K !== T)
    throw new UserError(
      'usage',
      `Sampling that starts from noise takes all ${T} noise steps, not ${K}.`,
      'Leave out the noise steps (K), or choose the form "paper", which starts from the photo.',
    );
  const noiseSteps = start === 'noise' ? T : (K ?? Math.min(DEFAULT_K, T));
  checkNoiseSteps(schedule, noiseSteps);
  if (!(scale >= 0 && Number.isFinite(scale)))
    throw new UserError(
      'usage',
      `The guidance scale is ${scale}, but it must be a number from 0.`,
      `The usual choice is ${DEFAULT_SCALE}; 0 guides nothing.`,
    );
  return { K: noiseSteps, timesteps: spacedTimesteps(noiseSteps, steps ?? noiseSteps), scale };
}

function descend(x: Float32Array, gradient: Float32Array, scale: number): void {
  invariant(gradient.length === x.length, `a gradient of ${gradient.length} values for ${x.length}`);
  for (let j = 0; j < x.length; j++) x[j] = x[j]! - scale * gradient[j]!;
}
