/** The square around five landmarks: where they put it, and that it turns and grows with them. Subject: src/faces/frame.ts. */
import { expect, test } from 'vitest';
import { apply } from '../../src/faces/align.ts';
import type { Landmarks } from '../../src/faces/align.ts';
import { frameMap, frameOf, tiltOf } from '../../src/faces/frame.ts';

/** A face of the mean shape, `size` large, turned clockwise about its box's middle. */
function face(x: number, y: number, size: number, angle: number): Landmarks {
  const [cos, sin] = [size * Math.cos(angle), size * Math.sin(angle)];
  const at = (u: number, v: number) => ({ x: x + cos * u - sin * v, y: y + sin * u + cos * v });
  const [eyes, mouth] = [0.073 - 0.413 / 2, 0.073 + 0.413 / 2];
  return [at(-0.1925, eyes), at(0.1925, eyes), at(0, 0.1), at(-0.15, mouth), at(0.15, mouth)];
}

test('a face of the mean shape has the frame it was drawn in', () => {
  for (const angle of [0, 0.4, -2]) {
    const landmarks = face(50, 70, 30, angle);
    const frame = frameOf(landmarks);
    expect(frame.size).toBeCloseTo(30, 6);
    expect(frame.angle).toBeCloseTo(angle, 6);
    expect(tiltOf(landmarks)).toBeCloseTo(angle, 6);
    expect(frame.middle.x).toBeCloseTo(50, 6);
    expect(frame.middle.y).toBeCloseTo(70, 6);
  }
});

test('eyes drawn together by a turned head do not make the frame small', () => {
  const [left, right, ...rest] = face(50, 70, 30, 0);
  const nearer = (x: number) => 50 + (x - 50) / 3;
  const [p, q] = [
    { x: nearer(left.x), y: left.y },
    { x: nearer(right.x), y: right.y },
  ];
  expect(frameOf([p, q, ...rest]).size).toBeCloseTo(30, 6);
});

test('the map takes the middle of the crop to that of the frame, and its edge as far as the margin says', () => {
  const frame = { middle: { x: 12, y: 34 }, size: 10, angle: Math.PI / 2 };
  const map = frameMap(frame, 1.6, 64);
  const middle = apply(map, { x: 32, y: 32 });
  expect([middle.x, middle.y].map((v) => Math.round(v * 1e6) / 1e6)).toEqual([12, 34]);
  // turned by a quarter, the crop's right is the picture's down
  const right = apply(map, { x: 64, y: 32 });
  expect(right.x).toBeCloseTo(12, 6);
  expect(right.y).toBeCloseTo(34 + 8, 6);
});
