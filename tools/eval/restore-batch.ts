/**
 * A prior at work on several photos at once, for measuring: the loss at a timestep, and restorations of a batch.
 * src/engine/restore.ts is the same walk for one photo.
 */
import { invariant } from '../../src/domain/errors.ts';
import { imagesOf, stackedNoise } from '../../src/engine/diffusion/batch.ts';
import { gaussian } from '../../src/engine/diffusion/noise.ts';
import { project } from '../../src/engine/diffusion/project.ts';
import { samplers } from '../../src/engine/diffusion/samplers/index.ts';
import type { SamplerName } from '../../src/engine/diffusion/samplers/index.ts';
import { compileDenoiser, forwardGraph } from '../../src/engine/prior.ts';
import type { Prior } from '../../src/engine/prior.ts';
import type { Runtime } from '../../src/engine/runtime/session.ts';
import { last } from './last.ts';

export interface Walk {
  readonly K: number;
  readonly sampler: SamplerName;
  readonly steps: number;
  readonly seed: number;
}

/** Up to `batch` photos [3,S,S] with a number each, which decides its noise whatever else is in the batch. */
export type Numbered = readonly { readonly image: Float32Array; readonly number: number }[];

export interface Bench {
  /** Mean squared error of the noise predicted at t, photo by photo. */
  lossAt(t: number, photos: Numbered, seed: number): Promise<number[]>;
  restore(photos: Numbered, walk: Walk): Promise<Float32Array[]>;
}

export async function openBench(prior: Prior, runtime: Runtime, batch: number): Promise<Bench> {
  const network = await runtime.compile(forwardGraph(prior.config, batch), prior.weights);
  const denoiser = await compileDenoiser(prior, runtime, batch);
  const size = 3 * prior.config.imageSize ** 2;

  /** [batch,3,S,S]: a short batch is filled up with its first photo. */
  const stack = (photos: Numbered): { images: Float32Array; numbers: number[] } => {
    const [first] = photos;
    invariant(first && photos.length <= batch, `1 to ${batch} photos`);
    const full = Array.from({ length: batch }, (_, i) => photos[i] ?? first);
    const images = new Float32Array(batch * size);
    full.forEach(({ image }, i) => images.set(image, i * size));
    return { images, numbers: full.map(({ number }) => number) };
  };

  return {
    async lossAt(t, photos, seed) {
      const { images, numbers } = stack(photos);
      const noise = new Float32Array(images.length);
      stackedNoise(numbers.map((number) => gaussian(seed + t, number))).fill(noise);
      const [signal, sigma] = [prior.schedule.sqrtAbar[t]!, prior.schedule.sqrtOneMinusAbar[t]!];
      const x_t = images.map((value, i) => signal * value + sigma * noise[i]!);
      const { out } = await network.run({ x_t, t: new Float32Array(batch).fill(t) });
      invariant(out, 'the network has an output');
      // with learned variance eps is the first half of each image's channels
      const stride = out.length / batch;
      return photos.map((_, i) => {
        let sum = 0;
        for (let p = 0; p < size; p++) sum += (out[i * stride + p]! - noise[i * size + p]!) ** 2;
        return sum / size;
      });
    },
    async restore(photos, { K, sampler, steps, seed }) {
      const { images, numbers } = stack(photos);
      const noise = stackedNoise(numbers.map((number) => gaussian(seed, number)));
      const x = project(images, K, noise, prior.schedule);
      const x0 = await last(samplers[sampler](denoiser, x, { K, noise, steps }));
      return imagesOf(x0, batch)
        .slice(0, photos.length)
        .map((image) => image.map((value) => Math.max(-1, Math.min(1, value))));
    },
  };
}
