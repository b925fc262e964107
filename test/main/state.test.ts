/**
 * The window's place: kept, put right where a screen is gone, and nothing lost by a damaged file; src/main/state.ts.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { readState, saneBounds, SMALLEST, writeState } from '../../src/main/state.ts';

const folder = mkdtempSync(join(tmpdir(), 'albumen-state-'));
afterAll(() => rmSync(folder, { recursive: true }));

const first = { x: 0, y: 25, width: 1920, height: 1055 };
const second = { x: 1920, y: 0, width: 2560, height: 1440 };
const kept = { x: 2000, y: 100, width: 1400, height: 900, maximized: false };

it('opens where it was, on either screen', () => {
  expect(saneBounds(kept, [first, second])).toEqual({ x: 2000, y: 100, width: 1400, height: 900 });
});

it('comes back to the first screen where its own is gone', () => {
  expect(saneBounds(kept, [first])).toEqual({ x: 260, y: 103, width: 1400, height: 900 });
});

it('comes back where only its edge would show, or its title bar would not', () => {
  expect(saneBounds({ ...kept, x: 1900 }, [first]).x).toBe(260);
  expect(saneBounds({ ...kept, x: 100, y: -200 }, [first]).y).toBe(103);
  expect(saneBounds({ ...kept, x: 100, y: 1070 }, [first]).y).toBe(103);
});

it('always shows enough of the title bar to take hold of it', () => {
  const at = fc.integer({ min: -20_000, max: 20_000 });
  const state = fc.record({
    x: at,
    y: at,
    width: fc.integer({ min: -5, max: 20_000 }),
    height: fc.integer({ min: -5, max: 20_000 }),
    maximized: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.option(state, { nil: undefined }),
      fc.constantFrom([first], [first, second]),
      (state, areas) => {
        const { x, y, width, height } = saneBounds(state, areas);
        expect(width).toBeGreaterThanOrEqual(SMALLEST.width);
        expect(height).toBeGreaterThanOrEqual(SMALLEST.height);
        const shown = areas.some(
          (a) =>
            Math.min(x + width, a.x + a.width) - Math.max(x, a.x) >= 120 &&
            y >= a.y &&
            y + 40 <= a.y + a.height,
        );
        expect(shown).toBe(true);
      },
    ),
  );
});

it('keeps the place, whole', () => {
  const file = join(folder, 'window.json');
  writeState(file, kept);
  expect(readState(file)).toEqual(kept);
  expect(readdirSync(folder)).toEqual(['window.json']);
});

it.each([
  '',
  '{',
  '[]',
  '{"x":1}',
  '{"x":"1","y":2,"width":3,"height":4,"maximized":false}',
  '{"x":1e400,"y":0,"width":1,"height":1,"maximized":true}',
])('starts anew from %j', (text) => {
  const file = join(folder, 'damaged.json');
  writeFileSync(file, text);
  expect(readState(file)).toBeUndefined();
  expect(readState(join(folder, 'none.json'))).toBeUndefined();
});
