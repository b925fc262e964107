/**
 * Compares a prior with golden figures: what the published reference implementation computed with the same weights.
 * The layout of a golden file is in docs/cli.md; `albumen models verify` and the tests use this. golden/ has the parts.
 */
import { openCheckpoint } from './checkpoint/open.ts';
import { TOLERANCE, mismatch } from './golden/figures.ts';
import type { GoldenCheck } from './golden/figures.ts';
import { checkForward, checkGuide, checkRestore } from './golden/inference.ts';
import { checkAdamW, checkTraining } from './golden/training.ts';
import type { Prior } from './prior.ts';
import type { Runtime } from './runtime/session.ts';

export type { GoldenCheck } from './golden/figures.ts';

const GROUPS = ['forward', 'restore', 'guide', 'train', 'adamw'] as const;

/**
 * Runs every group that the golden file has: forward.{x,t,out}; restore.{y0,eps,y_K,noises,out}, DDPM with as many
 * steps K as there are noises; guide.{x_t,ref,x0hat,norm,grad_norm,grad_sq} at t = 199; train.*, grad.* and adamw.*
 * (golden/training.ts). Yields each comparison as it is made. Throws UserError `checkpoint.mismatch` where the file holds
 * no golden figures or those of another model, `checkpoint.unreadable` where it cannot be read.
 */
export async function* verifyGolden(
  prior: Prior,
  goldenPath: string,
  runtime: Runtime,
): AsyncGenerator<GoldenCheck, void, undefined> {
  using golden = openCheckpoint(goldenPath);
  const groups = new Set([...golden.tensors.keys()].map((name) => name.split('.', 1)[0] ?? ''));
  if (!GROUPS.some((group) => groups.has(group)))
    throw mismatch(golden, 'holds no golden figures (forward.*, restore.*)');
  const stored = new Set([...prior.store.tensors.values()].map(({ type }) => type));
  const tolerance = stored.has('float16') || stored.has('bfloat16') ? TOLERANCE.half : TOLERANCE.full;
  if (groups.has('forward')) yield* checkForward(prior, golden, runtime, tolerance.forward);
  if (groups.has('restore')) yield* checkRestore(prior, golden, runtime, tolerance);
  if (groups.has('guide')) yield* checkGuide(prior, golden, runtime, tolerance.guide);
  if (groups.has('train')) yield* checkTraining(prior, golden, runtime, tolerance.training);
  if (groups.has('adamw')) yield* checkAdamW(prior, golden, runtime, tolerance.training);
}
