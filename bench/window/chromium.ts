/**
 * Headless Chromium for bench/window.ts: the system's, else playwright-core's own, with nothing of it going on beside.
 * Pages of it are fresh: no cache, no storage.
 */
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

const NAMES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export async function launchChromium(): Promise<Browser> {
  const executablePath = process.env['ALBUMEN_CHROMIUM'] ?? NAMES.find((path) => existsSync(path));
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', ...quiet];
  return chromium.launch({ ...(executablePath === undefined ? {} : { executablePath }), args });
}
