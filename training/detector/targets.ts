/**
 * What the network should put out for a scene: at each stride which cells have a face, which are not judged, and its box
 * and points as seen from the cell. loss.ts compares; faces/decode.ts is the way back from maps to faces.
 */
import { STRIDES } from '../../src/engine/nn/face-detector.ts';
import type { Stride } from '../../src/engine/nn/face-detector.ts';
import type { SceneFace } from './scenes.ts';

/** Sizes (root of the box's area, pixels) learned at each stride; they overlap, so that no size is at an edge only. */
const RANGES: Readonly<Record<Stride, readonly [number, number]>> = {
  8: [14, 52],
  16: [38, 108],
  32: [78, 240],
};
/** A size this far outside a range is not judged there. */
const TOLERANCE = 1.35;
/** Cells up to so many strides from a face's middle have it; up to LOOSE, they are not judged. */
const RADIUS = 1.25;
const LOOSE = 2;
/** Faces seen less than this are not judged; less than GONE, they are none. */
const WHOLE = 0.7;
const GONE = 0.2;

/** What cells are compared with, [n,channels,h,w] for a batch of n. */
export interface Targets {
  /** 1 where judged, [n,1,h,w]. */
  readonly judged: Float32Array;
  /** 1 where there is a face, [n,1,h,w]. */
  readonly face: Float32Array;
  /** Left, top, right, bottom in strides, 1 where there is none, [n,4,h,w]. */
  readonly box: Float32Array;
  /** x and y of five points from the cell's middle in strides, [n,10,h,w]. */
  readonly points: Float32Array;
  /** 1 / size in strides, [n,1,h,w]. */
  readonly inverse: Float32Array;
}
export type TargetMaps = Readonly<Record<Stride, Targets>>;

/** Targets of scenes of `side` pixels without a face. */
export function emptyTargets(batch: number, side: number): TargetMaps {
  const made = STRIDES.map((stride) => {
    const cells = batch * (side / stride) ** 2;
    const targets: Targets = {
      judged: new Float32Array(cells).fill(1),
      face: new Float32Array(cells),
      box: new Float32Array(4 * cells).fill(1),
      points: new Float32Array(10 * cells),
      inverse: new Float32Array(cells).fill(1),
    };
    return [stride, targets] as const;
  });
  return Object.fromEntries(made) as Record<Stride, Targets>;
}

/** Writes the faces of image `n`, a scene of `side` pixels. The smaller face has the cell where two want it. */
export function writeTargets(maps: TargetMaps, n: number, side: number, faces: readonly SceneFace[]): void {
  const sorted = faces.toSorted((p, q) => q.width * q.height - p.width * p.height);
  for (const stride of STRIDES)
    for (const face of sorted) writeFace(maps[stride], n, side / stride, stride, face);
}

function writeFace(targets: Targets, n: number, cells: number, stride: Stride, face: SceneFace): void {
  const size = Math.sqrt(face.width * face.height);
  const [low, high] = RANGES[stride];
  const near = size > low / TOLERANCE && size < high * TOLERANCE;
  // what is too small for the finest stride is a face nonetheless
  const tiny = stride === STRIDES[0] && size <= low / TOLERANCE;
  if ((!near && !tiny) || face.visible < GONE) return;
  const learned = size >= low && size <= high && face.visible >= WHOLE;
  const plane = cells * cells;
  const [cx, cy] = [face.centre.x / stride, face.centre.y / stride];
  const [halfWidth, halfHeight] = [face.width / stride / 2, face.height / stride / 2];
  const reach = Math.max(1, learned ? LOOSE : Math.max(LOOSE, 0.5 * Math.min(halfWidth, halfHeight)));
  for (let y = Math.max(0, Math.floor(cy - reach)); y < Math.min(cells, cy + reach); y++)
    for (let x = Math.max(0, Math.floor(cx - reach)); x < Math.min(cells, cx + reach); x++) {
      const [dx, dy] = [x + 0.5 - cx, y + 0.5 - cy];
      const far = Math.max(Math.abs(dx), Math.abs(dy));
      if (far >= reach) continue;
      const at = n * plane + y * cells + x;
      const inside = Math.abs(dx) < 0.8 * halfWidth && Math.abs(dy) < 0.8 * halfHeight;
      const has = learned && (far <= 0.5 || (far < RADIUS && inside));
      if (!has) {
        if (targets.face[at] === 0) targets.judged[at] = 0;
        continue;
      }
      targets.judged[at] = 1;
      targets.face[at] = 1;
      targets.inverse[at] = stride / size;
      const sides = [halfWidth + dx, halfHeight + dy, halfWidth - dx, halfHeight - dy];
      sides.forEach((side, c) => {
        targets.box[(4 * n + c) * plane + y * cells + x] = Math.max(0.1, side);
      });
      face.points.forEach((point, c) => {
        targets.points[(10 * n + 2 * c) * plane + y * cells + x] = point.x / stride - x - 0.5;
        targets.points[(10 * n + 2 * c + 1) * plane + y * cells + x] = point.y / stride - y - 0.5;
      });
    }
}
