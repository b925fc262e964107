/**
 * Not run on the machines this project is written on: Electron's binary cannot be had there. .github/workflows/packages.yml
 * runs it, `node test/electron/smoke.ts PROGRAM`, on a packed application whose inspector fuse is on: it starts, adds a
 * folder, shows a photo, finds its faces, quits, and has it all when it starts again.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { _electron } from 'playwright-core';
import type { ElectronApplication, Page } from 'playwright-core';
import sharp from 'sharp';

/** Slow machines start Electron in more than half a minute. */
const PATIENCE_MS = 120_000;

const program = process.argv[2];
assert(program, 'usage: node test/electron/smoke.ts PROGRAM');
const home = mkdtempSync(join(tmpdir(), 'albumen-smoke-'));
const photos = join(home, 'photos');
mkdirSync(photos);
const paper = { width: 1200, height: 900, channels: 3, background: '#b9a58a' } as const;
await sharp({ create: paper }).jpeg().toFile(join(photos, 'picnic.jpg'));

try {
  await within(async (app, page) => {
    await page.getByRole('heading', { name: 'Your photos stay where they are' }).waitFor();
    await guarded(page);
    await app.evaluate(({ dialog }, folder) => {
      dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [folder] });
    }, photos);
    await page.getByRole('button', { name: 'Add folder' }).first().click();
    await pictured(page);
    await page.getByRole('link', { name: 'Models' }).click();
    await page.getByText('In use').waitFor();
  });
  await within(async (_, page) => {
    await pictured(page);
  });
  process.stdout.write('smoke test: passed\n');
} finally {
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
}

/** Starts the application, does `work` with its window, and quits it; a failure leaves a picture. */
async function within(work: (app: ElectronApplication, page: Page) => Promise<void>): Promise<void> {
  const app = await _electron.launch({
    executablePath: resolve(program ?? ''),
    // chrome-sandbox of an unpacked folder belongs to nobody who could use it
    args: process.platform === 'linux' ? ['--no-sandbox'] : [],
    env: { ...process.env, ALBUMEN_HOME: join(home, 'data') },
    timeout: PATIENCE_MS,
  });
  const page = await app.firstWindow({ timeout: PATIENCE_MS });
  page.setDefaultTimeout(PATIENCE_MS);
  try {
    await work(app, page);
  } catch (error) {
    mkdirSync('out/smoke', { recursive: true });
    await page.screenshot({ path: 'out/smoke/failed.png' });
    throw error;
  } finally {
    await app.close();
  }
}

/** photo:// answers with a picture of the photo. */
async function pictured(page: Page): Promise<void> {
  const image = page.locator('img[src^="photo://thumb/"]').first();
  await image.waitFor();
  // A string: this file is checked without the types of a browser.
  await page.waitForFunction(`document.querySelector('img[src^="photo://thumb/"]')?.naturalWidth > 0`);
}

/** The page has nothing of Node, and cannot leave. */
async function guarded(page: Page): Promise<void> {
  for (const refused of [
    `typeof require === 'undefined' && typeof process === 'undefined'`,
    `window.open('https://example.org/') === null`,
    `fetch('https://example.org/').then(() => false, () => true)`,
  ])
    assert.equal(await page.evaluate(refused), true, refused);
}
