/**
 * `npm run bench:window`: the built window in headless Chromium, over 100,000 photos that do not exist and over the real
 * application at full load. window/ has the parts.
 */
import { command, number } from '../training/command.ts';
import { launchChromium } from './window/chromium.ts';
import { measureLoading } from './window/loading.ts';
import { measureWorking } from './window/working.ts';
import { serveMany, serveReal } from './window/served.ts';
import { measureScrolling } from './window/scrolling.ts';
import { machineLine, median } from './run.ts';

const PHOTOS = 100_000;
const LOADS = 7;

const { minutes } = command('npm run bench:window --', 'Measures the built window in headless Chromium.')
  .option('--minutes <n>', 'how long to scroll before memory is read', number(0), 1)
  .parse()
  .opts<{ readonly minutes: number }>();
const say = (...rows: readonly (readonly [what: string, got: string, wanted: string])[]): void =>
  rows.forEach((row) => console.log(`| ${row.join(' | ')} |`));
const worst = (values: readonly number[]): string => Math.max(...values).toFixed(0);
const at = (part: number, values: readonly number[]): string =>
  (values.toSorted((a, b) => a - b)[Math.floor(part * (values.length - 1))] ?? NaN).toFixed(0);

const browser = await launchChromium();
console.log(`${machineLine(undefined)}, Chromium ${browser.version()} headless\n`);
console.log('| window | measured | wanted |\n|---|---|---|');
try {
  const many = await serveMany(PHOTOS);
  try {
    const loads = await measureLoading(browser, many.url, LOADS);
    const paints = loads.map(({ paintMs }) => paintMs);
    say(
      ['first paint, ms', `${median(paints).toFixed(0)} (worst of ${LOADS}: ${worst(paints)})`, '< 1000'],
      ['photos in sight, ms', median(loads.map(({ gridMs }) => gridMs)).toFixed(0), ''],
      ['JavaScript of the first page, kB gzip', ((loads[0]?.gzipBytes ?? NaN) / 1000).toFixed(0), '< 250'],
    );
    const scrolled = await measureScrolling(browser, many.url, minutes);
    say(
      [
        `scrolling ${PHOTOS.toLocaleString('en')} photos, frames a second`,
        scrolled.framesPerSecond.toFixed(1),
        '>= 55',
      ],
      ['longest frame while scrolling, ms', scrolled.longestMs.toFixed(0), ''],
      [
        `renderer memory after ${minutes} min of scrolling, MB`,
        `${scrolled.processMB.toFixed(0)} (JavaScript heap ${scrolled.heapMB.toFixed(0)})`,
        '< 300',
      ],
    );
  } finally {
    await many.close();
  }
  const real = await serveReal();
  try {
    const { inputMs, previewMs, encodeMs } = await measureWorking(browser, real.url);
    say(
      [
        `input to frame while a photo is restored, ms (${inputMs.length} keys)`,
        `${at(0.5, inputMs)}, p95 ${at(0.95, inputMs)}, worst ${worst(inputMs)}`,
        '< 50',
      ],
      [
        `preview: received to shown, ms (${previewMs.length} previews)`,
        `${at(0.5, previewMs)}, worst ${worst(previewMs)}`,
        '',
      ],
      ['preview: made into a picture, ms', at(0.5, encodeMs), ''],
      ['preview: both, ms', (median(previewMs) + median(encodeMs)).toFixed(0), '< 150'],
    );
  } finally {
    await real.close();
  }
} finally {
  await browser.close();
}
