/** What the detector is taught is what is read from its maps: targets decoded again. Subjects: training/detector/. */
import { describe, expect, test } from 'vitest';
import { STRIDES } from '../../../src/engine/nn/face-detector.ts';
import type { Landmarks } from '../../../src/faces/align.ts';
import { decodeFaces } from '../../../src/faces/decode.ts';
import { merged } from '../../../src/faces/overlap.ts';
import { random } from '../../../src/imaging/random.ts';
import { mirrored } from '../../../training/detector/closeups.ts';
import type { Portrait } from '../../../training/detector/portraits.ts';
import { drawScene } from '../../../training/detector/scenes.ts';
import type { SceneFace } from '../../../training/detector/scenes.ts';
import { emptyTargets, writeTargets } from '../../../training/detector/targets.ts';

const SIDE = 192;

function face(x: number, y: number, size: number, visible = 1): SceneFace {
  const at = (u: number, v: number) => ({ x: x + u * size, y: y + v * size });
  const points: Landmarks = [at(-0.2, -0.1), at(0.2, -0.1), at(0, 0.1), at(-0.15, 0.25), at(0.15, 0.25)];
  return { centre: { x, y }, width: 0.85 * size, height: size / 0.85, points, visible };
}

/** The faces a network would find that puts out exactly what it is taught. */
function taught(faces: readonly SceneFace[], n = 0) {
  const maps = emptyTargets(n + 1, SIDE);
  writeTargets(maps, n, SIDE, faces);
  const found = STRIDES.flatMap((stride) => {
    const cells = SIDE / stride;
    const { face: has, box, points } = maps[stride];
    const plane = cells * cells;
    const data = new Float32Array(15 * plane);
    data.set(has.subarray(n * plane, (n + 1) * plane).map((v) => (v === 1 ? 5 : -5)));
    data.set(box.subarray(4 * n * plane, 4 * (n + 1) * plane).map(Math.log), plane);
    data.set(points.subarray(10 * n * plane, 10 * (n + 1) * plane), 5 * plane);
    return decodeFaces({ stride, columns: cells, rows: cells, data }, 0.5);
  });
  return { maps, found: merged(found) };
}

describe('targets', () => {
  test('faces of every size come back with their boxes and points', () => {
    for (const size of [16, 24, 45, 80, 100, 150, 220]) {
      const wanted = face(97, 90, size);
      const { found } = taught([wanted], 1);
      expect(found, `${size}`).toHaveLength(1);
      expect(found[0]?.box.width).toBeCloseTo(wanted.width, 3);
      expect(found[0]?.box.left).toBeCloseTo(wanted.centre.x - wanted.width / 2, 3);
      expect(found[0]?.landmarks[4].y).toBeCloseTo(wanted.points[4].y, 3);
    }
  });

  test('a group comes back face by face', () => {
    const group = [face(30, 30, 40), face(80, 34, 44), face(140, 60, 70), face(60, 130, 90)];
    expect(taught(group).found).toHaveLength(4);
  });

  test('a half-hidden face is not judged, a nearly hidden or huge one is none', () => {
    const half = taught([face(96, 96, 60, 0.5)]).maps[16];
    expect(half.face.every((v) => v === 0)).toBe(true);
    expect(half.judged.some((v) => v === 0)).toBe(true);
    for (const none of [face(96, 96, 60, 0.1), face(96, 96, 500)])
      for (const stride of STRIDES) {
        const { face: has, judged } = taught([none]).maps[stride];
        expect(has.every((v) => v === 0) && judged.every((v) => v === 1)).toBe(true);
      }
  });
});

test('a scene is the same for the same seed, within [0,1], and keeps left and right apart', () => {
  const plane = { width: 64, height: 80, data: Uint8Array.from({ length: 64 * 80 }, (_, i) => i % 251) };
  const points: Landmarks = [
    { x: 24, y: 30 },
    { x: 40, y: 30 },
    { x: 32, y: 40 },
    { x: 26, y: 50 },
    { x: 38, y: 50 },
  ];
  const portrait: Portrait = {
    greys: [[plane], [plane]],
    faces: [{ centre: { x: 32, y: 38 }, width: 34, height: 46, points }],
  };
  let seen = 0;
  for (let seed = 0; seed < 12; seed++) {
    const scene = drawScene([portrait], SIDE, random(seed, 3));
    const again = drawScene([portrait], SIDE, random(seed, 3));
    expect(Buffer.from(again.canvas.data.buffer).equals(Buffer.from(scene.canvas.data.buffer))).toBe(true);
    expect(again.faces).toEqual(scene.faces);
    expect(scene.canvas.data.every((v) => v >= 0 && v <= 1)).toBe(true);
    for (const { points: p } of scene.faces) {
      seen++;
      // mirrored or turned by up to 30 degrees: the first eye stays at the picture's left
      expect(p[0].x).toBeLessThan(p[1].x);
      expect(p[3].x).toBeLessThan(p[4].x);
    }
  }
  expect(seen).toBeGreaterThan(12);
});

test('a mirrored close-up is the same face seen in a mirror', () => {
  const crop = Float32Array.from({ length: 64 * 64 }, (_, i) => i);
  const closeup = { crop, points: [-0.2, -0.1, 0.3, -0.1, 0, 0.2, -0.1, 0.4, 0.2, 0.4] };
  const other = mirrored(closeup);
  expect(other.crop[3 * 64]).toBe(crop[3 * 64 + 63]);
  expect(other.points).toEqual([-0.3, -0.1, 0.2, -0.1, -0, 0.2, -0.2, 0.4, 0.1, 0.4]);
  expect(mirrored(other)).toEqual({ crop, points: closeup.points });
});
