/**
 * Seeded Gaussian noise that is the same on every machine: uniform words from philox.ts through normal-quantile.ts.
 * Samplers and project.ts see only `Noise`, so a test can replay a recorded list instead.
 */
import { UserError, invariant } from '../../domain/errors.ts';
import { normalQuantile } from './normal-quantile.ts';
import { philox } from './philox.ts';

/** A source of standard normal values, drawn in order. */
export interface Noise {
  /** Overwrites all of `target` with the next values. */
  fill(target: Float32Array): void;
}

/** A source that also gives single values. */
interface Gaussian extends Noise {
  next(): number;
}

const WORDS_IN_BLOCK = 4;

/**
 * Standard normal values for `seed` and `stream`, both whole numbers of 0..2^53-1; one stream for each candidate of a
 * restoration. `fill` and `next` draw from the same sequence, in order. Throws `usage` for another seed.
 *
 * Philox was chosen over xoshiro because it is counter-based: the seed is its key and (position, stream) its counter,
 * so two streams of a seed never meet, which streams seeded by a hash can only hope for. One word makes one value by
 * inversion; Box-Muller and the ziggurat would need Math.log, Math.cos or Math.exp, whose last bits differ by engine.
 */
export function gaussian(seed: number, stream: number): Gaussian {
  if (!isCount(seed)) {
    throw new UserError(
      'usage',
      `The seed is ${seed}, but it must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}.`,
      'Any such number will do; the same seed gives the same result again.',
    );
  }
  invariant(isCount(stream), `noise stream ${stream} is not a whole number`);
  const key = [low(seed), high(seed)] as const;
  const counter: [number, number, number, number] = [0, 0, low(stream), high(stream)];
  const block = new Uint32Array(WORDS_IN_BLOCK);
  let position = 0;
  let used = WORDS_IN_BLOCK;

  const next = (): number => {
    if (used === WORDS_IN_BLOCK) {
      counter[0] = low(position);
      counter[1] = high(position);
      philox(counter, key, block);
      position++;
      used = 0;
    }
    return normalQuantile(block[used++]!);
  };
  const fill = (target: Float32Array): void => {
    for (let i = 0; i < target.length; i++) target[i] = next();
  };
  return { fill, next };
}

const isCount = (value: number) => Number.isSafeInteger(value) && value >= 0;
const low = (value: number) => value >>> 0;
const high = (value: number) => Math.floor(value / 2 ** 32);
