/**
 * The training loss as graph: mean squared error of eps, plus the variational term where the prior has learned variance
 * (Nichol & Dhariwal 2021, L_hybrid with the term's mean part detached, as guided-diffusion computes it). step.ts uses it.
 */
import type { Schedule } from '../diffusion/schedule.ts';
import type { GraphBuilder } from '../graph/build.ts';
import type { Value } from '../graph/ir.ts';

/** What the loss needs of the schedule, one number an image, as graph inputs [B,1,1,1]. */
const TERMS = {
  signal: (s: Schedule, t: number) => s.sqrtAbar[t]!,
  sigma: (s: Schedule, t: number) => s.sqrtOneMinusAbar[t]!,
  recip: (s: Schedule, t: number) => s.sqrtRecipAbar[t]!,
  recipm1: (s: Schedule, t: number) => s.sqrtRecipm1Abar[t]!,
  mean1: (s: Schedule, t: number) => s.posteriorMeanCoef1[t]!,
  mean2: (s: Schedule, t: number) => s.posteriorMeanCoef2[t]!,
  logBeta: (s: Schedule, t: number) => Math.log(s.betas[t]!),
  logPosterior: (s: Schedule, t: number) => s.posteriorLogVarianceClipped[t]!,
  /** 1 at t = 0, where the term is the likelihood of the image, else 0. */
  first: (_: Schedule, t: number) => Number(t === 0),
} as const;
type Term = keyof typeof TERMS;
const MSE_TERMS: readonly Term[] = ['signal', 'sigma'];

/** The values [B] of the schedule's inputs for the timesteps of a batch; `learned`: the network predicts its variance. */
export function lossTerms(
  schedule: Schedule,
  t: readonly number[],
  learned: boolean,
): Record<string, Float32Array> {
  const names = learned ? (Object.keys(TERMS) as Term[]) : MSE_TERMS;
  return Object.fromEntries(
    names.map((name) => [name, Float32Array.from(t, (ti) => TERMS[name](schedule, ti))]),
  );
}

/** The losses of a micro-batch of B images, in the graph. */
export interface LossGraph {
  /** Mean over the batch, [1]. */
  readonly loss: Value;
  /** One an image, [B]. */
  readonly mse: Value;
  readonly vb?: Value;
}

/** Inputs x0, noise [B,3,S,S], t [B] and lossTerms' [B,1,1,1]; `network` predicts [B,3 or 6,S,S] from x_t and t. */
export function lossGraph(
  b: GraphBuilder,
  shape: readonly [number, number, number, number],
  learned: boolean,
  network: (x_t: Value, t: Value) => Value,
): LossGraph {
  const [n, c] = shape;
  const x0 = b.input('x0', shape);
  const noise = b.input('noise', shape);
  const t = b.input('t', [n]);
  const names = learned ? (Object.keys(TERMS) as Term[]) : MSE_TERMS;
  const term = Object.fromEntries(names.map((name) => [name, b.input(name, [n, 1, 1, 1])])) as Record<
    Term,
    Value
  >;
  const x_t = b.add(b.mul(x0, term.signal), b.mul(noise, term.sigma));
  const prediction = network(x_t, t);
  return b.scope('loss', () => {
    const eps = learned ? b.slice(prediction, 1, 0, c) : prediction;
    const difference = b.sub(eps, noise);
    const mse = perImage(b, b.mul(difference, difference));
    if (!learned) return { loss: b.mean(mse, [0]), mse };
    const fraction = b.mul(b.add(b.slice(prediction, 1, c, 2 * c), b.scalar(1)), b.scalar(0.5));
    const vb = variationalTerm(b, term, x0, x_t, b.detach(eps), fraction);
    return { loss: b.mean(b.add(mse, vb), [0]), mse, vb };
  });
}

/** KL(q(x_{t-1} | x_t, x0) || p), at t = 0 the likelihood of x0 in steps of 1/127.5; in bits a value. */
function variationalTerm(
  b: GraphBuilder,
  term: Record<Term, Value>,
  x0: Value,
  x_t: Value,
  eps: Value,
  fraction: Value,
): Value {
  const logVariance = b.add(b.mul(fraction, b.sub(term.logBeta, term.logPosterior)), term.logPosterior);
  const x0hat = b.sub(b.mul(x_t, term.recip), b.mul(eps, term.recipm1));
  const mean = b.add(b.mul(x0hat, term.mean1), b.mul(x_t, term.mean2));
  const distance = b.mul(b.sub(x0, x0hat), term.mean1);
  const ratio = b.sub(term.logPosterior, logVariance);
  const scaled = b.mul(b.mul(distance, distance), b.exp(b.neg(logVariance)));
  const kl = b.mul(b.sub(b.add(b.exp(ratio), scaled), b.add(ratio, b.scalar(1))), b.scalar(0.5));
  const nll = b.neg(logLikelihood(b, x0, mean, logVariance));
  const chosen = b.add(kl, b.mul(b.sub(nll, kl), term.first));
  return b.mul(perImage(b, chosen), b.scalar(1 / Math.LN2));
}

/** log P(x) of a Gaussian rounded to 256 levels in [-1,1], with the usual approximation of its distribution function. */
function logLikelihood(b: GraphBuilder, x: Value, mean: Value, logVariance: Value): Value {
  const centred = b.sub(x, mean);
  const inverse = b.exp(b.mul(logVariance, b.scalar(-0.5)));
  const cdfAt = (offset: number): Value => {
    const z = b.mul(inverse, b.add(centred, b.scalar(offset)));
    const cubic = b.mul(z, b.add(b.mul(b.mul(z, z), b.scalar(0.044715)), b.scalar(1)));
    // (1 + tanh(y)) / 2 = sigmoid(2 y)
    return b.sigmoid(b.mul(cubic, b.scalar(2 * Math.sqrt(2 / Math.PI))));
  };
  const safeLog = (v: Value): Value => b.log(b.clip(v, 1e-12, Infinity));
  const above = cdfAt(1 / 255);
  const below = cdfAt(-1 / 255);
  const atBlack = b.op('inside', [x], { min: -Infinity, max: -0.999 });
  const atWhite = b.op('inside', [x], { min: 0.999, max: Infinity });
  const between = b.sub(b.scalar(1), b.add(atBlack, atWhite));
  const black = b.mul(atBlack, safeLog(above));
  const white = b.mul(atWhite, safeLog(b.sub(b.scalar(1), below)));
  return b.add(b.add(black, white), b.mul(between, safeLog(b.sub(above, below))));
}

/** [B,C,H,W] -> [B]. */
function perImage(b: GraphBuilder, x: Value): Value {
  const [n = 1] = x.shape;
  return b.reshape(b.mean(x, [1, 2, 3]), [n]);
}
