/**
 * The running mean of a loss curve: of a constant it is the constant, noise is calmed, and a turn is not missed.
 */
import { expect, test } from 'vitest';
import { runningMean } from '../../src/renderer/features/people/curve.ts';

const point = (step: number, loss: number | null) => ({ step, loss, heldOut: null });

test('the first mean is the first loss, and a constant stays itself', () => {
  expect(runningMean([])).toEqual([]);
  expect(runningMean([point(1, 4), point(2, 2)])).toEqual([4, 3]);
  for (const mean of runningMean(Array.from({ length: 300 }, (_, i) => point(i, 0.25))))
    expect(mean).toBeCloseTo(0.25, 10);
});

test('losses that alternate are calmed', () => {
  const means = runningMean(Array.from({ length: 400 }, (_, i) => point(i, i % 2))).slice(100);
  for (const mean of means) expect(Math.abs((mean ?? 0) - 0.5)).toBeLessThan(0.1);
});

test('after a turn it arrives within a tenth of the steps', () => {
  const means = runningMean(Array.from({ length: 400 }, (_, i) => point(i, i < 300 ? 1 : 0)));
  expect(means[299]).toBeCloseTo(1, 10);
  expect(means[340]).toBeCloseTo(0, 10);
});

test('a step without a loss has no mean, and the next goes on', () => {
  expect(runningMean([point(1, 1), point(2, null), point(3, 3)])).toEqual([1, null, 2]);
});
