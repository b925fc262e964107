/**
 * Where the window was: kept beside Electron's own files, and put right where a screen is gone or the file is damaged.
 * windows.ts opens the window there.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Rectangle } from 'electron';
import * as v from 'valibot';

const whole = v.pipe(v.number(), v.safeInteger());
const WindowState = v.object({
  x: whole,
  y: whole,
  width: whole,
  height: whole,
  maximized: v.boolean(),
});
export type WindowState = v.InferOutput<typeof WindowState>;

export const SMALLEST = { width: 720, height: 520 };
const USUAL = { width: 1280, height: 800 };
/** So much of the title bar must be on a screen that a hand can take hold of it. */
const VISIBLE = { width: 120, height: 40 };

/** undefined where there is none yet, or none that can be read. */
export function readState(file: string): WindowState | undefined {
  try {
    const parsed = v.safeParse(WindowState, JSON.parse(readFileSync(file, 'utf8')));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}

export function writeState(file: string, state: WindowState): void {
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, JSON.stringify(state));
  renameSync(temporary, file);
}

/** How much of `[a, a + size)` is within `[b, b + room)`. */
const shared = (a: number, size: number, b: number, room: number): number =>
  Math.min(a + size, b + room) - Math.max(a, b);

/**
 * Bounds that can be seen: the kept ones where a screen shows their title bar, else centred on the first screen; never
 * larger than that screen's work area, never smaller than the page can be. `areas`: work areas, the primary one first.
 */
export function saneBounds(kept: WindowState | undefined, areas: readonly Rectangle[]): Rectangle {
  const first = areas[0] ?? { x: 0, y: 0, ...USUAL };
  const sizeIn = (area: Rectangle) => ({
    width: Math.min(area.width, Math.max(SMALLEST.width, kept?.width ?? USUAL.width)),
    height: Math.min(area.height, Math.max(SMALLEST.height, kept?.height ?? USUAL.height)),
  });
  const { x, y } = kept ?? {};
  for (const area of areas) {
    if (x === undefined || y === undefined) break;
    const { width, height } = sizeIn(area);
    const shown = shared(x, width, area.x, area.width) >= VISIBLE.width;
    if (shown && y >= area.y && y + VISIBLE.height <= area.y + area.height) return { x, y, width, height };
  }
  const { width, height } = sizeIn(first);
  return {
    x: Math.round(first.x + (first.width - width) / 2),
    y: Math.round(first.y + (first.height - height) / 2),
    width,
    height,
  };
}
