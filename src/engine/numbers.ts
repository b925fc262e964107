/** A question asked of whole tensors on the way in and out of the engine: prior.ts of weights, train/step.ts of gradients. */

/** A sum of x - x is 0 exactly when every x is a number: no branch in the loop. */
export function allFinite(values: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! - values[i]!;
  return sum === 0;
}
