/**
 * The bundled face detector's network: grey picture in, one map at each of three strides out, of score, box and five
 * landmarks. faces/decode.ts reads the maps, training/detector/ trains the weights.
 */
import { invariant } from '../../domain/errors.ts';
import { GraphBuilder } from '../graph/build.ts';
import type { Graph, Value } from '../graph/ir.ts';
import { conv } from './layers.ts';

/** Pixels from one place of a map to the next. */
export const STRIDES = [8, 16, 32] as const;
/** One of them. */
export type Stride = (typeof STRIDES)[number];
/** Of a map: score's logit; logarithms of left, top, right, bottom; x and y of five points (units: faces/decode.ts). */
const MAP_CHANNELS = 15;
/** Both sides of a picture are multiples of this. */
export const MULTIPLE = 32;

/** Channels of the stem (stride 4), of the three levels, and inside their blocks. */
const STEM = 32;
const SQUARE = 4;
const LEVELS = [
  { channels: 32, inner: 32, blocks: 1 },
  { channels: 64, inner: 48, blocks: 2 },
  { channels: 96, inner: 48, blocks: 2 },
] as const;
/** Channels of the way back up, at each stride. */
const NECK = [32, 64, 64] as const;

/** `squares` [N,16,H/4+1,W/4+1] (see squaresOf) -> `map8`, `map16`, `map32` [N,15,H/stride,W/stride]. */
export function detectorGraph(batch: number, width: number, height: number): Graph {
  const b = new GraphBuilder();
  const maps = faceDetector(b, b.input('squares', squaresShape(batch, width, height)));
  return b.finish('face-detector', Object.fromEntries(STRIDES.map((s) => [`map${s}`, maps[s]])));
}

/** The shape of what the network reads of pictures W x H, [N,16,H/4+1,W/4+1]. */
export function squaresShape(batch: number, width: number, height: number): [number, number, number, number] {
  invariant(height % MULTIPLE === 0 && width % MULTIPLE === 0, `sides ${width} x ${height} divide by 32`);
  return [batch, SQUARE * SQUARE, height / SQUARE + 1, width / SQUARE + 1];
}

/**
 * A grey picture [H,W] in [-1,1] cut into squares of 4 x 4 pixels, one channel a place in the square, [16,H/4+1,W/4+1];
 * the cuts are two pixels off the edge, which is filled with 0. A 2 x 2 kernel on it is an 8 x 8 kernel every 4 pixels.
 */
export function squaresOf(picture: Float32Array, width: number, height: number): Float32Array<ArrayBuffer> {
  const [, channels, rows, columns] = squaresShape(1, width, height);
  invariant(picture.length === width * height, `a picture of ${width} x ${height}`);
  const squares = new Float32Array(channels * rows * columns);
  for (let y = 0; y < height; y++) {
    const row = (y + 2) >> 2;
    const channel = SQUARE * ((y + 2) & 3);
    // one channel at a time, so that what is written lies together
    for (let first = 0; first < SQUARE; first++) {
      let to = ((channel + ((first + 2) & 3)) * rows + row) * columns + ((first + 2) >> 2);
      for (let from = y * width + first, end = (y + 1) * width; from < end; from += SQUARE)
        squares[to++] = picture[from]!;
    }
  }
  return squares;
}

/**
 * A stem that reads 8 x 8 windows every 4 pixels, three levels of residual blocks without norms (so that nothing depends
 * on the rest of the picture), and a way back up (Lin et al. 2017) that tells the fine levels what the coarse ones saw.
 * squares [N,16,H/4+1,W/4+1] -> a map [N,15,H/stride,W/stride] for each stride.
 */
export function faceDetector(b: GraphBuilder, squares: Value): Readonly<Record<Stride, Value>> {
  const kernel = b.parameter('stem.weight', [STEM, SQUARE * SQUARE, 2, 2]);
  const bias = b.parameter('stem.bias', [STEM]);
  let x = b.silu(b.scope('stem', () => b.conv(squares, kernel, bias, 1, [0, 0, 0, 0])));
  const seen: Value[] = [];
  for (const [i, { channels, inner, blocks }] of LEVELS.entries()) {
    x = b.silu(conv(b, x, `down.${i}`, channels, 3, 2));
    for (let j = 0; j < blocks; j++) {
      const hidden = b.silu(conv(b, x, `level.${i}.${j}.0`, inner, 3));
      x = b.silu(b.add(conv(b, hidden, `level.${i}.${j}.1`, channels, 3), x));
    }
    seen.push(x);
  }
  const maps: Value[] = [];
  let above: Value | undefined;
  for (const i of [2, 1, 0] as const) {
    const side = conv(b, seen[i]!, `side.${i}`, NECK[i], 1);
    const joined = above ? b.add(side, b.upsample(conv(b, above, `up.${i}`, NECK[i], 1), 2)) : side;
    above = b.silu(joined);
    const last = b.silu(conv(b, above, `last.${i}`, NECK[i], 3));
    maps[i] = conv(b, last, `map.${i}`, MAP_CHANNELS, 1);
  }
  return { 8: maps[0]!, 16: maps[1]!, 32: maps[2]! };
}
