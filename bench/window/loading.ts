/**
 * How the window begins: when it paints first, when photos are in sight, and how much JavaScript that took.
 * Part of bench/window.ts.
 */
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';

export interface Loading {
  /** First contentful paint, from the start of the navigation (Paint Timing). */
  readonly paintMs: number;
  /** Until the first photos of the library are in the page. */
  readonly gridMs: number;
  /** All JavaScript loaded by then, each file gzipped. */
  readonly gzipBytes: number;
}

/** Opens `url` `times` times, each in a browser profile of its own. */
export async function measureLoading(browser: Browser, url: string, times: number): Promise<Loading[]> {
  const loads: Loading[] = [];
  for (let i = 0; i < times; i++) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    const scripts: Promise<Buffer>[] = [];
    page.on('response', (response) => {
      if (response.url().split('?')[0]?.endsWith('.js')) scripts.push(response.body());
    });
    await page.goto(url);
    await page.getByRole('gridcell').first().waitFor();
    const gridMs = await page.evaluate('performance.now()');
    await page.waitForLoadState('networkidle');
    const paintMs = await page.evaluate(
      `performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN`,
    );
    const gzipBytes = (await Promise.all(scripts)).reduce((sum, body) => sum + gzipSync(body).length, 0);
    loads.push({ paintMs: Number(paintMs), gridMs: Number(gridMs), gzipBytes });
    await page.close();
  }
  return loads;
}
