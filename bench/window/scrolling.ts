/**
 * Scrolling through the library: frames by requestAnimationFrame over ten seconds, then on, back and forth, until memory
 * is read. Part of bench/window.ts.
 */
/// <reference lib="dom" />
import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';

const MEASURED_MS = 10_000;
/** About four rows of photos a second: as fast as one looks. */
const SPEED = 800;
/** A page a frame or so: as fast as one leafs through years. */
const LEAFING = 12_000;

export interface Scrolling {
  readonly framesPerSecond: number;
  readonly longestMs: number;
  readonly heapMB: number;
  /** Private memory of the renderer's process, as Chromium counts it: RssAnon and VmSwap. NaN without /proc. */
  readonly processMB: number;
}

export async function measureScrolling(browser: Browser, url: string, minutes: number): Promise<Scrolling> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(url);
  await page.getByRole('gridcell').first().waitFor();
  await page.waitForLoadState('networkidle');
  const scroll = (ms: number, speed: number) => page.evaluate(scrollFor, { ms, speed });
  const { frames, longest, took } = await scroll(MEASURED_MS, SPEED);
  await scroll(Math.max(0, minutes * 60_000 - MEASURED_MS), LEAFING);
  const session = await page.context().newCDPSession(page);
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  const whole = await browser.newBrowserCDPSession();
  const { processInfo } = await whole.send('SystemInfo.getProcessInfo');
  const sizes = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => privateMB(id));
  await page.close();
  return {
    framesPerSecond: (1000 * frames) / took,
    longestMs: longest,
    heapMB: usedSize / 1e6,
    processMB: Math.max(...sizes),
  };
}

/** Runs in the page: scrolls the grid at `speed` pixels a second, turning at its ends. */
function scrollFor({
  ms,
  speed,
}: {
  ms: number;
  speed: number;
}): Promise<{ frames: number; longest: number; took: number }> {
  const grid = document.querySelector('[role="grid"]');
  const list = [...(grid?.querySelectorAll('*') ?? [])].find(
    (element) => element.scrollHeight > element.clientHeight + 1000,
  );
  if (!list) throw new Error('the grid has nothing to scroll');
  return new Promise((resolve) => {
    const began = performance.now();
    let [before, frames, longest, direction] = [began, 0, 0, 1];
    const frame = (): void => {
      const now = performance.now();
      frames++;
      longest = Math.max(longest, now - before);
      const at = list.scrollTop;
      if (at <= 0) direction = 1;
      else if (at + list.clientHeight >= list.scrollHeight - 2) direction = -1;
      list.scrollTop = at + (direction * speed * (now - before)) / 1000;
      before = now;
      if (now - began < ms) requestAnimationFrame(frame);
      else resolve({ frames, longest, took: now - began });
    };
    requestAnimationFrame(frame);
  });
}

function privateMB(process: number): number {
  try {
    const status = readFileSync(`/proc/${process}/status`, 'utf8');
    const kB = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]);
    return (kB('RssAnon') + kB('VmSwap')) / 1000;
  } catch {
    // no /proc here
    return NaN;
  }
}
