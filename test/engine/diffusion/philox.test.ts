/**
 * Philox4x32-10 against the known answers that its authors publish with Random123.
 * noise.test.ts covers what is made of it.
 */
import { expect, it } from 'vitest';
import { philox } from '../../../src/engine/diffusion/philox.ts';

const ones = 0xffffffff;

it.each([
  { counter: [0, 0, 0, 0], key: [0, 0], block: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
  {
    counter: [ones, ones, ones, ones],
    key: [ones, ones],
    block: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  },
  {
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0],
    block: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  },
] as const)('gives the known block for counter $counter', ({ counter, key, block }) => {
  const words = new Uint32Array(4);
  philox(counter, key, words);
  expect([...words]).toEqual([...block]);
});
