/**
 * AdamW (Loshchilov & Hutter 2019) in one pass over gradient, moments and weight, in place: 28 bytes a weight are read or
 * written once. step.ts calls it after the graph; on a GPU the same arithmetic is part of the graph.
 */

/** `eps` is added to the root of the second moment, after its correction. */
export interface AdamWOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
}

/** PyTorch's defaults but for the weight decay, of which the published recipe has none. */
export const ADAMW: AdamWOptions = { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0 };

/**
 * The two factors of a step (from 1) that are the same for all weights: rate = lr / (1 - beta1^step) and
 * root = 1 / sqrt(1 - beta2^step), so that value -= rate m / (root sqrt(v) + eps).
 */
export function adamWFactors(step: number, learningRate: number, { beta1, beta2 }: AdamWOptions = ADAMW) {
  return { rate: learningRate / (1 - beta1 ** step), root: 1 / Math.sqrt(1 - beta2 ** step) };
}

/**
 * One step (from 1) of one tensor: `value`, `m` and `v` are rewritten. `gradientScale` makes a mean of summed
 * gradients.
 */
export function adamW(
  tensor: { readonly value: Float32Array; readonly m: Float32Array; readonly v: Float32Array },
  gradient: Float32Array,
  step: number,
  learningRate: number,
  gradientScale = 1,
  options: AdamWOptions = ADAMW,
): void {
  const { value, m, v } = tensor;
  const { beta1, beta2, eps, weightDecay } = options;
  const { rate, root } = adamWFactors(step, learningRate, options);
  const keep = 1 - learningRate * weightDecay;
  for (let i = 0; i < value.length; i++) {
    const g = gradient[i]! * gradientScale;
    const first = beta1 * m[i]! + (1 - beta1) * g;
    const second = beta2 * v[i]! + (1 - beta2) * g * g;
    m[i] = first;
    v[i] = second;
    value[i] = value[i]! * keep - (rate * first) / (Math.sqrt(second) * root + eps);
  }
}
