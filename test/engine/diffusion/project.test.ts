/**
 * The projection against the reference's y_K for the three golden models.
 * golden.ts reads the reference's figures.
 */
import { expect, it } from 'vitest';
import { project } from '../../../src/engine/diffusion/project.ts';
import { linearSchedule } from '../../../src/engine/diffusion/schedule.ts';
import { openGolden } from './golden.ts';
import { largestDifference, noNoise } from './ideal.ts';

it.each(['adm-plain', 'adm-like-ffhq10m', 'adm-like-gen2res'])('gives the y_K of %s', (model) => {
  const golden = openGolden(`${model}.golden.safetensors`);
  const noise = { fill: (target: Float32Array) => target.set(golden('restore.eps')) };
  const y = project(golden('restore.y0'), 12, noise, linearSchedule());
  expect(largestDifference(y, golden('restore.y_K'))).toBeLessThan(1e-6);
});

it.each([0, 1001, 10.5])('refuses K = %d as a usage error', (K) => {
  expect(() => project(new Float32Array(3), K, noNoise, linearSchedule())).toThrow(
    expect.objectContaining({ code: 'usage' }),
  );
});
