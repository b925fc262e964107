/**
 * The loss of the second network as graph: cross entropy for the score, distance for the points of those that are faces.
 * tasks.ts has both networks' losses, train.ts differentiates none of them itself.
 */
import { GraphBuilder } from '../../src/engine/graph/build.ts';
import type { Graph } from '../../src/engine/graph/ir.ts';
import { CROP, OUTPUTS, faceRefiner } from '../../src/engine/nn/face-refiner.ts';
import type { Tensors } from '../../src/engine/runtime/session.ts';
import type { Closeup } from './closeups.ts';
import { withGradients } from './loss.ts';

const POINTS = 4;
/** Below this part of half a crop the points' loss is a square. */
const SOFT = 0.005;

/** Outputs `score`, `points`, `loss` [1], and the gradients. */
export function refinerLoss(batch: number): Graph {
  const b = new GraphBuilder();
  const out = faceRefiner(b, b.input('crop', [batch, 1, CROP, CROP]));
  const face = b.input('face', [batch, 1]);
  const wanted = b.input('places', [batch, OUTPUTS - 1]);
  const logit = b.clip(b.slice(out, 1, 0, 1), -20, 20);
  // log(1 + e^x) - x y
  const entropy = b.sub(b.log(b.add(b.exp(logit), b.scalar(1))), b.mul(logit, face));
  const score = b.reshape(b.mean(entropy, [0, 1]), [1]);
  const off = b.sub(b.slice(out, 1, 1, OUTPUTS), wanted);
  const distance = b.sub(b.sqrt(b.add(b.mul(off, off), b.scalar(SOFT * SOFT))), b.scalar(SOFT));
  const points = b.mul(b.reshape(b.mean(b.mul(distance, face), [0, 1]), [1]), b.scalar(POINTS));
  return withGradients(b, 'train-face-refiner', { score, points, loss: b.add(score, points) });
}

export function refinerInputs(closeups: readonly Closeup[]): Tensors {
  const plane = CROP * CROP;
  const crop = new Float32Array(closeups.length * plane);
  const face = new Float32Array(closeups.length);
  const places = new Float32Array(closeups.length * (OUTPUTS - 1));
  closeups.forEach((closeup, n) => {
    crop.set(closeup.crop, n * plane);
    if (!closeup.points) return;
    face[n] = 1;
    places.set(closeup.points, n * (OUTPUTS - 1));
  });
  return { crop, face, places };
}
