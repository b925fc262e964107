/**
 * The octaves of a block are those of the whole patch around it, value for value, whatever lies beyond.
 * grain.test.ts looks at what is measured in them.
 */
import { expect, test } from 'vitest';
import { BlockOctaves, OCTAVES, REACH, octavesOf } from '../../../src/imaging/paste/octaves.ts';
import { random } from '../../../src/imaging/random.ts';

test.each([12, 13])('a block of %i pixels', (block) => {
  const side = block + 2 * REACH;
  const draw = random(3, block);
  const split = new BlockOctaves(block);
  for (let round = 0; round < 2; round++) {
    const patch = Float32Array.from({ length: side * side }, () => draw.normal());
    const whole = octavesOf(patch, side, side);
    const parts = split.of(patch);
    expect(parts.length).toBe(OCTAVES + 1);
    const middle = (plane: Float32Array): Float32Array =>
      Float32Array.from(
        { length: block * block },
        (_, p) => plane[(REACH + Math.floor(p / block)) * side + REACH + (p % block)] ?? NaN,
      );
    expect(parts).toEqual(whole.map(middle));
  }
});
