/**
 * A browser for the end-to-end run: the system's Chromium, else the one playwright-core installs when there is none.
 * test/window/browser.ts launches it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { CHROMIUM } from '../window/browser.ts';

const CLI = join(import.meta.dirname, '../../node_modules/playwright-core/cli.js');

/** Installs Chromium where there is none. Throws with what to do where that fails. */
export function browserAtHand(): void {
  if (CHROMIUM !== undefined || existsSync(chromium.executablePath())) return;
  const { status } = spawnSync(process.execPath, [CLI, 'install', 'chromium'], { stdio: 'inherit' });
  if (status !== 0)
    throw new Error('There is no Chromium, and it could not be installed: set ALBUMEN_CHROMIUM to one.');
}
