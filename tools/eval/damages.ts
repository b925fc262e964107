/**
 * What is done to the held-out faces, kind by kind, and what simple filters make of it: the baselines a prior must beat.
 * ../eval-prior.ts applies them; src/imaging/degrade.ts says what each damage is.
 */
import sharp from 'sharp';
import type { Degradation } from '../../src/imaging/degrade.ts';
import { fromRaster, toRaster } from '../../src/imaging/pixels.ts';
import type { Filters } from '../../src/imaging/repair/opencv.ts';

export const DAMAGES = {
  downscale: [{ kind: 'downscale', factor: 4 }],
  blur: [{ kind: 'blur', sigma: 2.5 }],
  noise: [{ kind: 'noise', sigma: 25 }],
  jpeg: [{ kind: 'jpeg', quality: 12 }],
  age: [
    { kind: 'fade', contrast: 0.4, sepia: 0.6 },
    { kind: 'scratches', count: 8, width: 1.5, strength: 0.9 },
  ],
} as const satisfies Readonly<Record<string, readonly Degradation[]>>;
export type Damage = keyof typeof DAMAGES;
export const DAMAGE_NAMES = Object.keys(DAMAGES) as readonly Damage[];

export const BASELINES = ['unsharp', 'bilateral', 'median'] as const;
export type Baseline = (typeof BASELINES)[number];

/** One [3,S,S] image in [-1,1] by a simple filter. What was shrunk has been enlarged by bicubic interpolation already. */
export async function baseline(name: Baseline, image: Float32Array, filters: Filters): Promise<Float32Array> {
  const raster = toRaster(image);
  const { width, height, data } = raster;
  const raw = { width, height, channels: 3 } as const;
  switch (name) {
    case 'unsharp':
      return fromRaster({
        ...raster,
        data: await sharp(data, { raw }).sharpen({ sigma: 1.5 }).raw().toBuffer(),
      });
    case 'median':
      return fromRaster({ ...raster, data: await sharp(data, { raw }).median(3).raw().toBuffer() });
    case 'bilateral': {
      const sigma = { reach: 4, space: 2, value: 40 };
      const smooth = filters.bilateral(Float32Array.from(data), raw, sigma);
      return fromRaster({ ...raster, data: Uint8Array.from(smooth, Math.round) });
    }
  }
}
