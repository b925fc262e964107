/**
 * The window while the engine is at full load: from a key to the next frame, and from a preview that arrives to the
 * preview on the screen. Part of bench/window.ts; the load is a restoration of 200 steps.
 */
/// <reference lib="dom" />
import type { Browser, Page } from 'playwright-core';
import { previewOf } from '../../src/processes/engine/pictures.ts';

const KEYS = 60;
const SIDE = 128;
const PATIENCE = { timeout: 180_000 };

export interface Working {
  readonly inputMs: readonly number[];
  /** From the message with the picture to the frame that shows it. */
  readonly previewMs: readonly number[];
  /** Making the message's picture of a face of 128 x 128 in the engine. */
  readonly encodeMs: readonly number[];
}

export async function measureWorking(browser: Browser, url: string): Promise<Working> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.addInitScript(watch);
  await page.goto(url);
  await startRestoring(page);
  await page.getByRole('img', { name: 'Work in progress' }).waitFor({ ...PATIENCE, state: 'attached' });
  const encodeMs = await measureEncoding();
  for (let i = 0; i < KEYS; i++) {
    // outlines of faces on and off
    await page.keyboard.press('f');
    await page.waitForTimeout(150);
  }
  const working = await page.getByRole('progressbar', { name: 'Restoration' }).count();
  if (working === 0) throw new Error('the restoration ended before the keys did');
  const { inputMs, previewMs } =
    await page.evaluate<Pick<Working, 'inputMs' | 'previewMs'>>('globalThis.measured');
  if (previewMs.length === 0) throw new Error('no preview came while the photo was restored');
  await page.getByLabel('Choices').getByRole('button', { name: 'Cancel' }).click();
  await page.close();
  return { inputMs, previewMs, encodeMs };
}

/** From the empty library to a long restoration of its one photo. */
async function startRestoring(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Add folder' }).first().click();
  const dialog = page.getByRole('dialog');
  for (const name of ['home', 'Pictures', 'Scans'])
    await dialog.getByRole('button', { name, exact: true }).click();
  await dialog.locator('.path').filter({ hasText: 'Scans' }).waitFor();
  await dialog.getByRole('button', { name: 'Add this folder' }).click();
  await page.getByRole('gridcell', { name: /^scan/ }).dblclick(PATIENCE);
  await page.getByRole('button', { name: 'Find faces' }).click();
  await page.getByRole('checkbox', { name: 'Restore' }).waitFor(PATIENCE);
  await page.getByText('More choices').click();
  await page.getByRole('spinbutton', { name: 'Steps' }).fill('200');
  await page.getByRole('spinbutton', { name: 'Steps' }).press('Enter');
  const strength = page.getByRole('spinbutton', { name: 'Strength' });
  await strength.fill('600');
  await strength.press('Enter');
  await page.getByRole('button', { name: 'Restore', exact: true }).click();
  await page.getByRole('application').focus();
}

/** Runs in the page before anything of it: notes when keys and pictures come, and when the frame after them is made. */
function watch(): void {
  const measured: { inputMs: number[]; previewMs: number[] } = { inputMs: [], previewMs: [] };
  Object.assign(globalThis, { measured });
  /** After the next frame is made: its animation callbacks, style and layout are over. */
  const onFrame = (then: (now: number) => void): void =>
    void requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => then(performance.now());
      port2.postMessage(0);
    });
  addEventListener(
    'keydown',
    ({ key, timeStamp }) => {
      if (key === 'f') onFrame((now) => measured.inputMs.push(now - timeStamp));
    },
    true,
  );
  let arrived = NaN;
  const Socket = globalThis.WebSocket;
  globalThis.WebSocket = class extends Socket {
    constructor(address: string | URL, protocols?: string | string[]) {
      super(address, protocols);
      this.addEventListener('message', ({ data, timeStamp }) => {
        const size = data instanceof ArrayBuffer ? data.byteLength : data instanceof Blob ? data.size : 0;
        if (size > 1000) arrived = timeStamp;
      });
    }
  };
  // of the document: the load of a picture never gets to the window
  document.addEventListener(
    'load',
    ({ target }) => {
      if (!(target instanceof HTMLImageElement) || !target.classList.contains('preview')) return;
      const from = arrived;
      onFrame((now) => measured.previewMs.push(now - from));
    },
    true,
  );
}

async function measureEncoding(): Promise<number[]> {
  const image = Float32Array.from({ length: 3 * SIDE * SIDE }, (_, i) => Math.sin(i / 50));
  const times: number[] = [];
  for (let i = 0; i < 20; i++) {
    const began = performance.now();
    await previewOf(image);
    times.push(performance.now() - began);
  }
  return times;
}
