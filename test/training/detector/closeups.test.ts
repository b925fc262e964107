/** What the second network is taught: faces where a look before has put them. Subjects: training/detector/{closeups,median}.ts. */
import { expect, test } from 'vitest';
import type { Landmarks } from '../../../src/faces/align.ts';
import { frameOf } from '../../../src/faces/frame.ts';
import { random } from '../../../src/imaging/random.ts';
import { drawCloseup } from '../../../training/detector/closeups.ts';
import { medianPlaces } from '../../../training/detector/median.ts';
import type { Portrait } from '../../../training/detector/portraits.ts';
import { place } from '../../../training/detector/scenes.ts';

const points: Landmarks = [
  { x: 70, y: 82 },
  { x: 102, y: 90 },
  { x: 80, y: 108 },
  { x: 66, y: 120 },
  { x: 90, y: 126 },
];
const plane = { width: 160, height: 200, data: new Uint8Array(160 * 200).fill(90) };
const portrait: Portrait = {
  greys: [[plane], [plane]],
  faces: [{ centre: { x: 82, y: 100 }, width: 70, height: 94, points }],
};

test('a face placed by its landmarks has them where it was placed, mirrored too', () => {
  const cell = { left: 0, top: 0, right: 64, bottom: 64 };
  const tilts = new Set<number>();
  for (let seed = 0; seed < 8; seed++) {
    const canvas = { side: 64, data: new Float32Array(64 * 64) };
    const wanted = { size: 40, x: 30, y: 35, degrees: 12, frame: 'landmarks' as const };
    const [face] = place(canvas, cell, [portrait], wanted, random(seed, 0));
    const frame = frameOf(face?.points ?? points);
    expect(frame.size).toBeCloseTo(40, 4);
    expect(frame.middle.x).toBeCloseTo(30, 4);
    expect(frame.middle.y).toBeCloseTo(35, 4);
    expect(frame.angle).toBeCloseTo((12 * Math.PI) / 180, 4);
    tilts.add(Math.round((face?.points[2].x ?? 0) * 100));
  }
  // some of them are mirrored
  expect(tilts.size).toBe(2);
});

test('close-ups are the same for the same seed; faces lie about the middle, and not all are faces', () => {
  let faces = 0;
  for (let seed = 0; seed < 60; seed++) {
    const closeup = drawCloseup([portrait], random(seed, 1));
    expect(drawCloseup([portrait], random(seed, 1))).toEqual(closeup);
    if (!closeup.points) continue;
    faces++;
    const [x0 = 0, , x1 = 0] = closeup.points;
    expect(x0).toBeLessThan(x1);
    expect(Math.max(...closeup.points.map(Math.abs))).toBeLessThan(1.2);
  }
  expect(faces).toBeGreaterThan(25);
  expect(faces).toBeLessThan(58);
});

test('the landmarks of many looks are their medians, which one bad look does not move', () => {
  const look = (by: number) => points.map(({ x, y }) => [x + by, y - by] as const);
  const [eye] = medianPlaces([look(-1), look(0.4), look(1), look(0.5), look(500)]);
  expect(eye).toEqual([70.5, 81.5]);
  expect(medianPlaces([look(1), look(2)])[2]).toEqual([81.5, 106.5]);
  expect(() => medianPlaces([])).toThrow('internal:');
});
