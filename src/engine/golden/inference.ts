/**
 * Forward pass, restoration and guidance against golden figures. figures.ts reads and judges, training.ts does the rest.
 */
import { invariant } from '../../domain/errors.ts';
import type { TensorStore } from '../checkpoint/store.ts';
import type { Noise } from '../diffusion/noise.ts';
import { project } from '../diffusion/project.ts';
import { samplers } from '../diffusion/samplers/index.ts';
import { compileGuide } from '../guide.ts';
import { compileDenoiser, forwardGraph } from '../prior.ts';
import type { Prior } from '../prior.ts';
import type { Runtime } from '../runtime/session.ts';
import { compared, expectShape, shapeOf } from './figures.ts';
import type { GoldenCheck } from './figures.ts';

/** Compares forward.out: one pass at forward.{x,t}, [B,3,S,S] and [B]. */
export async function* checkForward(
  { config, weights }: Prior,
  golden: TensorStore,
  runtime: Runtime,
  tolerance: number,
): AsyncGenerator<GoldenCheck, void, undefined> {
  const [batch] = shapeOf(golden, 'forward.x');
  expectShape(golden, 'forward.x', [batch, 3, config.imageSize, config.imageSize]);
  expectShape(golden, 'forward.t', [batch]);
  expectShape(golden, 'forward.out', [batch, config.outChannels, config.imageSize, config.imageSize]);
  const network = await runtime.compile(forwardGraph(config, batch), weights);
  const { out } = await network.run({ x_t: golden.read('forward.x'), t: golden.read('forward.t') });
  invariant(out, 'the network has an output');
  yield compared('forward.out', out, golden, tolerance, `one pass of the network, batch of ${batch}`);
}

/**
 * Compares restore.y_K (y0 with the noise eps) and restore.out: from there by DDPM, with the K recorded noises, one a
 * step.
 */
export async function* checkRestore(
  prior: Prior,
  golden: TensorStore,
  runtime: Runtime,
  tolerance: { readonly projection: number; readonly restore: number },
): AsyncGenerator<GoldenCheck, void, undefined> {
  const size = prior.config.imageSize;
  const [batch] = shapeOf(golden, 'restore.y0');
  const [K] = shapeOf(golden, 'restore.noises');
  for (const name of ['restore.y0', 'restore.eps', 'restore.y_K', 'restore.out'])
    expectShape(golden, name, [batch, 3, size, size]);
  expectShape(golden, 'restore.noises', batch === 1 ? [K, 3, size, size] : [K, batch, 3, size, size]);

  const y_K = project(golden.read('restore.y0'), K, replay(golden.read('restore.eps')), prior.schedule);
  yield compared('restore.y_K', y_K, golden, tolerance.projection, `noise added for K = ${K}`);

  const denoiser = await compileDenoiser(prior, runtime, batch);
  const run = samplers.ddpm(denoiser, y_K, { K, noise: replay(golden.read('restore.noises')) });
  for (;;) {
    const next = await run.next();
    if (!next.done) continue;
    const note = `restored from there by DDPM in ${K} steps`;
    return yield compared('restore.out', next.value, golden, tolerance.restore, note);
  }
}

/** The figures say at which step only in their description: t = 199, where K = 200 starts. */
const GUIDE_T = 199;

/** Compares guide.{x0hat,norm,grad_norm,grad_sq} at guide.x_t, drawn towards guide.ref. */
export async function* checkGuide(
  prior: Prior,
  golden: TensorStore,
  runtime: Runtime,
  tolerance: number,
): AsyncGenerator<GoldenCheck, void, undefined> {
  const size = prior.config.imageSize;
  const [batch] = shapeOf(golden, 'guide.x_t');
  for (const name of ['guide.x_t', 'guide.ref', 'guide.x0hat', 'guide.grad_norm', 'guide.grad_sq'])
    expectShape(golden, name, [batch, 3, size, size]);
  expectShape(golden, 'guide.norm', [batch]);
  const [x_t, y0] = [golden.read('guide.x_t'), golden.read('guide.ref')];
  const forms = [
    ['norm', 'guide.grad_norm', 'as in the published code'],
    ['squared', 'guide.grad_sq', 'squared, as in the paper'],
  ] as const;
  for (const [distance, name, as] of forms) {
    const guide = await compileGuide(prior, runtime, batch, distance);
    const { x0hat, norm, gradient } = await guide.predictGuided(x_t, GUIDE_T, y0);
    await guide.release();
    if (distance === 'norm') {
      yield compared('guide.x0hat', x0hat, golden, tolerance, `the photo seen in x_t at t = ${GUIDE_T}`);
      yield compared('guide.norm', norm, golden, tolerance, 'its distance from the degraded photo');
    }
    yield compared(name, gradient, golden, tolerance, `the gradient of the distance by x_t, ${as}`);
  }
}

/** Recorded noise, in order of use. */
function replay(recorded: Float32Array): Noise {
  let at = 0;
  return {
    fill(target) {
      target.set(recorded.subarray(at, at + target.length));
      at += target.length;
    },
  };
}
