/**
 * The two networks of the detector as things to train: each one's loss, and how a batch of pictures for it is drawn. What
 * batch number i holds depends on the seed and i alone. train.ts and its worker, producer.ts, take one of them.
 */
import type { Graph } from '../../src/engine/graph/ir.ts';
import { sizeOf } from '../../src/engine/graph/shape.ts';
import { squaresOf, squaresShape } from '../../src/engine/nn/face-detector.ts';
import type { Tensors } from '../../src/engine/runtime/session.ts';
import { random } from '../../src/imaging/random.ts';
import { drawCloseup, mirrored } from './closeups.ts';
import { lossGraph, lossInputs } from './loss.ts';
import type { Portrait } from './portraits.ts';
import { refinerInputs, refinerLoss } from './refiner-loss.ts';
import { drawScene } from './scenes.ts';
import { emptyTargets, writeTargets } from './targets.ts';

export interface Task {
  /** Pictures in a batch. */
  readonly batch: number;
  readonly rate: number;
  /** The loss's parts, all of them outputs [1]. */
  readonly parts: readonly string[];
  graph(): Graph;
  /** The inputs of the graph. */
  draw(portraits: readonly Portrait[], seed: number, index: number): Tensors;
}

/** Pixels along a side of a scene. */
const SIDE = 192;
const SCENES = 8;
const CLOSEUPS = 32;

const detector: Task = {
  batch: SCENES,
  rate: 0.0015,
  parts: ['score', 'box', 'points', 'loss'],
  graph: () => lossGraph(SCENES, SIDE),
  draw(portraits, seed, index) {
    const squares = new Float32Array(sizeOf(squaresShape(SCENES, SIDE, SIDE)));
    const targets = emptyTargets(SCENES, SIDE);
    for (let n = 0; n < SCENES; n++) {
      const { canvas, faces } = drawScene(portraits, SIDE, random(seed, index * SCENES + n));
      const picture = canvas.data.map((value) => 2 * value - 1);
      squares.set(squaresOf(picture, SIDE, SIDE), (n * squares.length) / SCENES);
      writeTargets(targets, n, SIDE, faces);
    }
    return lossInputs(squares, targets);
  },
};

const refiner: Task = {
  batch: CLOSEUPS,
  rate: 0.004,
  parts: ['score', 'points', 'loss'],
  graph: () => refinerLoss(CLOSEUPS),
  draw(portraits, seed, index) {
    const drawn = Array.from({ length: CLOSEUPS / 2 }, (_, n) =>
      drawCloseup(portraits, random(seed, index * CLOSEUPS + n)),
    );
    // a mirrored picture teaches nearly as much as a new one, and costs nothing to draw
    return refinerInputs([...drawn, ...drawn.map(mirrored)]);
  },
};

export const tasks = { detector, refiner };
export type TaskName = keyof typeof tasks;
