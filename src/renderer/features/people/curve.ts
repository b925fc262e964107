/**
 * A loss curve that can be read: each step's loss depends on which noise it was tried with, so one point says little and
 * the mean of those before it says a lot. LossChart.svelte draws both.
 */
import type { LossPoint } from '../../../domain/person.ts';

/** Of all points so far, how many are averaged: enough to be calm, few enough to show a turn. */
const PART = 0.08;
const LEAST = 5;

/**
 * The running mean of the losses: of each point and those before it, LEAST at least and then PART of those there are.
 * Null where a point has no loss. Time is linear in the points.
 */
export function runningMean(points: readonly LossPoint[]): (number | null)[] {
  const sums = [0];
  return points.map(({ loss }) => {
    if (loss === null) return null;
    sums.push((sums.at(-1) ?? 0) + loss);
    const known = sums.length - 1;
    const width = Math.min(known, Math.max(LEAST, Math.round(PART * known)));
    return ((sums[known] ?? 0) - (sums[known - width] ?? 0)) / width;
  });
}
