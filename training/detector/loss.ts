/**
 * The detector's loss as graph: quality focal loss for the score (Li et al. 2020, its target is the overlap reached), 1 -
 * IoU for the box (Yu et al. 2016), distance over the face's size for the points. train.ts differentiates it.
 */
import { gradients } from '../../src/engine/autodiff/vjp.ts';
import { GraphBuilder } from '../../src/engine/graph/build.ts';
import type { Graph, Value } from '../../src/engine/graph/ir.ts';
import { STRIDES, faceDetector, squaresShape } from '../../src/engine/nn/face-detector.ts';
import type { Tensors } from '../../src/engine/runtime/session.ts';
import type { TargetMaps } from './targets.ts';

export const GRADIENT = 'gradient of ';
/** The weights of box and points beside the score. */
const BOX = 2;
const POINTS = 2;
/** Below this part of a face's size the points' loss is a square. */
const SOFT = 0.01;

/** Outputs `score`, `box`, `points` (their parts of the loss), `loss` [1], and `gradient of NAME` for every weight. */
export function lossGraph(batch: number, side: number): Graph {
  const b = new GraphBuilder();
  const squares = b.input('squares', squaresShape(batch, side, side));
  /** 1 / number of cells with a face. */
  const share = b.input('share', [1]);
  const maps = faceDetector(b, squares);
  const parts = STRIDES.map((stride) => {
    const cells = side / stride;
    const input = (name: string, channels: number): Value =>
      b.input(`${name}${stride}`, [batch, channels, cells, cells]);
    return compare(b, maps[stride], {
      judged: input('judged', 1),
      face: input('face', 1),
      box: input('box', 4),
      points: input('points', 10),
      inverse: input('inverse', 1),
    });
  });
  const total = (part: 'score' | 'box' | 'points', weight: number): Value => {
    const sum = parts.map((p) => p[part]).reduce((x, y) => b.add(x, y));
    return b.mul(b.mul(b.reshape(sum, [1]), share), b.scalar(weight));
  };
  const [score, box, points] = [total('score', 1), total('box', BOX), total('points', POINTS)];
  const loss = b.add(score, b.add(box, points));
  return withGradients(b, 'train-face-detector', { score, box, points, loss });
}

/** The finished graph of the outputs given, and `gradient of NAME` of `loss` for every weight. */
export function withGradients(
  b: GraphBuilder,
  name: string,
  outputs: Readonly<Record<string, Value>> & { readonly loss: Value },
): Graph {
  const { parameters } = b.finish('forward', { loss: outputs.loss });
  const found = gradients(
    b,
    outputs.loss,
    parameters.map(({ value }) => value),
  );
  const named = Object.fromEntries(parameters.map((parameter, i) => [GRADIENT + parameter.name, found[i]!]));
  return b.finish(name, { ...outputs, ...named });
}

/** The graph's inputs for a batch. */
export function lossInputs(squares: Float32Array, maps: TargetMaps): Tensors {
  const named = STRIDES.flatMap((stride) =>
    Object.entries(maps[stride]).map(
      ([name, data]: [string, Float32Array]) => [`${name}${stride}`, data] as const,
    ),
  );
  const faces = STRIDES.reduce((sum, stride) => sum + maps[stride].face.reduce((s, v) => s + v, 0), 0);
  return { ...Object.fromEntries(named), squares, share: Float32Array.of(1 / Math.max(1, faces)) };
}

interface Compared {
  readonly judged: Value;
  readonly face: Value;
  readonly box: Value;
  readonly points: Value;
  readonly inverse: Value;
}

function compare(b: GraphBuilder, map: Value, target: Compared) {
  const sum = (x: Value): Value => b.sum(x, [0, 1, 2, 3]);
  const logit = b.clip(b.slice(map, 1, 0, 1), -20, 20);
  const iou = overlap(b, b.exp(b.clip(b.slice(map, 1, 1, 5), -4, 6)), target.box);
  const box = sum(b.mul(target.face, b.sub(b.scalar(1), iou)));

  const quality = b.mul(target.face, b.detach(iou));
  const missed = b.sub(b.sigmoid(logit), quality);
  // log(1 + e^x) - x y: the binary cross entropy with target y
  const entropy = b.sub(b.log(b.add(b.exp(logit), b.scalar(1))), b.mul(logit, quality));
  const score = sum(b.mul(target.judged, b.mul(b.mul(missed, missed), entropy)));

  const off = b.mul(b.sub(b.slice(map, 1, 5, 15), target.points), target.inverse);
  const distance = b.sub(b.sqrt(b.add(b.mul(off, off), b.scalar(SOFT * SOFT))), b.scalar(SOFT));
  const points = sum(b.mul(target.face, distance));
  return { score, box, points };
}

/** Intersection over union of boxes around one point, given by their four distances [N,4,h,w]. */
function overlap(b: GraphBuilder, given: Value, wanted: Value): Value {
  // min(p, q) = p - max(p - q, 0)
  const least = b.sub(given, b.clip(b.sub(given, wanted), 0, Infinity));
  const areaOf = (box: Value): Value => {
    const side = (i: number): Value => b.slice(box, 1, i, i + 1);
    return b.mul(b.add(side(0), side(2)), b.add(side(1), side(3)));
  };
  const common = areaOf(least);
  return b.div(common, b.sub(b.add(areaOf(given), areaOf(wanted)), common));
}
