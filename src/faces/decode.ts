/**
 * From the bundled network's maps to faces: every cell of a map says how likely a face is there and where its edges and
 * points are, as seen from the cell. engine/nn/face-detector.ts makes the maps, network.ts asks for them.
 */
import { invariant } from '../domain/errors.ts';
import type { Landmarks, Point } from './align.ts';
import type { Face } from './face.ts';

/**
 * One stride's map, [15, rows, columns]: the logit of the score; the logarithms of the distances from the cell's middle to
 * the left, top, right and bottom edge; x and y of the five points from there. Distances are in strides.
 */
export interface FaceMap {
  readonly stride: number;
  readonly columns: number;
  readonly rows: number;
  readonly data: Float32Array;
}

const CHANNELS = 15;
/** Strides; a wild network's edges end somewhere. */
const FARTHEST = Math.log(64);

/** All cells whose score reaches `least`; neighbours find the same face. Pixels of the picture. */
export function decodeFaces({ stride, columns, rows, data }: FaceMap, least: number): Face[] {
  const cells = columns * rows;
  invariant(data.length === CHANNELS * cells, `a map of ${columns} x ${rows} cells has ${CHANNELS} channels`);
  const leastLogit = Math.log(least / (1 - least));
  const faces: Face[] = [];
  for (let i = 0; i < cells; i++) {
    const logit = data[i]!;
    if (!(logit >= leastLogit)) continue;
    const x = ((i % columns) + 0.5) * stride;
    const y = (Math.floor(i / columns) + 0.5) * stride;
    const edge = (c: number): number => stride * Math.exp(Math.min(FARTHEST, data[c * cells + i]!));
    const point = (j: number): Point => ({
      x: x + stride * data[(5 + 2 * j) * cells + i]!,
      y: y + stride * data[(6 + 2 * j) * cells + i]!,
    });
    const [left, top, right, bottom] = [edge(1), edge(2), edge(3), edge(4)];
    const landmarks: Landmarks = [point(0), point(1), point(2), point(3), point(4)];
    const box = { left: x - left, top: y - top, width: left + right, height: top + bottom };
    const finite =
      landmarks.every((p) => Number.isFinite(p.x + p.y)) && Number.isFinite(box.width + box.height);
    if (finite) faces.push({ score: 1 / (1 + Math.exp(-logit)), box, landmarks });
  }
  return faces;
}
