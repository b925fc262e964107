/**
 * Chromium for tests of the window: the system's, headless, with the built window and a fake studio behind it. The window
 * is built once a run into a folder of its own. Where there is no Chromium, tests say so and pass over.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import AxeBuilder from 'axe-core';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';

const NAMES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
export const CHROMIUM = process.env['ALBUMEN_CHROMIUM'] ?? NAMES.find((path) => existsSync(path));
export const BUILT = join(import.meta.dirname, '../../node_modules/.cache/window');

/** Builds the window for a test run. */
export async function buildWindow(): Promise<void> {
  const configFile = join(import.meta.dirname, '../../vite.renderer.config.ts');
  await build({ configFile, logLevel: 'error', build: { outDir: BUILT, reportCompressedSize: false } });
}

export async function launch(): Promise<Browser> {
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', ...quiet];
  return chromium.launch({ ...(CHROMIUM === undefined ? {} : { executablePath: CHROMIUM }), args });
}

/** What axe finds on the page as it is: serious and critical violations, one line each. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AxeBuilder.source);
  const found = await page.evaluate<Violation[]>('axe.run().then(({ violations }) => violations)');
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(' | ')}`);
}

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly target: readonly string[] }[];
}
