/**
 * The whole application, as a user meets it, in a real browser: a folder of photos, faces, a restoration, a person with
 * an album and a prior of their own, an export, and all of it there again after a restart. steps.ts has the steps.
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { launch } from '../window/browser.ts';
import { DATA, HOME, RUN, buildWindow, startApplication } from './application.ts';
import type { Application } from './application.ts';
import { browserAtHand } from './chromium.ts';
import { PHOTOS, makePhotos } from './photos.ts';
import {
  adapters,
  anchors,
  exportPhoto,
  findFaces,
  makePerson,
  openPhoto,
  restore,
  restored,
  versions,
  visit,
  walkTo,
} from './steps.ts';

/** The fewest there are: enough to see losses, and a twentieth of what one would have it learn. */
const FINETUNE_STEPS = 20;
/** A minute or two where nothing else runs; much more where something does. */
const FINETUNE_MS = 1_200_000;
const PERSON = 'anna';
const exported = join(HOME, 'Pictures', 'Restored');

let application: Application;
let browser: Browser;
let page: Page;
const errors: string[] = [];

async function start(): Promise<void> {
  application = await startApplication();
  page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('response', (response) => {
    if (response.status() >= 400) errors.push(`${response.status()} for ${new URL(response.url()).pathname}`);
  });
  await page.goto(application.url);
  await page.locator('main section').first().waitFor();
}

beforeAll(async () => {
  browserAtHand();
  await rm(RUN, { recursive: true, force: true });
  await makePhotos(join(HOME, 'Pictures', 'Scans'));
  await mkdir(exported);
  await mkdir(DATA);
  await buildWindow();
  browser = await launch();
  await start();
});

/** What the window showed when a step failed: what happened is easier seen than told. */
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail' || page.isClosed()) return;
  await page.screenshot({ path: join(RUN, 'failed.png') });
  const shown = await page.locator('body').innerText();
  process.stderr.write(`the window showed (and node_modules/.cache/e2e/failed.png shows): ${shown}\n`);
});

afterAll(async () => {
  await browser.close();
  application.kill();
});

test('a folder is opened and its photos appear', async () => {
  await page.getByRole('button', { name: 'Add folder' }).first().click();
  await walkTo(page, ['home', 'Pictures', 'Scans'], 'Add this folder');
  await page.getByRole('gridcell', { name: /^scan-1\b/ }).waitFor();
  await page.getByRole('gridcell', { name: new RegExp(`^scan-${PHOTOS}\\b`) }).waitFor();
  expect(await page.getByRole('gridcell').count()).toBe(PHOTOS);
});

test('faces are found in every photo', async () => {
  for (let i = 1; i <= PHOTOS; i++) {
    await openPhoto(page, `scan-${i}`);
    await findFaces(page);
  }
}, 900_000);

test('a photo is restored while it shows how, and compared', async () => {
  await openPhoto(page, 'scan-3');
  await restore(page, 'Prior');
  const after = restored(page);
  await after.waitFor();
  const edge = (): Promise<string | null> => after.getAttribute('style');
  const middle = await edge();
  await page.getByRole('application').focus();
  await page.keyboard.press('Alt+ArrowLeft');
  await expect.poll(edge, { message: 'the slider between before and after moves' }).not.toBe(middle);

  const hold = page.getByRole('button', { name: 'Hold to see the photo as it was' });
  await hold.hover();
  await page.mouse.down();
  await after.waitFor({ state: 'detached' });
  await page.mouse.up();
  await after.waitFor();
});

test('a photo is restored with the keyboard alone', async () => {
  await visit(page, 'Library');
  await page.keyboard.press('/');
  await page.keyboard.type('scan-5');
  await page.getByRole('gridcell', { name: /^scan-1\b/ }).waitFor({ state: 'detached' });
  const onPhoto = `document.activeElement?.getAttribute('role') === 'gridcell'`;
  for (let i = 0; i < 20 && !(await page.evaluate(onPhoto)); i++) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: /scan-5/ }).waitFor();
  await page.getByRole('checkbox', { name: 'Restore' }).waitFor();
  await page.keyboard.press('r');
  await versions(page, 'Prior').waitFor({ timeout: 180_000 });
  await page.keyboard.press('Escape');
  await page.getByRole('grid').waitFor();
});

test('damage is found, painted and repaired', async () => {
  await openPhoto(page, 'scan-4');
  await page.keyboard.press('d');
  await page.getByText(/% of the photo is damaged/).waitFor({ timeout: 180_000 });
  const box = await page.getByRole('application').boundingBox();
  if (!box) throw new Error('the viewer is not there');
  await page.mouse.move(box.x + box.width / 2 - 60, box.y + 140);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2 + 60, box.y + 160, { steps: 8 });
  await page.mouse.up();
  await page.getByText(/% of the photo is marked/).waitFor();
  await page.getByRole('button', { name: 'Done' }).click();
  await restore(page, 'Prior');
});

test('the found faces become a person with an album', async () => {
  await visit(page, 'People');
  await makePerson(page, PERSON);
  await page.getByRole('link', { name: new RegExp(PERSON) }).click();
  await page.getByRole('button', { name: 'Choose for me' }).click();
  await anchors(page).nth(3).waitFor();
});

test(
  'the prior learns the person, with its losses on the way',
  async () => {
    const steps = page.getByRole('spinbutton', { name: 'Steps' });
    await steps.fill(String(FINETUNE_STEPS));
    await steps.press('Tab');
    await page.getByRole('button', { name: 'Finetune', exact: true }).click();
    await page.getByRole('progressbar', { name: 'Finetune' }).waitFor();
    await page.getByText(/step \d+: \d/).waitFor({ timeout: 180_000 });
    await adapters(page).waitFor({ timeout: FINETUNE_MS });
  },
  FINETUNE_MS + 300_000,
);

test('a photo is restored with the prior of the person', async () => {
  await openPhoto(page, 'scan-3');
  await page.getByRole('combobox', { name: 'Restore with' }).selectOption({ label: PERSON });
  await restore(page, PERSON);
  await page.getByRole('button', { name: 'Show this version in the library' }).first().click();
  await page.getByRole('button', { name: 'Show the original in the library' }).waitFor();
});

test('the restored photo is exported', async () => {
  await exportPhoto(page, 'scan-3', ['home', 'Pictures', 'Restored']);
  await expect
    .poll(() => readdir(exported), { timeout: 120_000, message: 'a file is written' })
    .toEqual([expect.stringMatching(/^[^.]*scan-3[^.]*\.\w+$/)]);
  const [file = ''] = await readdir(exported);
  const pixels = (path: string): Promise<Buffer> => sharp(path).raw().toBuffer();
  const original = join(HOME, 'Pictures', 'Scans', 'scan-3.jpg');
  const { width, height } = await sharp(join(exported, file)).metadata();
  expect({ width, height }).toEqual({ width: 960, height: 760 });
  expect((await pixels(join(exported, file))).equals(await pixels(original))).toBe(false);
});

test('all of it is there after a restart', async () => {
  await page.close();
  expect(await application.quit()).toBe(0);
  await start();
  await page.getByRole('gridcell', { name: /^scan-1\b/ }).waitFor();
  expect(await page.getByRole('gridcell').count()).toBe(PHOTOS);
  await openPhoto(page, 'scan-3');
  await page.getByRole('checkbox', { name: 'Restore' }).waitFor();
  await versions(page, 'Prior').waitFor();
  await versions(page, PERSON).waitFor();
  const withWhom = page.getByRole('combobox', { name: 'Restore with' }).locator('option:checked');
  await expect.poll(() => withWhom.textContent(), { message: 'what was chosen last' }).toBe(PERSON);
  await openPhoto(page, 'scan-4');
  await page.getByText('painted by hand').waitFor();
  await visit(page, 'People');
  await page.getByRole('link', { name: new RegExp(PERSON) }).click();
  await anchors(page).nth(3).waitFor();
  await adapters(page).waitFor();
});

test('nothing went wrong on any page', () => {
  expect(errors).toEqual([]);
});
