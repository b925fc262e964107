/**
 * What a user does in the window, one function a thing they would name: each ends when the window shows that it happened.
 * whole.e2e.ts is the story they tell; the window's own words come from src/renderer/strings.
 */
import type { Locator, Page } from 'playwright-core';

/** For what a page shows at once, and for work of the engine on a machine that is busy. */
const SOON = { timeout: 60_000 };
const WORK = { timeout: 180_000 };

export async function visit(page: Page, name: 'Library' | 'People' | 'Models' | 'Settings'): Promise<void> {
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name }).click(SOON);
  await page.locator('main section').first().waitFor(SOON);
}

/** Walks the places dialog, which is open, down to the last of `names` and chooses it with `button`. */
export async function walkTo(page: Page, names: readonly string[], button: string): Promise<void> {
  const dialog = page.getByRole('dialog').last();
  for (const name of names) await dialog.getByRole('button', { name, exact: true }).click(SOON);
  await dialog
    .locator('.path')
    .filter({ hasText: names.at(-1) ?? '' })
    .waitFor(SOON);
  await dialog.getByRole('button', { name: button }).click(SOON);
}

/** Opens a photo from the library by its file's name, without the ending. */
export async function openPhoto(page: Page, name: string): Promise<void> {
  await visit(page, 'Library');
  await page.getByRole('gridcell', { name: new RegExp(`^${name}\\b`) }).dblclick(SOON);
  await page.getByRole('heading', { name: new RegExp(name) }).waitFor(SOON);
}

/** On a photo's page: ends when a face is listed. */
export async function findFaces(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Find faces' }).click(SOON);
  await page.getByRole('checkbox', { name: 'Restore' }).first().waitFor(WORK);
}

/** On a photo's page: the versions whose name begins with `whose`. */
export function versions(page: Page, whose: string): Locator {
  const name = new RegExp(`^${whose}, \\d`);
  return page.getByRole('group', { name: 'Versions' }).getByRole('button', { name });
}

/** On a photo's page: presses Restore, sees a live preview, and waits for the version of `whose`. */
export async function restore(page: Page, whose: string): Promise<void> {
  const before = await versions(page, whose).count();
  const button = page.getByRole('button', { name: 'Restore', exact: true });
  await button.click(SOON);
  const preview = page.getByRole('img', { name: 'Work in progress' });
  await preview.waitFor({ ...WORK, state: 'attached' });
  await versions(page, whose).nth(before).waitFor(WORK);
  await button.waitFor(WORK);
}

/** Pictures of a restored version in the viewer of a photo's page. */
export function restored(page: Page): Locator {
  return page.getByRole('application').locator('img[src*="rendition"]');
}

/** On the people page: makes a person of all faces without a name. */
export async function makePerson(page: Page, name: string): Promise<void> {
  const faces = page.locator('.unnamed').getByRole('button', { name: /^Face \d/ });
  await faces.first().waitFor(SOON);
  for (const face of await faces.all()) await face.click(SOON);
  await page.getByRole('button', { name: 'New person' }).click(SOON);
  await page.getByRole('textbox', { name: 'Name' }).fill(name, SOON);
  await page.getByRole('button', { name: 'Create' }).click(SOON);
  await page.getByRole('link', { name: new RegExp(name) }).waitFor(SOON);
}

/** On a person's page: the photos of the album. */
export function anchors(page: Page): Locator {
  return page.getByRole('region', { name: 'Album' }).getByRole('listitem');
}

/** On a person's page: what the person's prior has learned. */
export function adapters(page: Page): Locator {
  return page.getByRole('region', { name: 'Finetune' }).getByRole('button', { name: /^Fast recipe/ });
}

/** In the library: exports one photo into the folder at the end of `target`, in the home folder. */
export async function exportPhoto(page: Page, name: string, target: readonly string[]): Promise<void> {
  await visit(page, 'Library');
  await page.getByRole('gridcell', { name: new RegExp(`^${name}\\b`) }).click(SOON);
  const selection = page.getByRole('toolbar', { name: 'Selected photos' });
  await selection.getByRole('button', { name: 'Export' }).click(SOON);
  await page.getByRole('button', { name: 'Choose a folder' }).click(SOON);
  await walkTo(page, target, 'Export here');
  const start = page.getByRole('dialog').getByRole('button', { name: 'Export', exact: true });
  await page.getByText('1 file').waitFor(SOON);
  await start.click(SOON);
}
