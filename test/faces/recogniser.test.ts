/** Embeddings compared, with a network that is a function. test/restoration/evidence.test.ts says what is made of them. */
import { expect, test } from 'vitest';
import { likeness, meanEmbedding, recogniserOf } from '../../src/faces/recogniser.ts';

const crop = (value: number): Float32Array => new Float32Array(3 * 112 * 112).fill(value);

test('a crop reaches the network as 0..255, and an embedding has length 1', async () => {
  let seen: Float32Array | undefined;
  const recogniser = recogniserOf('r', (face) => {
    seen = face;
    return Promise.resolve(Float32Array.of(3, 4));
  });
  expect([...(await recogniser.embed(crop(-1)))].map((v) => v.toFixed(6))).toEqual(['0.600000', '0.800000']);
  expect(seen?.[0]).toBe(0);
  await recogniser.embed(crop(1));
  expect(seen?.[0]).toBe(255);
});

test('likeness is the cosine; an album is the direction of its mean', () => {
  const [a, b] = [Float32Array.of(1, 0), Float32Array.of(0, 1)];
  expect(likeness(a, a)).toBe(1);
  expect(likeness(a, b)).toBe(0);
  const mean = meanEmbedding([a, b]);
  expect(likeness(mean, a)).toBeCloseTo(Math.SQRT1_2, 6);
  expect(likeness(mean, mean)).toBeCloseTo(1, 6);
});

test('a network without an answer is a mistake that is noticed', async () => {
  const recogniser = recogniserOf('r', () => Promise.resolve(Float32Array.of(0, 0)));
  await expect(recogniser.embed(crop(0))).rejects.toThrow('internal: an embedding with a direction');
});
