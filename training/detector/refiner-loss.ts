/**
 * The loss of the second network as graph: cross entropy for the score; for the points of those that are faces, their
 * distance over that of the eyes. loss.ts is the first network's; tasks.ts has both.
 */
import { GraphBuilder } from '../../src/engine/graph/build.ts';
import type { Graph } from '../../src/engine/graph/ir.ts';
import { CROP, OUTPUTS, faceRefiner } from '../../src/engine/nn/face-refiner.ts';
import type { Tensors } from '../../src/engine/runtime/session.ts';
import type { Closeup } from './closeups.ts';
import { withGradients } from './loss.ts';

/** The weight of the points beside the score. */
const POINTS = 4;
/** Below this part of half a crop the points' loss is a square. */
const SOFT = 0.01;
/** Eyes nearer together than this (a face in profile), in halves of the crop's side, count as so far apart. */
const LEAST_EYES = 0.2;

/** Outputs `score`, `points` (their parts of the loss), `loss` [1], and `gradient of NAME` for every weight. */
export function refinerLoss(batch: number): Graph {
  const b = new GraphBuilder();
  const out = faceRefiner(b, b.input('crop', [batch, 1, CROP, CROP]));
  const face = b.input('face', [batch, 1]);
  const wanted = b.input('places', [batch, OUTPUTS - 1]);
  /** 1 / distance of the eyes; 0 where there is no face. */
  const weight = b.input('weight', [batch, 1]);
  const logit = b.clip(b.slice(out, 1, 0, 1), -20, 20);
  // log(1 + e^x) - x y
  const entropy = b.sub(b.log(b.add(b.exp(logit), b.scalar(1))), b.mul(logit, face));
  const score = b.reshape(b.mean(entropy, [0, 1]), [1]);
  const off = b.sub(b.slice(out, 1, 1, OUTPUTS), wanted);
  const squares = b.sum(b.reshape(b.mul(off, off), [batch, 5, 2]), [2]);
  const soft = b.add(b.reshape(squares, [batch, 5]), b.scalar(SOFT * SOFT));
  const distance = b.mul(b.sub(b.sqrt(soft), b.scalar(SOFT)), weight);
  const points = b.mul(b.reshape(b.mean(distance, [0, 1]), [1]), b.scalar(POINTS));
  return withGradients(b, 'train-face-refiner', { score, points, loss: b.add(score, points) });
}

/** The graph's inputs for a batch. */
export function refinerInputs(closeups: readonly Closeup[]): Tensors {
  const plane = CROP * CROP;
  const crop = new Float32Array(closeups.length * plane);
  const face = new Float32Array(closeups.length);
  const places = new Float32Array(closeups.length * (OUTPUTS - 1));
  const weight = new Float32Array(closeups.length);
  closeups.forEach((closeup, n) => {
    crop.set(closeup.crop, n * plane);
    if (!closeup.points) return;
    face[n] = 1;
    const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = closeup.points;
    weight[n] = 1 / Math.max(LEAST_EYES, Math.hypot(x1 - x0, y1 - y0));
    places.set(closeup.points, n * (OUTPUTS - 1));
  });
  return { crop, face, places, weight };
}
