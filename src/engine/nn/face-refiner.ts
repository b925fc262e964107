/**
 * The second network of the bundled face detector: it looks at one face found, cut out at 64 x 64, and says whether it is
 * one and where its five landmarks are. faces/refine.ts cuts out and reads, training/detector/ trains the weights.
 */
import { GraphBuilder } from '../graph/build.ts';
import type { Graph, Value } from '../graph/ir.ts';
import { conv, imageShape, linear, spaceToDepth } from './layers.ts';

/** Pixels along a side of the crop. */
export const CROP = 64;
/** The score's logit, then x and y of five points in halves of the crop's side from its middle. */
export const OUTPUTS = 11;

const POINTS = 5;
/** How much the first way of seeing counts, for the score and for the points. */
const WHOLE = { score: 0.75, points: 0.3 } as const;
/** The crop is read in squares of 4 x 4 pixels, each a place of 16 channels. */
const SQUARE = 4;
/** Channels at 16 x 16, 8 x 8 and 4 x 4 places, and inside the blocks there. */
const LEVELS = [
  { channels: 32, inner: 24 },
  { channels: 64, inner: 32 },
  { channels: 64, inner: 64 },
] as const;
const LAST = 24;

/** `crop` [N,1,64,64], mean 0 -> `out` [N,11]. */
export function refinerGraph(batch: number): Graph {
  const b = new GraphBuilder();
  return b.finish('face-refiner', { out: faceRefiner(b, b.input('crop', [batch, 1, CROP, CROP])) });
}

/**
 * crop [N,1,64,64] -> [N,11], by two ways of seeing it: they err apart from each other, so that their mean is nearer
 * than either.
 */
export function faceRefiner(b: GraphBuilder, crop: Value): Value {
  const [n] = imageShape(crop);
  const share = (score: number, points: number): Value =>
    b.constant(
      [n, OUTPUTS],
      Float32Array.from({ length: n * OUTPUTS }, (_, i) => (i % OUTPUTS === 0 ? score : points)),
    );
  const [whole, places] = [wholeLook(b, crop), placesLook(b, crop)];
  return b.add(
    b.mul(whole, share(WHOLE.score, WHOLE.points)),
    b.mul(places, share(1 - WHOLE.score, 1 - WHOLE.points)),
  );
}

/** Convolutions down to 4 x 4 places, all of which the last product sees: the better judge of what is a face. */
function wholeLook(b: GraphBuilder, crop: Value): Value {
  const step = (x: Value, i: number, channels: number, stride: 1 | 2): Value =>
    conv(b, x, `whole.${i}`, channels, 3, stride);
  let x = b.silu(step(crop, 0, 16, 2));
  x = b.silu(step(x, 1, 24, 2));
  x = b.silu(b.add(step(x, 2, 24, 1), x));
  x = b.silu(step(x, 3, 32, 2));
  x = b.silu(b.add(step(x, 4, 32, 1), x));
  x = b.silu(step(x, 5, 24, 2));
  const [n, c, h, w] = imageShape(x);
  return linear(b, b.reshape(x, [n, c * h * w]), 'whole.map', OUTPUTS);
}

/**
 * Down to 4 x 4 places and up again to 16 x 16: each point is the mean place of a map that says how likely it is where
 * (integral regression, Sun et al. 2018), plus a small correction from all 4 x 4 places, which the score comes from too.
 */
function placesLook(b: GraphBuilder, crop: Value): Value {
  let x = spaceToDepth(b, crop, SQUARE);
  const seen: Value[] = [];
  for (const [i, { channels, inner }] of LEVELS.entries()) {
    x = b.silu(conv(b, x, `refine.down.${i}`, channels, 3, i === 0 ? 1 : 2));
    const hidden = b.silu(conv(b, x, `refine.level.${i}.0`, inner, 3));
    x = b.silu(b.add(conv(b, hidden, `refine.level.${i}.1`, channels, 3), x));
    seen.push(x);
  }
  const [fine, middle, coarse] = [seen[0]!, seen[1]!, seen[2]!];
  const [n, , h, w] = imageShape(coarse);
  const whole = b.silu(conv(b, coarse, 'refine.last', LAST, 1));
  const said = linear(b, b.reshape(whole, [n, LAST * h * w]), 'refine.map', OUTPUTS);
  const joined = b.silu(b.add(middle, b.upsample(conv(b, coarse, 'refine.up.1', 64, 1), 2)));
  const side = b.add(
    conv(b, fine, 'refine.side.0', 32, 1),
    b.upsample(conv(b, joined, 'refine.up.0', 32, 1), 2),
  );
  const points = meanPlaces(b, conv(b, b.silu(side), 'refine.places', POINTS, 1));
  return b.add(said, b.concat([b.constant([n, 1], new Float32Array(n)), points], 1));
}

/** maps [N,5,h,w] -> x and y of each [N,10], in half sides from the middle. */
function meanPlaces(b: GraphBuilder, maps: Value): Value {
  const [n, c, h, w] = imageShape(maps);
  const places = new Float32Array(2 * h * w);
  for (let i = 0; i < h * w; i++) {
    places[2 * i] = (2 * ((i % w) + 0.5)) / w - 1;
    places[2 * i + 1] = (2 * (Math.floor(i / w) + 0.5)) / h - 1;
  }
  const likely = b.softmax(b.reshape(maps, [n * c, h * w]));
  return b.reshape(b.matmul(likely, b.constant([h * w, 2], places)), [n, 2 * c]);
}
