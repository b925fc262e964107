/**
 * `node test/e2e/screenshots.ts`: every page in two sizes, light and dark, into docs/screenshots, over what the last
 * `npm run test:e2e` left behind. Its photos are the project's own (photos.ts).
 */
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { launch } from '../window/browser.ts';
import { DATA, HOME, buildWindow, startApplication } from './application.ts';
import { adapters, anchors, openPhoto, restored, visit } from './steps.ts';

const FOLDER = join(import.meta.dirname, '../../docs/screenshots');
const SIZES = [
  { width: 1280, height: 800 },
  { width: 800, height: 600 },
] as const;

/** In the page: no picture in sight is still on its way. */
const PICTURES_THERE = `[...document.images].every((image) => image.complete || image.getBoundingClientRect().top > innerHeight)`;

/** In the page: where this machine keeps the run is nobody's business. */
const HOME_HIDDEN = `(() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replace(${JSON.stringify(HOME)}, '~');
})()`;

/** Brings each page up as a user would. */
const PAGES: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  library: async (page) => {
    await visit(page, 'Library');
    await page.getByRole('gridcell', { name: /^scan-2\b/ }).click();
  },
  export: async (page) => {
    const selection = page.getByRole('toolbar', { name: 'Selected photos' });
    await selection.getByRole('button', { name: 'Export' }).click();
    await page.getByRole('dialog').getByText('1 file').waitFor();
  },
  photo: async (page) => {
    await page.keyboard.press('Escape');
    await openPhoto(page, 'scan-3');
    await restored(page).waitFor();
    await page.getByRole('checkbox', { name: 'Restore' }).waitFor();
  },
  jobs: async (page) => {
    await visit(page, 'Library');
    await page.getByRole('button', { name: /^Jobs/ }).click();
    await page.getByRole('complementary', { name: 'Jobs' }).getByRole('listitem').first().waitFor();
  },
  people: async (page) => {
    await page.getByRole('complementary', { name: 'Jobs' }).getByRole('button', { name: 'Close' }).click();
    await visit(page, 'People');
    await page
      .getByRole('link', { name: /photos/ })
      .first()
      .waitFor();
  },
  person: async (page) => {
    await page
      .getByRole('link', { name: /photos/ })
      .first()
      .click();
    await anchors(page).first().waitFor();
    await adapters(page).first().click();
  },
  models: (page) => visit(page, 'Models'),
  settings: async (page) => {
    await visit(page, 'Settings');
    await page.getByText('Scans', { exact: true }).waitFor();
  },
};

if (!existsSync(DATA)) throw new Error('There is nothing to show yet: run npm run test:e2e first.');
await rm(FOLDER, { recursive: true, force: true });
await mkdir(FOLDER, { recursive: true });
await buildWindow();
const application = await startApplication();
const browser = await launch();
try {
  for (const size of SIZES)
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await browser.newPage({ viewport: size, colorScheme, reducedMotion: 'reduce' });
      await page.goto(application.url);
      for (const [name, open] of Object.entries(PAGES)) {
        await open(page);
        await page.waitForLoadState('networkidle');
        for (let i = 0; i < 100 && !(await page.evaluate(PICTURES_THERE)); i++)
          await page.waitForTimeout(100);
        await page.evaluate(HOME_HIDDEN);
        const file = `${name}-${size.width}x${size.height}-${colorScheme}.webp`;
        await sharp(await page.screenshot())
          .webp({ quality: 84, effort: 6 })
          .toFile(join(FOLDER, file));
        process.stdout.write(`docs/screenshots/${file}\n`);
      }
      await page.close();
    }
} finally {
  await browser.close();
  await application.quit();
}
