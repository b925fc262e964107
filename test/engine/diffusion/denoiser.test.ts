/**
 * What epsDenoiser makes of a network's output, for networks with and without a learned variance.
 * ideal.ts holds the closed-form world of the sampler tests.
 */
import { expect, it } from 'vitest';
import { epsDenoiser } from '../../../src/engine/diffusion/denoiser.ts';
import { linearSchedule } from '../../../src/engine/diffusion/schedule.ts';

const schedule = linearSchedule();
const t = 199;

it('inverts the projection, and leaves the network its own array', async () => {
  const x0 = Float32Array.of(-0.9, 0, 0.4, 0.9);
  const noise = Float32Array.of(1, -2, 0.5, 0.1);
  const x_t = x0.map((v, i) => schedule.sqrtAbar[t]! * v + schedule.sqrtOneMinusAbar[t]! * noise[i]!);
  const denoiser = epsDenoiser(() => Promise.resolve(noise), {
    schedule,
    shape: [1, 1, 2, 2],
    variance: 'fixed-large',
  });
  const prediction = await denoiser.predict(x_t, t);
  prediction.x0hat.forEach((v, i) => expect(v).toBeCloseTo(x0[i]!, 6));
  expect(prediction.eps).toEqual(noise);
  expect(prediction.eps).not.toBe(noise);
  expect(prediction.varianceFraction).toBe(1);
});

it('clips x0hat and gives the eps that goes with it', async () => {
  const x_t = Float32Array.of(3, -3, 0.1);
  const network = (x: Float32Array) => Promise.resolve(new Float32Array(x.length));
  const options = { schedule, shape: [1, 3, 1, 1], variance: 'fixed-small' } as const;
  const clipped = await epsDenoiser(network, options).predict(x_t, t);
  expect(clipped.x0hat[0]).toBe(1);
  expect(clipped.x0hat[1]).toBe(-1);
  expect(clipped.varianceFraction).toBe(0);
  clipped.x0hat.forEach((x0hat, i) => {
    const back = schedule.sqrtAbar[t]! * x0hat + schedule.sqrtOneMinusAbar[t]! * clipped.eps[i]!;
    expect(back).toBeCloseTo(x_t[i]!, 5);
  });
  const free = await epsDenoiser(network, { ...options, clip: false }).predict(x_t, t);
  expect(free.x0hat[0]).toBeCloseTo(3 * schedule.sqrtRecipAbar[t]!, 5);
});

it('splits eps and v image by image', async () => {
  // [N, 2C, H, W] = [2, 2, 1, 2]
  const output = Float32Array.of(0.1, 0.2, -1, 1, 0.3, 0.4, 0, 0.5);
  const denoiser = epsDenoiser(() => Promise.resolve(output), {
    schedule,
    shape: [2, 1, 1, 2],
    variance: 'learned-range',
  });
  const { eps, varianceFraction } = await denoiser.predict(new Float32Array(4), t);
  expect(eps).toEqual(Float32Array.of(0.1, 0.2, 0.3, 0.4));
  expect(varianceFraction).toEqual(Float32Array.of(0, 1, 0.5, 0.75));
});

it('names its broken invariants', async () => {
  const network = (x: Float32Array) => Promise.resolve(x);
  const shape = [1, 1, 1, 2] as const;
  const learned = epsDenoiser(network, { schedule, shape, variance: 'learned-range' });
  await expect(learned.predict(new Float32Array(2), t)).rejects.toThrow('internal: the network returned 2');
  const fixed = epsDenoiser(network, { schedule, shape, variance: 'fixed-small' });
  await expect(fixed.predict(new Float32Array(3), t)).rejects.toThrow('internal: x_t has 3');
  await expect(fixed.predict(new Float32Array(2), 1000)).rejects.toThrow('internal: timestep 1000');
});
