/**
 * Synthetic damage does what its units say, the same for the same seed.
 * The tools below it, resampling and random numbers, are judged here too.
 */
import { expect, test } from 'vitest';
import { degrade } from '../../src/imaging/degrade.ts';
import type { Degradation } from '../../src/imaging/degrade.ts';
import { random } from '../../src/imaging/random.ts';
import { blurImage, resizeImage } from '../../src/imaging/resample.ts';
import { deviation, imageOf, smooth } from './helpers.ts';

const flat = imageOf(64, () => 0);
const difference = (a: Float32Array, b: Float32Array): Float32Array => a.map((v, i) => v - b[i]!);

const every: readonly Degradation[] = [
  { kind: 'downscale', factor: 4 },
  { kind: 'blur', sigma: 1.5 },
  { kind: 'noise', sigma: 10 },
  { kind: 'jpeg', quality: 40 },
  { kind: 'fade', contrast: 0.4, sepia: 0.6 },
  { kind: 'scratches', count: 3, width: 1.5, strength: 0.9 },
];

test('the same seed gives the same damage, another seed another; the input stays', async () => {
  const image = smooth(48);
  const kept = image.slice();
  const once = await degrade(image, every, 7);
  expect(await degrade(image, every, 7)).toEqual(once);
  expect(await degrade(image, every, 8)).not.toEqual(once);
  expect(image).toEqual(kept);
  expect(once.every((v) => v >= -1 && v <= 1)).toBe(true);
});

test.each(every)('$kind changes the picture and keeps its size', async (step) => {
  const image = smooth(48);
  const out = await degrade(image, [step], 1);
  expect(out.length).toBe(image.length);
  expect(out).not.toEqual(image);
});

test('noise has its deviation in grey levels, the same in all channels when grey', async () => {
  const colour = await degrade(flat, [{ kind: 'noise', sigma: 12 }], 3);
  expect(deviation(colour) * 127.5).toBeCloseTo(12, 0);
  const grey = await degrade(flat, [{ kind: 'noise', sigma: 12, grey: true }], 3);
  expect(grey.subarray(0, 4096)).toEqual(grey.subarray(4096, 8192));
  expect(colour.subarray(0, 4096)).not.toEqual(colour.subarray(4096, 8192));
});

test("a step's random numbers do not depend on the steps before it", async () => {
  const noise = { kind: 'noise', sigma: 5 } as const;
  const after = (first: Degradation): Promise<Float32Array> => degrade(flat, [first, noise], 5);
  expect(await after({ kind: 'noise', sigma: 0 })).toEqual(await after({ kind: 'blur', sigma: 2 }));
});

test('blur spreads a point as a Gaussian of sigma pixels and keeps its sum', () => {
  const point = imageOf(33, (_, y, x) => (x === 16 && y === 16 ? 1 : 0));
  const blurred = blurImage(point, 2).subarray(0, 33 * 33);
  let sum = 0;
  let variance = 0;
  blurred.forEach((v, i) => {
    sum += v;
    variance += v * ((i % 33) - 16) ** 2;
  });
  expect(sum).toBeCloseTo(1, 5);
  // the kernel is cut at 3 sigma: 2.7 % of the variance is beyond it
  expect(variance / 4).toBeGreaterThan(0.96);
  expect(variance / 4).toBeLessThan(1);
});

test('resizing keeps flat pictures flat and lines where they are; shrinking removes what cannot be shown', () => {
  const ramp = imageOf(40, (_, _y, x) => x / 40 - 0.5);
  const small = resizeImage(ramp, 10);
  for (let x = 2; x < 8; x++) expect(small[50 + x]).toBeCloseTo((x + 0.5) / 10 - 0.5 - 0.5 / 40, 5);
  for (const side of [7, 13, 40, 90]) {
    expect(
      resizeImage(
        imageOf(40, () => 0.3),
        side,
      ).every((v) => Math.abs(v - 0.3) < 1e-6),
    ).toBe(true);
  }
  const board = imageOf(40, (_, y, x) => ((x + y) % 2 ? 1 : -1));
  expect(deviation(resizeImage(board, 10))).toBeLessThan(0.05);
  expect(deviation(board)).toBeCloseTo(1, 5);
});

test('fading: all contrast lost is paper; full sepia has red over green over blue', async () => {
  const paper = await degrade(smooth(16), [{ kind: 'fade', contrast: 1, sepia: 0 }], 0);
  expect(paper.every((v) => Math.abs(v - 0.4) < 1e-6)).toBe(true);
  const [r, g, b] = await degrade(flat, [{ kind: 'fade', contrast: 0, sepia: 1 }], 0).then((brown) =>
    [0, 4096, 8192].map((i) => brown[i]!),
  );
  expect(r).toBeGreaterThan(g!);
  expect(g).toBeGreaterThan(b!);
});

test('scratches are light, few, and leave the rest alone', async () => {
  const out = await degrade(flat, [{ kind: 'scratches', count: 4, width: 1, strength: 1 }], 2);
  const changed = difference(out, flat).filter((v) => v !== 0);
  expect(changed.length).toBeGreaterThan(100);
  expect(changed.length).toBeLessThan(out.length / 4);
  expect(changed.every((v) => v > 0)).toBe(true);
});

test('JPEG is worse at a lower quality', async () => {
  const noisy = await degrade(smooth(32), [{ kind: 'noise', sigma: 20, grey: true }], 1);
  const lost = async (quality: number): Promise<number> =>
    deviation(difference(await degrade(noisy, [{ kind: 'jpeg', quality }], 1), noisy));
  expect(await lost(10)).toBeGreaterThan(1.5 * (await lost(80)));
});

test.each<Degradation>([
  { kind: 'downscale', factor: 0 },
  { kind: 'blur', sigma: -1 },
  { kind: 'noise', sigma: NaN },
  { kind: 'jpeg', quality: 101 },
  { kind: 'fade', contrast: 2, sepia: 0 },
  { kind: 'scratches', count: 1, width: 0, strength: 1 },
])('$kind refuses values out of range', async (step) => {
  await expect(degrade(flat, [step], 0)).rejects.toMatchObject({ code: 'usage' });
});

test('the generator is the documented one, with streams and seeds apart', () => {
  const draw = random(1, 0);
  const uniforms = Float32Array.from({ length: 20000 }, () => draw.uniform());
  expect(uniforms.every((u) => u >= 0 && u < 1)).toBe(true);
  expect(uniforms.reduce((a, b) => a + b, 0) / 20000).toBeCloseTo(0.5, 2);
  expect(deviation(uniforms)).toBeCloseTo(Math.sqrt(1 / 12), 2);
  const firsts = [
    [0, 0],
    [0, 1],
    [1, 0],
    [2 ** 32, 0],
    [2 ** 53 - 1, 5],
  ].map(([seed, stream]) => random(seed!, stream!).uniform());
  expect(new Set(firsts).size).toBe(firsts.length);
  // the same on every machine, for ever: these are in people's recipes
  const recorded = random(42, 3);
  expect([recorded.uniform(), recorded.uniform()]).toMatchInlineSnapshot(`
    [
      0.848214111989364,
      0.1934735884424299,
    ]
  `);
});
