/**
 * The face detector YuNet (Wu et al. 2023) for those who have its file, read as its publisher's code does: boxes, scores
 * and five landmarks. The bundled detector (network.ts) needs no file; pyramid.ts takes either through a photo.
 */
import { UserError, invariant } from '../domain/errors.ts';
import type { Landmarks, Pixels, Point } from './align.ts';
import type { Face, FaceDetector } from './face.ts';
import { pyramidDetector } from './pyramid.ts';

interface Tensor {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** What is asked of an opened ONNX file; engine/runtime/ort-model.ts's models fit. */
export interface YunetModel {
  readonly inputs: readonly string[];
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
}

const STRIDES = [8, 16, 32] as const;
const LEAST_SCORE = 0.5;

export function yunetDetector(model: YunetModel): FaceDetector {
  return pyramidDetector('YuNet', (picture) => yunetFaces(model, picture));
}

/**
 * All candidates above a score of 0.5 in one picture, overlapping ones included. Throws UserError `model.unsupported` where
 * the model's outputs are not YuNet's.
 */
export async function yunetFaces(model: YunetModel, picture: Pixels): Promise<Face[]> {
  const [width, height] = [padded(picture.width), padded(picture.height)];
  const [input] = model.inputs;
  invariant(input !== undefined, 'a detector with an input');
  const out = await model.run({
    [input]: { data: asBgr(picture, width, height), shape: [1, 3, height, width] },
  });
  return STRIDES.flatMap((stride) => {
    const cells = (width / stride) * (height / stride);
    const part = (name: string, channels: number): Float32Array => {
      const data = out[`${name}_${stride}`]?.data;
      if (data?.length === channels * cells) return data;
      throw new UserError(
        'model.unsupported',
        `The model given is not a YuNet that takes pictures of any size: its output ${name}_${stride} is not as expected.`,
        'Give the file that `albumen models download` gets, or use the bundled detector.',
      );
    };
    return decode(stride, width / stride, part('cls', 1), part('obj', 1), part('bbox', 4), part('kps', 10));
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
    const [width, height] = [Math.exp(boxes[4 * i + 2]!) * stride, Math.exp(boxes[4 * i + 3]!) * stride];
    const left = (boxes[4 * i]! + column) * stride - width / 2;
    const top = (boxes[4 * i + 1]! + row) * stride - height / 2;
    const landmarks: Landmarks = [point(0), point(1), point(2), point(3), point(4)];
    faces.push({ score, box: { left, top, width, height }, landmarks });
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
