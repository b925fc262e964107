/**
 * Synthetic damage, seeded: what the demo and the evaluation do to a clean face to have something to restore.
 * Each kind says its units; degrade applies a list in order. resample.ts and random.ts are its tools.
 */
import sharp from 'sharp';
import { UserError, invariant } from '../domain/errors.ts';
import { fromRaster, sideOf, toRaster } from './pixels.ts';
import { random } from './random.ts';
import type { Random } from './random.ts';
import { blurImage, resizeImage } from './resample.ts';

export type Degradation =
  /** Shrunk `factor` times (1..32, sides rounded) and enlarged again, both bicubic. */
  | { readonly kind: 'downscale'; readonly factor: number }
  /** Gaussian blur of `sigma` pixels, 0..32. */
  | { readonly kind: 'blur'; readonly sigma: number }
  /** Gaussian noise of standard deviation `sigma` in levels of 0..255; `grey`: the same in the three channels. */
  | { readonly kind: 'noise'; readonly sigma: number; readonly grey?: boolean }
  /** JPEG and back, `quality` 1..100, chroma 4:2:0. The one kind that depends on a library (libvips' encoder). */
  | { readonly kind: 'jpeg'; readonly quality: number }
  /**
   * Age: `contrast` (0..1) is lost around a paper tone (a light grey, 0.4 on [-1,1]), then colours move by `sepia`
   * (0..1) to brown on the same grey.
   */
  | { readonly kind: 'fade'; readonly contrast: number; readonly sepia: number }
  /** `count` light, near-vertical lines, about `width` pixels wide (0.5 or more), covering with `strength` 0..1. */
  | { readonly kind: 'scratches'; readonly count: number; readonly width: number; readonly strength: number };

const PAPER = 0.4;
/** The darkest, middle and lightest brown are these parts of a grey's light, per channel (a usual sepia tone). */
const SEPIA = [1.07, 0.97, 0.78] as const;

/**
 * Applies the steps in order to [3,S,S] in [-1,1] and returns a new image in [-1,1]. The same seed (a whole number from
 * 0) gives the same damage; a step's random numbers do not depend on the steps before it. Throws `usage` for a value
 * out of range.
 */
export async function degrade(
  image: Float32Array,
  steps: readonly Degradation[],
  seed: number,
): Promise<Float32Array> {
  invariant(Number.isSafeInteger(seed) && seed >= 0, `seed ${seed}`);
  let out: Float32Array = image.slice();
  for (const [i, step] of steps.entries()) {
    out = await apply(out, step, random(seed, i));
    for (let p = 0; p < out.length; p++) out[p] = Math.max(-1, Math.min(1, out[p]!));
  }
  return out;
}

async function apply(image: Float32Array, step: Degradation, draw: Random): Promise<Float32Array> {
  switch (step.kind) {
    case 'downscale': {
      const side = sideOf(image);
      const small = Math.max(1, Math.round(side / within(step.factor, 1, 32, 'downscale factor')));
      return resizeImage(resizeImage(image, small), side);
    }
    case 'blur':
      return blurImage(image, within(step.sigma, 0, 32, 'blur'));
    case 'noise':
      return addNoise(image, within(step.sigma, 0, 255, 'noise') / 127.5, step.grey ?? false, draw);
    case 'jpeg':
      return throughJpeg(image, within(step.quality, 1, 100, 'JPEG quality'));
    case 'fade':
      return fade(image, within(step.contrast, 0, 1, 'loss of contrast'), within(step.sepia, 0, 1, 'sepia'));
    case 'scratches':
      within(step.count, 0, 1000, 'number of scratches');
      within(step.width, 0.5, 100, 'width of scratches');
      within(step.strength, 0, 1, 'strength of scratches');
      return scratch(image, step, draw);
  }
}

function within(value: number, low: number, high: number, what: string): number {
  if (value >= low && value <= high) return value;
  throw new UserError('usage', `The ${what} is ${value}, but it must be from ${low} to ${high}.`);
}

function addNoise(image: Float32Array, sigma: number, grey: boolean, draw: Random): Float32Array {
  const pixels = image.length / 3;
  if (!grey) return image.map((value) => value + sigma * draw.normal());
  const noise = Float32Array.from({ length: pixels }, () => sigma * draw.normal());
  return image.map((value, i) => value + noise[i % pixels]!);
}

async function throughJpeg(image: Float32Array, quality: number): Promise<Float32Array> {
  const { width, height, data } = toRaster(image);
  const encoded = await sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: Math.round(quality), chromaSubsampling: '4:2:0' })
    .toBuffer();
  const decoded = await sharp(encoded).toColourspace('srgb').raw().toBuffer();
  return fromRaster({ width, height, data: decoded });
}

function fade(image: Float32Array, contrast: number, sepia: number): Float32Array {
  const pixels = image.length / 3;
  const faded = image.map((value) => value + contrast * (PAPER - value));
  const out = new Float32Array(image.length);
  for (let p = 0; p < pixels; p++) {
    const grey = 0.299 * faded[p]! + 0.587 * faded[pixels + p]! + 0.114 * faded[2 * pixels + p]!;
    SEPIA.forEach((part, c) => {
      const value = faded[c * pixels + p]!;
      out[c * pixels + p] = value + sepia * ((grey + 1) * part - 1 - value);
    });
  }
  return out;
}

/** Each line wanders from a random place by at most a tenth of the side, over a random part of the height. */
function scratch(
  image: Float32Array,
  { count, width, strength }: Extract<Degradation, { kind: 'scratches' }>,
  draw: Random,
): Float32Array {
  const side = sideOf(image);
  const out = image.slice();
  for (let i = 0; i < count; i++) {
    const from = draw.uniform() * side;
    const slope = (draw.uniform() - 0.5) * 0.2;
    const top = draw.uniform() * 0.5 * side;
    const bottom = side - draw.uniform() * 0.5 * side;
    const thick = width * (0.5 + draw.uniform());
    for (let y = Math.ceil(top); y < bottom; y++) {
      const centre = from + slope * y;
      for (let x = Math.floor(centre - thick); x <= Math.ceil(centre + thick); x++) {
        if (x < 0 || x >= side) continue;
        const cover = strength * Math.max(0, Math.min(1, thick / 2 + 0.5 - Math.abs(x - centre)));
        for (let c = 0; c < 3; c++) {
          const at = (c * side + y) * side + x;
          out[at] = out[at]! + cover * (0.9 - out[at]!);
        }
      }
    }
  }
  return out;
}
