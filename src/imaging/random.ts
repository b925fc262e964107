/**
 * Small seeded random numbers for synthetic damage: whole-number arithmetic only, so every machine draws the same.
 * degrade.ts is the user. The engine's own noise (engine/diffusion/noise.ts) is another thing, and better.
 */

export interface Random {
  /** Even in [0, 1). */
  uniform(): number;
  /** About standard normal: the sum of twelve uniforms less six (no tails beyond 6). */
  normal(): number;
}

/** SplitMix32 for `seed` and `stream`, whole numbers from 0; streams of a seed differ. */
export function random(seed: number, stream: number): Random {
  let state = mix(mix(seed >>> 0) ^ Math.floor(seed / 2 ** 32) ^ Math.imul(stream + 1, 0x85ebca6b));
  const uniform = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    return mix(state) / 2 ** 32;
  };
  const normal = (): number => {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += uniform();
    return sum;
  };
  return { uniform, normal };
}

/** The finaliser of MurmurHash3: every bit of the input moves every bit of the output. */
function mix(word: number): number {
  let h = word >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
