/**
 * `npm run bench:growth`: how the cost grows with the size of the network's picture, of the photo, with denoising steps and with an
 * album. The library's growth is bench:library's. Prints tables, fails nothing; growth-child.ts measures.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recipeFor } from '../src/engine/finetune/recipes.ts';
import { forwardGraph } from '../src/engine/prior.ts';
import { command } from '../training/command.ts';
import { gigaFlops, nets } from './nets.ts';
import { writePortrait } from './portrait.ts';
import { growing, machineLine, median, peak } from './run.ts';
import type { Timing } from './run.ts';

const ROUNDS = 3;

/** Rows of a table, the first its head. */
function table(...rows: readonly (readonly (string | number)[])[]): void {
  const [head = [], ...lines] = rows;
  console.log(`| ${head.join(' | ')} |\n|${head.map(() => '---').join('|')}|`);
  for (const line of lines) console.log(`| ${line.join(' | ')} |`);
  console.log('');
}

/** Medians over processes, in turns, so that the machine's drift hits every case alike. */
function inTurns<T>(cases: readonly T[], measure: (one: T) => Timing): { ms: number; peakMB: number }[] {
  const rounds = Array.from({ length: ROUNDS }, () => cases.map(measure));
  return cases.map((_, i) => ({
    ms: median(rounds.flatMap((round) => round[i]?.ms ?? [])),
    peakMB: peak(rounds.flatMap((round) => round[i] ?? [])),
  }));
}

command('npm run bench:growth --', 'Measures how the cost grows with sizes, steps and albums.').parse();
console.log(`${machineLine(undefined)}\n`);

const sides = [64, 128, 192, 256];
const bySide = inTurns(sides, (side) => growing('forward', String(side)));
table(
  ['m128 at', 'GFLOP', 'ms an evaluation', 'ns a pixel', 'GFLOP/s', 'peak MB'],
  ...bySide.map(({ ms, peakMB }, i) => {
    const side = sides[i]!;
    const gflop = gigaFlops(forwardGraph({ ...nets.m128, imageSize: side }, 1));
    const perPixel = (1e6 * ms) / side ** 2;
    const shown = [gflop.toFixed(1), ms.toFixed(0), perPixel.toFixed(0), ((1000 * gflop) / ms).toFixed(0)];
    return [`${side} px`, ...shown, peakMB.toFixed(0)];
  }),
);

const steps = [5, 10, 20, 50, 100];
const bySteps = inTurns(steps, (n) => growing('restore', String(n)));
table(
  ['bundled prior, DDIM from K = 200', 'ms a face', 'ms a step'],
  ...bySteps.map(({ ms }, i) => [`${steps[i]!} steps`, ms.toFixed(0), (ms / steps[i]!).toFixed(1)]),
);

const folder = mkdtempSync(join(tmpdir(), 'albumen-bench-'));
try {
  const sizes = [
    [2000, 1500],
    [4000, 3000],
    [8000, 6000],
  ] as const;
  for (const [width, height] of sizes) {
    const side = Math.round(height / 3);
    const [left, top] = [(width - side) >> 1, (height - side) >> 1];
    await writePortrait(join(folder, `${width}.jpg`), { width, height, side, left, top });
  }
  const bySize = inTurns(sizes, ([width]) =>
    growing('photo', join(folder, `${width}.jpg`), join(folder, 'out')),
  );
  table(
    ['albumen restore, 20 steps, one face', 's, models opened', 's a megapixel', 'peak MB'],
    ...bySize.map(({ ms, peakMB }, i) => {
      const [width, height] = sizes[i]!;
      const megapixels = (width * height) / 1e6;
      const shown = [(ms / 1000).toFixed(1), (ms / 1000 / megapixels).toFixed(2), peakMB.toFixed(0)];
      return [`${megapixels} megapixels`, ...shown];
    }),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

const albums = [10, 20, 40, 80];
const byAlbum = inTurns(albums, (n) => growing('finetune', String(n)));
const { steps: recipeSteps } = recipeFor('fast', { album: 'personal' });
table(
  ['album, recipe fast, bundled prior', 'ms a step', `min for ${recipeSteps} steps`, 'peak MB'],
  ...byAlbum.map(({ ms, peakMB }, i) => {
    const minutes = (ms * recipeSteps) / 60_000;
    return [`${albums[i]!} photos`, ms.toFixed(0), minutes.toFixed(1), peakMB.toFixed(0)];
  }),
);

const images = [1, 2, 4];
const made = inTurns(images, (n) => growing('album', String(n)));
table(
  ['generative album, 5 evaluations an image', 'ms', 'ms an image'],
  ...made.map(({ ms }, i) => [`${images[i]!} images`, ms.toFixed(0), (ms / images[i]!).toFixed(0)]),
);
