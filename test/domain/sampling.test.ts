/** Which steps a walk takes where nobody chooses. */
import { expect, test } from 'vitest';
import { DEFAULT_SAMPLER, stepsFor } from '../../src/domain/sampling.ts';

test('steps: every one for ddpm, as published; few for the others, more where fresh noise is added on the way', () => {
  expect(stepsFor('ddpm', 200)).toBe(200);
  expect(stepsFor(DEFAULT_SAMPLER, 200)).toBe(8);
  expect(stepsFor('dpmpp-sde', 200)).toBe(20);
});

test('steps: as asked, but never more than there is noise', () => {
  expect(stepsFor('ddim', 200, 50)).toBe(50);
  expect(stepsFor('ddpm', 7, 50)).toBe(7);
  expect(stepsFor('ddim', 5)).toBe(5);
  expect(stepsFor('ddim', 0)).toBe(0);
});
