/**
 * Denoising: noise goes, edges stay, a clean photo is not touched, and strips do not show.
 * Read next: repair.test.ts.
 */
import { describe, expect, test } from 'vitest';
import { denoise, noiseOf } from '../../../src/imaging/repair/denoise.ts';
import { random } from '../../../src/imaging/random.ts';
import type { Photograph } from '../../../src/imaging/photograph.ts';
import type { Kind } from './pictures.ts';
import { copyOf, photoOf } from './pictures.ts';

const [W, H] = [240, 600];
const clean = (x: number, y: number): number => (x < W / 2 ? 0.3 : 0.7) + (0.1 * y) / H;

function noisy(sigma: number): (x: number, y: number, c: number) => number {
  const draw = random(4, 0);
  const noise = Float32Array.from({ length: W * H * 3 }, () => sigma * draw.normal());
  return (x, y, c) => clean(x, y) + noise[(y * W + x) * 3 + c]!;
}

function error(photo: Photograph, truth: Photograph, keep: (x: number, y: number) => boolean): number {
  let [sum, count] = [0, 0];
  photo.data.forEach((value, i) => {
    const p = Math.floor(i / photo.channels);
    if (!keep(p % W, Math.floor(p / W))) return;
    sum += (value - truth.data[i]!) ** 2;
    count++;
  });
  return Math.sqrt(sum / count);
}

test.each([0, 2, 5, 15])('noise of %d levels is measured', (levels) => {
  for (const depth of [8, 16] as const) {
    const found = noiseOf(photoOf(W, H, noisy(levels / 255), { depth }));
    expect(found).toBeGreaterThan(0.75 * levels - 0.1);
    expect(found).toBeLessThan(1.1 * levels + 0.6);
  }
});

describe.each<Kind>([{}, { channels: 1 }, { depth: 16 }])('%o', (kind) => {
  const truth = photoOf(W, H, clean, kind);
  const photo = photoOf(W, H, noisy(8 / 255), kind);

  test('noise goes, and edges stay', async () => {
    const out = copyOf(photo);
    await denoise(out, { strength: 1 });
    const flat = (x: number): boolean => Math.abs(x - W / 2) > 8;
    const edge = (x: number): boolean => Math.abs(x - W / 2) <= 2;
    expect(error(out, truth, flat)).toBeLessThan(0.5 * error(photo, truth, flat));
    expect(error(out, truth, edge)).toBeLessThan(error(photo, truth, edge));
  });

  test('strength 0 is the photo bit for bit, one half half the change', async () => {
    const [none, half, whole] = [copyOf(photo), copyOf(photo), copyOf(photo)];
    await denoise(none, { strength: 0 });
    await denoise(half, { strength: 0.5 });
    await denoise(whole, { strength: 1 });
    expect(none.data).toEqual(photo.data);
    const middle = { ...photo, data: whole.data.map((v, i) => Math.round((v + photo.data[i]!) / 2)) };
    expect(error(half, middle, () => true)).toBeLessThan(photo.depth === 16 ? 2 : 1);
  });
});

test('a clean photo is not touched', async () => {
  const photo = photoOf(W, H, clean);
  const out = copyOf(photo);
  await denoise(out, { strength: 1 });
  expect(out.data).toEqual(photo.data);
});

test('the rows where strips meet are like the others', async () => {
  const whole = photoOf(W, H, noisy(8 / 255), { channels: 1 });
  // The same rows, but meeting strips elsewhere: 100 rows fewer above.
  const cut: Photograph = { ...whole, height: H - 100, data: whole.data.slice(100 * W) };
  const out = copyOf(whole);
  await denoise(out, { strength: 1 });
  await denoise(cut, { strength: 1 });
  for (let y = 240; y < 380; y++)
    for (let x = 0; x < W; x++) {
      const difference = Math.abs(out.data[y * W + x]! - cut.data[(y - 100) * W + x]!);
      // The noise is measured a little differently.
      expect(difference).toBeLessThanOrEqual(2);
    }
});

test('an aborted denoising stops', async () => {
  const photo = photoOf(W, H, noisy(8 / 255));
  const aborted = denoise(photo, { strength: 1, signal: AbortSignal.abort() });
  await expect(aborted).rejects.toMatchObject({ code: 'cancelled' });
});
