/**
 * What chance decides in a finetune, each draw from a stream of its own: a step's draws depend on the seed and the step
 * alone, so that a resumed run makes the same ones. batches.ts and held-out.ts draw.
 */
import { invariant } from '../../domain/errors.ts';
import { gaussian } from '../diffusion/noise.ts';
import type { Noise } from '../diffusion/noise.ts';
import { philox } from '../diffusion/philox.ts';

/** What a stream is for. 0 is left to restoration's candidates and the adapters' first values. */
const PURPOSES = {
  order: 1,
  timestep: 2,
  noise: 3,
  augmentation: 4,
  split: 5,
  heldOutTimestep: 6,
  heldOutNoise: 7,
} as const;

export type Purpose = keyof typeof PURPOSES;

const WORD = 2 ** 32;

/** Uniform numbers in [0, 1), multiples of 2^-32. */
export function uniforms(seed: number, purpose: Purpose, index: number): () => number {
  const key = [seed >>> 0, Math.floor(seed / WORD)] as const;
  checkIndex(index);
  const block = new Uint32Array(4);
  let position = 0;
  return () => {
    const lane = position & 3;
    if (lane === 0) philox([position >>> 2, 0, index, PURPOSES[purpose]], key, block);
    position++;
    return block[lane]! / WORD;
  };
}

/** Standard normal numbers. */
export function normals(seed: number, purpose: Purpose, index: number): Noise {
  checkIndex(index);
  return gaussian(seed, PURPOSES[purpose] * WORD + index);
}

/** The numbers 0..n-1 in random order (Fisher-Yates). */
export function permutation(seed: number, purpose: Purpose, index: number, n: number): number[] {
  const uniform = uniforms(seed, purpose, index);
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

function checkIndex(index: number): void {
  invariant(Number.isSafeInteger(index) && index >= 0 && index < WORD, `stream ${index} is not 32 bits`);
}
