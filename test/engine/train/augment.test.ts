/**
 * Augmentation: what each change does alone, that the whole stays mild, and that it depends on its source alone.
 * Read next: ../finetune/finetune.test.ts.
 */
import { expect, test } from 'vitest';
import { uniforms } from '../../../src/engine/finetune/draws.ts';
import { MILD, augment } from '../../../src/engine/train/augment.ts';
import { randomData } from '../random.ts';

const NONE = { mirror: 0, gain: 0, offset: 0, cast: 0, grey: 0 };
const image = randomData(3 * 4 * 4, 3);
const draw = (index: number): (() => number) => uniforms(1, 'augmentation', index);

test('nothing asked for changes nothing, and the image given is never written', () => {
  const before = image.slice();
  expect(augment(image, draw(0), NONE)).toEqual(image);
  augment(image, draw(0));
  expect(image).toEqual(before);
});

test('a mirror flips rows of every channel', () => {
  const rows = Float32Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], (value) => value / 20);
  const flipped = Float32Array.from([2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11], (value) => value / 20);
  expect(augment(rows, draw(0), { ...NONE, mirror: 1 })).toEqual(flipped);
});

test('grey has three equal channels, each the luma', () => {
  const grey = augment(image, draw(0), { ...NONE, grey: 1 });
  for (let i = 0; i < 16; i++) {
    expect(grey[i]).toBeCloseTo(0.299 * image[i]! + 0.587 * image[i + 16]! + 0.114 * image[i + 32]!, 6);
    expect([grey[i + 16], grey[i + 32]]).toEqual([grey[i], grey[i]]);
  }
});

test('it stays within [-1,1] and within its bounds, and is the same for the same source', () => {
  let mirrored = 0;
  let greys = 0;
  for (let i = 0; i < 400; i++) {
    const changed = augment(image, draw(i));
    expect(augment(image, draw(i))).toEqual(changed);
    expect(changed.every((value) => value >= -1 && value <= 1)).toBe(true);
    if (changed[0] === changed[16]) greys++;
    const far = (other: Float32Array): number => Math.max(...changed.map((v, j) => Math.abs(v - other[j]!)));
    const flipped = augment(image, draw(i), { ...NONE, mirror: 1 });
    if (far(flipped) < far(image)) mirrored++;
    if (changed[0] !== changed[16])
      expect(Math.min(far(image), far(flipped))).toBeLessThan(MILD.gain + MILD.offset + 2 * MILD.cast);
  }
  expect(mirrored).toBeGreaterThan(150);
  expect(mirrored).toBeLessThan(250);
  expect(greys).toBeGreaterThan(15);
  expect(greys).toBeLessThan(75);
});

test('it draws as often whatever it decides', () => {
  for (const value of [0, 0.99]) {
    let draws = 0;
    augment(image, () => {
      draws++;
      return value;
    });
    expect(draws).toBe(7);
  }
});
