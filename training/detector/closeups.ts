/**
 * What the second network is trained on: crops as faces/refine.ts cuts them, of faces found a little amiss, and of what a
 * search might take for one: parts of large faces, small ones, shoulders, grain, backgrounds. tasks.ts makes batches of them.
 */
import { CROP } from '../../src/engine/nn/face-refiner.ts';
import { MARGIN, standardise } from '../../src/faces/refine.ts';
import type { Random } from '../../src/imaging/random.ts';
import { fillBackground, speckle } from './backgrounds.ts';
import type { Canvas } from './backgrounds.ts';
import { damage } from './damage.ts';
import { MIRRORED } from './points.ts';
import type { Portrait } from './portraits.ts';
import { between, place } from './scenes.ts';

export interface Closeup {
  /** [64,64] of mean 0. */
  readonly crop: Float32Array;
  /** x and y of five points in half sides from the middle; undefined where it is no face. */
  readonly points: readonly number[] | undefined;
}

/** The size of a face in its crop, in pixels. */
const SIZE = CROP / MARGIN;
/** The part of the crops that shows a face. */
const FACES = 0.65;
/** The part of those that lies as the search finds faces; the others, as a look before has placed them. */
const ROUGH = 0.4;

/** A crop, damaged as often as not, and where its face is; the same for the same draws. */
export function drawCloseup(portraits: readonly Portrait[], draw: Random): Closeup {
  const canvas: Canvas = { side: CROP, data: new Float32Array(CROP * CROP) };
  fillBackground(canvas, draw);
  const cell = { left: 0, top: 0, right: CROP, bottom: CROP };
  const half = CROP / 2;
  let points: number[] | undefined;
  if (draw.uniform() < FACES) {
    const rough = draw.uniform() < ROUGH;
    const size = SIZE * Math.exp((rough ? 0.13 : 0.05) * draw.normal());
    const off = (): number => half + (rough ? 0.08 : 0.03) * SIZE * draw.normal();
    const degrees = (rough ? 10 : 3) * draw.normal();
    const frame = rough ? 'box' : 'landmarks';
    const [face] = place(canvas, cell, portraits, { size, x: off(), y: off(), degrees, frame }, draw);
    points = face?.points.flatMap(({ x, y }) => [x / half - 1, y / half - 1]);
  } else {
    const kind = draw.uniform();
    if (kind < 0.65) place(canvas, cell, portraits, misplaced(draw), draw);
    else if (kind < 0.9) speckle(canvas, draw);
  }
  if (draw.uniform() < 0.65) damage(canvas, draw);
  return { crop: standardise(canvas.data), points };
}

/** Too large, too small, or beside the middle. */
function misplaced(draw: Random) {
  const kind = draw.uniform();
  const degrees = 60 * (draw.uniform() - 0.5);
  const turn = 2 * Math.PI * draw.uniform();
  const size =
    kind < 0.35
      ? SIZE * between(draw, 2, 9)
      : kind < 0.5
        ? SIZE * between(draw, 0.12, 0.45)
        : SIZE * between(draw, 0.5, 2);
  // parts of a large face may lie anywhere in it; a face of the right size must be beside the middle
  const far = kind < 0.5 ? 0.6 * size * draw.uniform() : size * between(draw, 0.6, 3);
  const half = CROP / 2;
  return { size, x: half + far * Math.cos(turn), y: half + far * Math.sin(turn), degrees };
}

/** Left and right exchanged, in the points' order too. */
export function mirrored({ crop, points }: Closeup): Closeup {
  const turned = crop.map((_, i) => crop[i - (i % CROP) + CROP - 1 - (i % CROP)]!);
  return { crop: turned, points: points && MIRRORED.flatMap((j) => [-points[2 * j]!, points[2 * j + 1]!]) };
}
