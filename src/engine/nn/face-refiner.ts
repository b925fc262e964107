/**
 * The second network of the bundled face detector: it looks at one face found, cut out at 64 x 64, and says whether it is
 * one and where its five landmarks are. faces/refine.ts cuts out and reads, training/detector/ trains the weights.
 */
import { GraphBuilder } from '../graph/build.ts';
import type { Graph, Value } from '../graph/ir.ts';
import { conv, linear } from './layers.ts';

/** Pixels along a side of the crop. */
export const CROP = 64;
/** The score's logit, then x and y of five points in halves of the crop's side from its middle. */
export const OUTPUTS = 11;

/** `crop` [N,1,64,64], mean 0 -> `out` [N,11]. */
export function refinerGraph(batch: number): Graph {
  const b = new GraphBuilder();
  return b.finish('face-refiner', { out: faceRefiner(b, b.input('crop', [batch, 1, CROP, CROP])) });
}

/** Convolutions down to 4 x 4 places, all of which the last product sees. */
export function faceRefiner(b: GraphBuilder, crop: Value): Value {
  const step = (x: Value, i: number, channels: number, stride: 1 | 2): Value =>
    conv(b, x, `refine.${i}`, channels, 3, stride);
  let x = b.silu(step(crop, 0, 16, 2));
  x = b.silu(step(x, 1, 24, 2));
  x = b.silu(b.add(step(x, 2, 24, 1), x));
  x = b.silu(step(x, 3, 32, 2));
  x = b.silu(b.add(step(x, 4, 32, 1), x));
  x = b.silu(step(x, 5, 24, 2));
  const [n = 1, c = 1, h = 1, w = 1] = x.shape;
  return linear(b, b.reshape(x, [n, c * h * w]), 'refine.map', OUTPUTS);
}
