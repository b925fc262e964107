/**
 * The face detector YuNet (Wu et al. 2023), read as its publisher's code does: boxes, scores and five landmarks.
 * people.ts uses it to label the albums; it is no part of Albumen itself.
 */
import { invariant } from '../../src/domain/errors.ts';
import type { Model } from '../../src/engine/runtime/ort-model.ts';
import type { Landmarks, Pixels, Point } from '../../src/faces/align.ts';

export interface Face {
  /** 0..1. */
  readonly score: number;
  readonly centre: Point;
  readonly width: number;
  readonly height: number;
  readonly landmarks: Landmarks;
}

const STRIDES = [8, 16, 32] as const;
const LEAST_SCORE = 0.5;

/** All candidates above a score of 0.5, overlapping ones included. */
export async function detect(yunet: Model, photo: Pixels): Promise<Face[]> {
  const [width, height] = [padded(photo.width), padded(photo.height)];
  const [input] = yunet.inputs;
  invariant(input !== undefined, 'a detector with an input');
  const out = await yunet.run({
    [input]: { data: asBgr(photo, width, height), shape: [1, 3, height, width] },
  });
  return STRIDES.flatMap((stride) => {
    const part = (name: string): Float32Array => {
      const tensor = out[`${name}_${stride}`];
      invariant(tensor, `the detector puts out ${name}_${stride}`);
      return tensor.data;
    };
    return decode(stride, width / stride, part('cls'), part('obj'), part('bbox'), part('kps'));
  });
}

/** Anchor i sits at (i mod columns, i / columns); offsets are in strides, sizes their logarithm. */
function decode(
  stride: number,
  columns: number,
  cls: Float32Array,
  obj: Float32Array,
  boxes: Float32Array,
  points: Float32Array,
): Face[] {
  const faces: Face[] = [];
  for (let i = 0; i < cls.length; i++) {
    const score = Math.sqrt(clamped(cls[i]!) * clamped(obj[i]!));
    if (score < LEAST_SCORE) continue;
    const [column, row] = [i % columns, Math.floor(i / columns)];
    const point = (j: number): Point => ({
      x: (points[10 * i + 2 * j]! + column) * stride,
      y: (points[10 * i + 2 * j + 1]! + row) * stride,
    });
    faces.push({
      score,
      centre: { x: (boxes[4 * i]! + column) * stride, y: (boxes[4 * i + 1]! + row) * stride },
      width: Math.exp(boxes[4 * i + 2]!) * stride,
      height: Math.exp(boxes[4 * i + 3]!) * stride,
      landmarks: [point(0), point(1), point(2), point(3), point(4)],
    });
  }
  return faces;
}

/** Planar BGR 0..255, black to the right and below. */
function asBgr({ width, height, data }: Pixels, wide: number, high: number): Float32Array {
  const planes = new Float32Array(3 * wide * high);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++) planes[(c * high + y) * wide + x] = data[3 * (y * width + x) + (2 - c)]!;
  return planes;
}

function padded(side: number): number {
  return 32 * Math.ceil(side / 32);
}

function clamped(value: number): number {
  return Math.max(0, Math.min(1, value));
}
