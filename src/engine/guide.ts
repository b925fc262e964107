/**
 * The guidance graph: what the prior sees in x_t, how far that is from a photo, and the gradient of the distance by x_t,
 * in one run. diffusion/guidance.ts walks with it; album.ts is its use.
 */
import { invariant } from '../domain/errors.ts';
import { gradients } from './autodiff/vjp.ts';
import { epsDenoiser } from './diffusion/denoiser.ts';
import type { Distance, GuidedDenoiser } from './diffusion/guidance.ts';
import { GraphBuilder } from './graph/build.ts';
import type { Graph } from './graph/ir.ts';
import type { UNetConfig } from './nn/config.ts';
import { forwardGraph, unet } from './prior.ts';
import type { Prior } from './prior.ts';
import type { Runtime } from './runtime/session.ts';

/** Keeps d norm / d x_t at 0, and not 0 / 0, where x0hat is exactly y0; far below what float32 adds to a real sum. */
const TINY = 1e-20;

/**
 * Inputs: x_t and y0 [N,3,S,S], t [N], and the schedule at t, sqrtRecipAbar and sqrtRecipm1Abar [N,1,1,1], so that one
 * graph serves every t. Outputs:
 * - `out` [N,outChannels,S,S], the network's;
 * - `x0hat` [N,3,S,S] = clip(sqrtRecipAbar x_t - sqrtRecipm1Abar eps, -1, 1);
 * - `norm` [N] = ||y0 - x0hat||_2 of each image;
 * - `gradient` [N,3,S,S] by x_t, through the network, of that norm (the published code) or of its square (Ding et al.
 *   2024, Eq. 6). Images do not touch one another, so the gradient of the batch's sum holds each image's own.
 * The weights are frozen: no gradient of theirs is made.
 */
export function guidanceGraph(config: UNetConfig, batch: number, distance: Distance): Graph {
  const size = config.imageSize;
  const b = new GraphBuilder();
  const x_t = b.input('x_t', [batch, 3, size, size]);
  const t = b.input('t', [batch]);
  const y0 = b.input('y0', [batch, 3, size, size]);
  const sqrtRecipAbar = b.input('sqrtRecipAbar', [batch, 1, 1, 1]);
  const sqrtRecipm1Abar = b.input('sqrtRecipm1Abar', [batch, 1, 1, 1]);
  const out = unet(b, config, x_t, t);
  return b.scope('guide', () => {
    const eps = config.outChannels === 3 ? out : b.slice(out, 1, 0, 3);
    const seen = b.sub(b.mul(x_t, sqrtRecipAbar), b.mul(eps, sqrtRecipm1Abar));
    const x0hat = b.clip(seen, -1, 1);
    const away = b.sub(y0, x0hat);
    const squared = b.sum(b.mul(away, away), [1, 2, 3]);
    const norm = b.sqrt(b.add(squared, b.scalar(TINY)));
    const [gradient] = gradients(b, b.sum(distance === 'norm' ? norm : squared, [0]), [x_t]);
    invariant(gradient, 'one gradient asked for');
    return b.finish('guidance', { out, x0hat, norm: b.reshape(norm, [batch]), gradient });
  });
}

/** A prior that can draw a batch towards photos; whoever compiled it releases it. */
export interface CompiledGuide extends GuidedDenoiser {
  /** Ends both sessions and gives their memory back. */
  release(): Promise<void>;
}

/**
 * Compiles a prior for guided sampling of a batch: one graph for the guided steps, the plain forward graph for the rest.
 * The plain graph has a session of its own, so that releasing it takes nobody else's away.
 */
export async function compileGuide(
  prior: Prior,
  runtime: Runtime,
  batch: number,
  distance: Distance,
): Promise<CompiledGuide> {
  const { config, schedule, variance, weights } = prior;
  const size = config.imageSize;
  const options = { schedule, shape: [batch, 3, size, size], variance } as const;
  const plain = await runtime.compile({ ...forwardGraph(config, batch), name: 'unguided' }, weights);
  const guide = await runtime.compile(guidanceGraph(config, batch, distance), weights);
  const filled = (value: number): Float32Array => new Float32Array(batch).fill(value);
  const denoiser = epsDenoiser(async (x_t, t) => {
    const { out } = await plain.run({ x_t, t: filled(t) });
    invariant(out, 'the network has an output');
    return out;
  }, options);
  return {
    ...denoiser,
    distance,
    async predictGuided(x_t, t, y0) {
      const [a, m] = [schedule.sqrtRecipAbar[t], schedule.sqrtRecipm1Abar[t]];
      invariant(a !== undefined && m !== undefined, `timestep ${t} is not in 0..${schedule.T - 1}`);
      const result = await guide.run({
        x_t,
        t: filled(t),
        y0,
        sqrtRecipAbar: filled(a),
        sqrtRecipm1Abar: filled(m),
      });
      const { out, norm, gradient } = result;
      invariant(out && norm && gradient, 'the guidance graph has its outputs');
      const prediction = await epsDenoiser(() => Promise.resolve(out), options).predict(x_t, t);
      return { ...prediction, norm, gradient };
    },
    async release() {
      await Promise.all([plain.release(), guide.release()]);
    },
  };
}
