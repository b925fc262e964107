/**
 * The held-out faces as the evaluations of a prior read them, and what they measure of a restored one against the truth.
 * held-out.ts says which faces; ../eval-prior.ts and ../eval-samplers.ts measure.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ssim } from 'ssim.js';
import type { Model } from '../../src/engine/runtime/ort-model.ts';
import type { Landmarks } from '../../src/faces/align.ts';
import { likeness } from '../../src/faces/recogniser.ts';
import type { Recogniser } from '../../src/faces/recogniser.ts';
import { yunetFaces } from '../../src/faces/yunet.ts';
import { toRaster } from '../../src/imaging/pixels.ts';
import { readAlignedCrop } from '../../src/imaging/read.ts';
import { GROUPS, heldOutFaces, spread } from './held-out.ts';
import type { Group, Selection } from './held-out.ts';
import { embed, psnr } from './people.ts';

export interface HeldOutFace {
  readonly group: Group;
  readonly file: string;
  /** Its place among the faces read: decides damage and noise. */
  readonly number: number;
  /** [3,S,S] in [-1,1]. */
  readonly image: Float32Array;
  /** In the crop's pixels. */
  readonly landmarks: Landmarks;
}

export interface Selected extends Selection {
  /** Faces of each group, at most. */
  readonly limit: number;
}

/**
 * The held-out faces of a folder (its table beside it as FOLDER.csv) in which YuNet finds a face, which is where identity
 * can be measured; `limit` of each group, spread evenly.
 */
export async function readHeldOut(
  folder: string,
  yunet: Model,
  { size, limit, sharpness }: Selected,
): Promise<HeldOutFace[]> {
  const table = await readFile(`${folder.replace(/\/$/, '')}.csv`, 'utf8');
  const heldOut = heldOutFaces(table, { size, sharpness });
  const found: HeldOutFace[] = [];
  for (const group of GROUPS) {
    const own: Omit<HeldOutFace, 'number'>[] = [];
    for (const file of heldOut[group]) {
      const { data } = await readAlignedCrop(join(folder, file), size);
      const [face] = (await yunetFaces(yunet, toRaster(data))).sort((a, b) => b.score - a.score);
      if (face) own.push({ group, file, image: data, landmarks: face.landmarks });
    }
    console.error(`${group}: ${heldOut[group].length} held out, a face found in ${own.length}`);
    for (const face of spread(own, limit)) found.push({ ...face, number: found.length });
  }
  return found;
}

export interface Judged {
  /** Cosine of the recogniser's embeddings with the truth's, both aligned by the truth's landmarks. */
  readonly identity: number;
  /** In dB. */
  readonly psnr: number;
  /** The original form, on grey. */
  readonly ssim: number;
}

/** A restored image [3,S,S] against its truth; `embedded` is the truth's embedding. */
export async function judge(
  { image: truth, landmarks }: HeldOutFace,
  image: Float32Array,
  embedded: Float32Array,
  recogniser: Recogniser,
): Promise<Judged> {
  const identity = likeness(await embed(recogniser, image, landmarks), embedded);
  const { mssim } = ssim(asRgba(image), asRgba(truth), { ssim: 'original' });
  return { identity, psnr: psnr(image, truth), ssim: mssim };
}

/**
 * How sharp an image [3,S,S] in [-1,1] is, without a truth to compare with: the variance of the Laplacian (4 neighbours)
 * of its grey levels 0..255, without the border.
 */
export function sharpnessOf(image: Float32Array): number {
  const { width, height, data } = toRaster(image);
  const grey = (x: number, y: number): number => {
    const p = 3 * (y * width + x);
    return 0.299 * data[p]! + 0.587 * data[p + 1]! + 0.114 * data[p + 2]!;
  };
  let [sum, squares] = [0, 0];
  for (let y = 1; y < height - 1; y++)
    for (let x = 1; x < width - 1; x++) {
      const bend = grey(x - 1, y) + grey(x + 1, y) + grey(x, y - 1) + grey(x, y + 1) - 4 * grey(x, y);
      sum += bend;
      squares += bend * bend;
    }
  const n = (width - 2) * (height - 2);
  return squares / n - (sum / n) ** 2;
}

function asRgba(image: Float32Array): { width: number; height: number; data: Uint8ClampedArray } {
  const { width, height, data } = toRaster(image);
  const rgba = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let p = 0; p < width * height; p++) rgba.set(data.subarray(3 * p, 3 * p + 3), 4 * p);
  return { width, height, data: rgba };
}
