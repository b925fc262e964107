/**
 * The people of the evaluation: each photo's face found and aligned, four photos of each held out and damaged, and how
 * alike two crops are. faces/yunet.ts finds faces; ../eval-albums.ts is the evaluation.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { invariant } from '../../src/domain/errors.ts';
import type { Model } from '../../src/engine/runtime/ort-model.ts';
import { ARCFACE_SIDE, apply, arcfaceMap, cutOut, ffhqMap, inverse } from '../../src/faces/align.ts';
import type { Landmarks, Pixels } from '../../src/faces/align.ts';
import type { Face } from '../../src/faces/face.ts';
import type { Recogniser } from '../../src/faces/recogniser.ts';
import { yunetFaces } from '../../src/faces/yunet.ts';
import { degrade } from '../../src/imaging/degrade.ts';
import type { Degradation } from '../../src/imaging/degrade.ts';
import { sideOf, toRaster } from '../../src/imaging/pixels.ts';
import { readAlignedCrop } from '../../src/imaging/read.ts';
import { five } from '../../training/detector/points.ts';

export interface Crop {
  readonly file: string;
  /** [3,S,S] in [-1,1], aligned as FFHQ is. */
  readonly image: Float32Array;
  /** In the crop's pixels. */
  readonly landmarks: Landmarks;
}

export interface HeldOut extends Crop {
  /** Decides its damage. */
  readonly seed: number;
  /** [3,S,S] in [-1,1]. */
  readonly degraded: Float32Array;
}

export interface Person {
  readonly name: string;
  readonly album: readonly Crop[];
  readonly heldOut: readonly HeldOut[];
}

export const DAMAGE: readonly Degradation[] = [
  { kind: 'blur', sigma: 2 },
  { kind: 'downscale', factor: 4 },
  { kind: 'noise', sigma: 10 },
  { kind: 'jpeg', quality: 50 },
];
/** Photos of each person that are kept out of the album. */
export const HELD_OUT = 4;
/** LFW's pictures. */
const PHOTO_SIDE = 250;

/** Names of the first people of a folder of folders. */
export async function namesOf(albums: string, count: number): Promise<string[]> {
  const folders = (await readdir(albums, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  return folders
    .map(({ name }) => name)
    .sort()
    .slice(0, count);
}

/** Reads an album: the photo's face nearest to its middle, aligned to `side`; four photos spread evenly are held out. */
export async function readPerson(folder: string, name: string, side: number, yunet: Model): Promise<Person> {
  const files = (await readdir(join(folder, name))).filter((file) => file.endsWith('.jpg')).sort();
  const crops: Crop[] = [];
  for (const file of files) {
    const { data } = await readAlignedCrop(join(folder, name, file), PHOTO_SIDE);
    const photo = toRaster(data);
    const face = central(await yunetFaces(yunet, photo), photo);
    if (!face) continue;
    const map = ffhqMap(face.landmarks, side);
    const back = inverse(map);
    const landmarks = five((i) => apply(back, face.landmarks[i]));
    crops.push({ file, image: cutOut(photo, map, side).map(inRange), landmarks });
  }
  const chosen = new Set(
    Array.from({ length: HELD_OUT }, (_, i) => Math.floor(((i + 0.5) * crops.length) / HELD_OUT)),
  );
  const heldOut: HeldOut[] = [];
  for (const i of chosen) {
    const crop = crops[i];
    invariant(crop, `${name} has enough photos`);
    heldOut.push({ ...crop, seed: i, degraded: await degrade(crop.image, DAMAGE, i) });
  }
  return { name, album: crops.filter((_, i) => !chosen.has(i)), heldOut };
}

/** The embedding (of length 1) of an image [3,S,S] in [-1,1], aligned by `landmarks` in its pixels. */
export function embed(
  recogniser: Recogniser,
  image: Float32Array,
  landmarks: Landmarks,
): Promise<Float32Array> {
  return recogniser.embed(cutOut(toRaster(image), arcfaceMap(landmarks), ARCFACE_SIDE));
}

/** Peak signal-to-noise ratio in dB of images in [-1,1], whose peak is 2. */
export function psnr(image: Float32Array, truth: Float32Array): number {
  invariant(sideOf(image) === sideOf(truth), 'images of one size');
  const squares = image.reduce((sum, value, i) => sum + (value - truth[i]!) ** 2, 0);
  return 10 * Math.log10(4 / (squares / image.length));
}

function central(faces: readonly Face[], { width, height }: Pixels): Face | undefined {
  const near = faces.filter(
    ({ box }) =>
      Math.abs(box.left + box.width / 2 - width / 2) < box.width / 2 &&
      Math.abs(box.top + box.height / 2 - height / 2) < box.height / 2,
  );
  return near.reduce<Face | undefined>(
    (best, face) => (best && best.score >= face.score ? best : face),
    undefined,
  );
}

function inRange(value: number): number {
  return Math.max(-1, Math.min(1, value));
}
