/**
 * Questions asked of whole tensors: checkpoint/open.ts and prior.ts ask them of weights, train/ and golden/ of losses and
 * gradients. Nothing here knows shapes.
 */

/** Whether no value is NaN or infinite. A sum of x - x is 0 exactly then: no branch in the loop. */
export function allFinite(values: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! - values[i]!;
  return sum === 0;
}

/** The mean, summed in float64; NaN of no values. */
export function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
