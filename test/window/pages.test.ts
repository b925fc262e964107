/**
 * The pages of the window in a real browser over a fake studio: each loads without an error, has nothing serious against
 * it in axe, light and dark, wide and narrow; and a photo is restored with the keyboard alone.
 */
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { BUILT, CHROMIUM, buildWindow, launch, violations } from './browser.ts';
import { serveFake } from './fake/serve.ts';

type Served = Awaited<ReturnType<typeof serveFake>>;

const PAGES = [
  '#/library',
  '#/duplicates',
  '#/photo/photo-0',
  '#/people',
  '#/person/person-0',
  '#/models',
  '#/settings',
];
const LOOKS = [
  { width: 1280, height: 800, colorScheme: 'light' },
  { width: 800, height: 600, colorScheme: 'dark' },
] as const;

describe.skipIf(CHROMIUM === undefined)('the window', () => {
  let browser: Browser;
  let server: Served;

  beforeAll(async () => {
    await buildWindow();
    browser = await launch();
    server = await serveFake(200, { stepMs: 20, folder: BUILT });
  }, 180_000);

  afterAll(async () => {
    await browser.close();
    await server.close(0);
  });

  /** A page of the window, with everything that went wrong on it. */
  async function open(
    hash: string,
    look: (typeof LOOKS)[number] = LOOKS[0],
  ): Promise<{ page: Page; errors: string[] }> {
    const { width, height, colorScheme } = look;
    const page = await browser.newPage({ viewport: { width, height }, colorScheme, reducedMotion: 'reduce' });
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    await page.goto(server.url);
    await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
    await page.locator('main section').first().waitFor();
    await page.waitForLoadState('networkidle');
    return { page, errors };
  }

  for (const look of LOOKS)
    test.each(PAGES)(
      `%s at ${look.width} x ${look.height}, ${look.colorScheme}: no error, axe content`,
      async (hash) => {
        const { page, errors } = await open(hash, look);
        expect(await violations(page)).toEqual([]);
        expect(errors).toEqual([]);
        const sideways = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
        expect(sideways).toBe(false);
        await page.close();
      },
    );

  test('a photo is found, opened and restored with the keyboard alone', async () => {
    const { page } = await open('#/library');
    await page.keyboard.press('/');
    await page.keyboard.type('Scan 0197');
    await page.getByRole('gridcell', { name: /Scan 0197/ }).waitFor();
    await page.getByRole('gridcell', { name: /Scan 0198/ }).waitFor({ state: 'detached' });
    for (let i = 0; i < 20; i++) {
      await page.keyboard.press('Tab');
      if (await page.evaluate(`document.activeElement?.getAttribute('role') === 'gridcell'`)) break;
    }
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Scan 0197.jpg' }).waitFor();
    await page.keyboard.press('r');
    await page.getByRole('progressbar', { name: 'Restoration' }).waitFor();
    await page
      .getByRole('group', { name: 'Versions' })
      .getByRole('button', { name: /Prior, 1/ })
      .waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('grid').waitFor();
    await page.close();
  });

  test('a face is placed by hand with three clicks', async () => {
    const { page } = await open('#/photo/photo-1');
    await page.getByRole('button', { name: 'Place a face by hand' }).click();
    const viewer = page.getByRole('application');
    for (const at of [
      { x: 300, y: 250 },
      { x: 360, y: 250 },
      { x: 330, y: 310 },
    ])
      await viewer.click({ position: at });
    await page.getByRole('checkbox', { name: 'Restore' }).waitFor();
    expect(server.studio.data.faces.some(({ photo, byHand }) => photo === 'photo-1' && byHand)).toBe(true);
    await page.close();
  });

  test('damage is painted, taken back, restored with and found again', async () => {
    const { page, errors } = await open('#/photo/photo-2');
    await page.getByRole('heading', { name: 'Scan 0198.jpg' }).waitFor();
    await page.keyboard.press('d');
    const said = page.getByRole('status').filter({ hasText: /% of the photo/ });
    await said.filter({ hasText: 'is damaged' }).waitFor();
    const found = await said.textContent();
    const viewer = page.getByRole('application');
    const box = (await viewer.boundingBox())!;
    const across = async (y: number): Promise<void> => {
      await page.mouse.move(box.x + 150, box.y + y);
      await page.mouse.down();
      await page.mouse.move(box.x + 450, box.y + y, { steps: 6 });
      await page.mouse.up();
    };
    await across(200);
    await said.filter({ hasText: 'is marked' }).waitFor();
    const once = await said.textContent();
    await page.keyboard.press(']');
    await across(300);
    await page.keyboard.press('e');
    await across(200);
    await page.keyboard.press('Control+z');
    await page.keyboard.press('Control+z');
    await page.waitForFunction(`document.body.innerText.includes(${JSON.stringify(once)})`);
    await page.keyboard.press('Control+z');
    await page.waitForFunction(`document.body.innerText.includes(${JSON.stringify(found)})`);
    await page.keyboard.press('Control+Shift+z');

    // with the keyboard alone, on nothing but what is painted
    await page.getByRole('button', { name: 'Clear' }).click();
    await said.filter({ hasText: /^0(\.0)? %/ }).waitFor();
    await page.keyboard.press('b');
    await viewer.focus();
    await page.keyboard.press('Space');
    await said.filter({ hasText: /^0\.1 % .* is marked/ }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.keyboard.press('r');
    await page
      .getByRole('group', { name: 'Versions' })
      .getByRole('button', { name: /Prior, / })
      .waitFor();
    const asked = [...server.studio.data.asked.values()].at(-1);
    expect(asked?.choice.repair.scratches).toBe(1);
    const { data, info } = await sharp(asked!.mask)
      .extractChannel(0)
      .raw()
      .toBuffer({ resolveWithObject: true });
    const marked = data.filter((value) => value === 255).length;
    expect([info.width, info.height]).toEqual([1200, 900]);
    // a dab of 24 pixels (2 % of the longest side) times 1.25 across
    expect(marked).toBeGreaterThan(0.8 * Math.PI * 15 ** 2);
    expect(marked).toBeLessThan(1.2 * Math.PI * 15 ** 2);
    await page.close();

    const again = await open('#/photo/photo-2');
    await again.page.getByText('painted by hand').waitFor();
    expect([...errors, ...again.errors]).toEqual([]);
    await again.page.close();
  });

  test('renaming a person is undone with Ctrl+Z', async () => {
    const { page } = await open('#/person/person-1');
    await page.getByRole('button', { name: 'Edit' }).click();
    await page.getByLabel('Name').fill('Anna of the lake');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'Anna of the lake' }).waitFor();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('Control+z');
    await page.getByRole('heading', { name: 'anna', exact: true }).waitFor();
    await page.close();
  });

  test('deleting a person says how much room that made', async () => {
    const { page } = await open('#/person/person-2');
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page
      .getByRole('alertdialog')
      .or(page.getByRole('dialog'))
      .getByRole('button', { name: 'Delete' })
      .click();
    await page.getByText('deleted; 2.4 MB freed on disk').waitFor();
    await page.close();
  });

  test('pictures that cannot be had leave their place empty', async () => {
    const { page } = await open('#/library');
    await page.route(/\/image\/face\//, (route) => route.abort());
    await page.evaluate(`location.hash = '#/people'`);
    const cover = page.getByRole('link', { name: /Uncle/ }).locator('img');
    await page.locator('img.broken').first().waitFor({ state: 'attached' });
    await expect.poll(() => cover.isVisible()).toBe(false);
    await page.unroute(/\/image\/face\//);
    await page.reload();
    await expect.poll(() => cover.isVisible()).toBe(true);
    await page.close();
  });
});
