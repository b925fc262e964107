/**
 * The labelled portraits: read once, kept as grey bytes in halving sizes, parted into those trained on and those held out.
 * scenes.ts cuts them up; the data themselves are no part of the project (README.md).
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import * as v from 'valibot';
import type { Landmarks, Point } from '../../src/faces/align.ts';
import { five } from './points.ts';

const pair = v.tuple([v.number(), v.number()]);
const Labels = v.array(
  v.object({
    file: v.pipe(v.string(), v.regex(/^[\w-][\w.-]*$/)),
    width: v.number(),
    height: v.number(),
    faces: v.array(
      v.object({
        box: v.tuple([v.number(), v.number(), v.number(), v.number()]),
        landmarks: v.tuple([pair, pair, pair, pair, pair]),
        score: v.number(),
      }),
    ),
  }),
);
/** One picture of portraits.json. */
export type Label = v.InferOutput<typeof Labels>[number];

/** A face in a portrait or in a scene, in its pixels. */
export interface LabelledFace {
  readonly centre: Point;
  readonly width: number;
  readonly height: number;
  readonly points: Landmarks;
}

/** Grey levels [height,width]. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

export interface Portrait {
  /** As most film saw it, and as the blue-sensitive film before 1920 did; each halved again and again. */
  readonly greys: readonly (readonly Plane[])[];
  readonly faces: readonly LabelledFace[];
}

/** Never trained on: a tenth of the files, by the first byte of their names' SHA-256. */
export function isHeldOut(file: string): boolean {
  return createHash('sha256').update(file).digest()[0]! < 256 / 10;
}

/** Rejects with valibot's error where the file is not as portraits.json is. */
export async function readLabels(json: string): Promise<Label[]> {
  return v.parse(Labels, JSON.parse(await readFile(json, 'utf8')));
}

/** The portraits of a folder that show a face: those held out, or those trained on. */
export async function readPortraits(
  folder: string,
  json: string,
  heldOut: boolean,
): Promise<readonly Portrait[]> {
  const labels = (await readLabels(json)).filter(
    ({ file, faces }) => isHeldOut(file) === heldOut && faces.length > 0,
  );
  const portraits: Portrait[] = [];
  for (const label of labels) portraits.push(await readPortrait(folder, label));
  return portraits;
}

const FILMS = [
  [0.299, 0.587, 0.114],
  [0.05, 0.45, 0.5],
] as const;
const HALVINGS = 4;

async function readPortrait(folder: string, { file, faces }: Label): Promise<Portrait> {
  const { data, info } = await sharp(join(folder, file))
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const greys = FILMS.map((film) => {
    const grey = new Uint8Array(width * height);
    for (let p = 0; p < grey.length; p++) {
      const at = (c: number): number => data[channels * p + Math.min(c, channels - 1)]!;
      grey[p] = film[0] * at(0) + film[1] * at(1) + film[2] * at(2) + 0.5;
    }
    const levels: Plane[] = [{ width, height, data: grey }];
    while (levels.length < HALVINGS) levels.push(halved(levels.at(-1)!));
    return levels;
  });
  return {
    greys,
    faces: faces.map(({ box: [left, top, w, h], landmarks }) => ({
      centre: { x: left + w / 2, y: top + h / 2 },
      width: w,
      height: h,
      points: five((i) => ({ x: landmarks[i][0], y: landmarks[i][1] })),
    })),
  };
}

function halved({ width, height, data }: Plane): Plane {
  const [w, h] = [Math.max(1, width >> 1), Math.max(1, height >> 1)];
  const out = new Uint8Array(w * h);
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++) {
      const [right, below] = [Math.min(2 * x + 1, width - 1), Math.min(2 * y + 1, height - 1) * width];
      const above = 2 * y * width;
      out[y * w + x] =
        (data[above + 2 * x]! + data[above + right]! + data[below + 2 * x]! + data[below + right]! + 2) >> 2;
    }
  return { width: w, height: h, data: out };
}
