/** Overlap of boxes, and many findings made one face. Subject: src/faces/overlap.ts. */
import { expect, test } from 'vitest';
import type { Face } from '../../src/faces/face.ts';
import { merged, overlap } from '../../src/faces/overlap.ts';

const box = (left: number, top: number, width: number, height: number) => ({ left, top, width, height });

function face(score: number, left: number, top: number, size = 100): Face {
  const at = (x: number, y: number) => ({ x: left + x * size, y: top + y * size });
  return {
    score,
    box: box(left, top, size, size),
    landmarks: [at(0.3, 0.4), at(0.7, 0.4), at(0.5, 0.6), at(0.35, 0.8), at(0.65, 0.8)],
  };
}

test('overlap is intersection over union', () => {
  expect(overlap(box(0, 0, 10, 10), box(0, 0, 10, 10))).toBe(1);
  expect(overlap(box(0, 0, 10, 10), box(5, 0, 10, 10))).toBeCloseTo(50 / 150);
  expect(overlap(box(0, 0, 10, 10), box(10, 0, 10, 10))).toBe(0);
  expect(overlap(box(0, 0, 10, 10), box(20, 20, 10, 10))).toBe(0);
});

test('findings of one face become their mean, with the best score', () => {
  const [one, ...more] = merged([face(0.6, 4, 0), face(0.9, 0, 0)]);
  expect(more).toEqual([]);
  expect(one?.score).toBe(0.9);
  expect(one?.box.left).toBeCloseTo((0.6 * 4) / 1.5);
  expect(one?.landmarks[0].x).toBeCloseTo(30 + (0.6 * 4) / 1.5);
});

test('a finding that overlaps but does not agree is dropped, not averaged', () => {
  const [one, ...more] = merged([face(0.9, 0, 0), face(0.5, 35, 0)]);
  expect(more).toEqual([]);
  expect(one).toEqual(face(0.9, 0, 0));
});

test('a part of a face, found on a finer level, is no second face', () => {
  expect(merged([face(0.8, 0, 0, 200), face(0.7, 60, 60, 60)])).toHaveLength(1);
});

test('neighbours stay, best first', () => {
  const found = merged([face(0.5, 300, 0), face(0.7, 0, 0), face(0.6, 90, 0)]);
  expect(found.map(({ score }) => score)).toEqual([0.7, 0.6, 0.5]);
});
