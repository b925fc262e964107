/**
 * Compares a prior with golden figures: what the published reference implementation computed with the same weights.
 * The layout of a golden file is in test/fixtures and docs/cli.md; `albumen models verify` and the tests use this.
 */
import { basename } from 'node:path';
import { UserError, invariant } from '../domain/errors.ts';
import { quoted } from '../domain/text.ts';
import { openCheckpoint } from './checkpoint/open.ts';
import type { TensorStore } from './checkpoint/store.ts';
import type { Noise } from './diffusion/noise.ts';
import { project } from './diffusion/project.ts';
import { samplers } from './diffusion/samplers/index.ts';
import { compileGuide } from './guide.ts';
import { compileDenoiser, forwardGraph } from './prior.ts';
import type { Prior } from './prior.ts';
import type { Runtime } from './runtime/session.ts';

export interface GoldenCheck {
  /** The golden tensor compared with, or the group that is not checked. */
  readonly name: string;
  readonly outcome: 'pass' | 'fail' | 'not-checked';
  /** Largest |ours - golden| over the largest |golden|. */
  readonly error?: number;
  readonly tolerance?: number;
  /** One sentence for people. */
  readonly note: string;
}

/**
 * Largest relative errors allowed. Projection is one multiplication and addition in float32; `half` holds for
 * checkpoints stored in 16 bits when the figures were computed in 32.
 */
export const TOLERANCE = {
  full: { forward: 1e-4, projection: 1e-6, restore: 1e-3, guide: 1e-3 },
  half: { forward: 5e-3, projection: 1e-6, restore: 2e-3, guide: 5e-3 },
} as const;

/** Groups whose parts of the engine do not exist yet. */
const LATER = ['train', 'grad', 'adamw'] as const;

/**
 * Runs every group that the golden file has: forward.{x,t,out}; restore.{y0,eps,y_K,noises,out}, DDPM with as many
 * steps K as there are noises; guide.{x_t,ref,x0hat,norm,grad_norm,grad_sq} at t = 199. Yields each comparison as it is
 * made. Throws UserError `checkpoint.mismatch` where the file holds no golden figures or those of another model,
 * `checkpoint.unreadable` where it cannot be read.
 */
export async function* verifyGolden(
  prior: Prior,
  goldenPath: string,
  runtime: Runtime,
): AsyncGenerator<GoldenCheck, void, undefined> {
  using golden = openCheckpoint(goldenPath);
  const groups = new Set([...golden.tensors.keys()].map((name) => name.split('.', 1)[0] ?? ''));
  const known = ['forward', 'restore', 'guide', ...LATER];
  if (!known.some((group) => groups.has(group)))
    throw mismatch(golden, 'holds no golden figures (forward.*, restore.*)');
  const stored = new Set([...prior.store.tensors.values()].map(({ type }) => type));
  const tolerance = stored.has('float16') || stored.has('bfloat16') ? TOLERANCE.half : TOLERANCE.full;
  if (groups.has('forward')) yield* checkForward(prior, golden, runtime, tolerance.forward);
  if (groups.has('restore')) yield* checkRestore(prior, golden, runtime, tolerance);
  if (groups.has('guide')) yield* checkGuide(prior, golden, runtime, tolerance.guide);
  for (const group of LATER)
    if (groups.has(group))
      yield { name: `${group}.*`, outcome: 'not-checked', note: 'not checked by this version' };
}

async function* checkForward(
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

async function* checkRestore(
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

async function* checkGuide(
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

function compared(
  name: string,
  ours: Float32Array,
  golden: TensorStore,
  tolerance: number,
  note: string,
): GoldenCheck {
  const error = relativeError(ours, golden.read(name));
  return { name, outcome: error <= tolerance ? 'pass' : 'fail', error, tolerance, note };
}

/** max |a - b| / max |b|; infinite where either holds something that is not a number. */
export function relativeError(a: Float32Array, b: Float32Array): number {
  invariant(a.length === b.length, `${a.length} values compared with ${b.length}`);
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const d = Math.abs(a[i]! - b[i]!);
    if (!Number.isFinite(d)) return Infinity;
    difference = Math.max(difference, d);
    largest = Math.max(largest, Math.abs(b[i]!));
  }
  return difference === 0 ? 0 : difference / largest;
}

/** At least one axis, of at least 1. */
function shapeOf(golden: TensorStore, name: string): readonly [number, ...number[]] {
  const shape = golden.tensors.get(name)?.shape;
  const [first, ...rest] = shape ?? [];
  if (first === undefined || first < 1) throw mismatch(golden, `has no ${name}, or an empty one`);
  return [first, ...rest];
}

function expectShape(golden: TensorStore, name: string, expected: readonly number[]): void {
  const shape = shapeOf(golden, name);
  if (shape.join() !== expected.join())
    throw mismatch(golden, `has ${name} as [${shape.join(', ')}], not [${expected.join(', ')}]`);
}

function mismatch(golden: TensorStore, what: string): UserError {
  return new UserError(
    'checkpoint.mismatch',
    `${quoted(basename(golden.path))} ${what}.`,
    'Give the golden file that was made with this model, and its configuration with --config.',
  );
}
