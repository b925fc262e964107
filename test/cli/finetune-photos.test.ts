/**
 * `albumen finetune` on photos as people have them: the face is found and aligned, what shows none, or too many, is named.
 * finetune.test.ts has aligned crops and the finetune itself.
 */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { MODEL, albumen, temporaryFolder } from './helpers.ts';
import type { Ran } from './helpers.ts';

/** Made by a model: nobody. An aligned crop of 256 pixels. */
const FACE = join(import.meta.dirname, '../../resources/demo/face.png');

interface At {
  readonly side: number;
  readonly left: number;
  readonly top: number;
}

/** A grey photo with the face in these places. */
async function photoWith(
  path: string,
  faces: readonly At[],
  { width, height }: { readonly width: number; readonly height: number } = { width: 640, height: 400 },
): Promise<void> {
  const noise = { type: 'gaussian', mean: 128, sigma: 12 } as const;
  const layers = faces.map(async ({ side, left, top }) => ({
    ...{ left, top },
    input: await sharp(FACE).resize(side, side).toBuffer(),
  }));
  await sharp({ create: { width, height, channels: 3, background: 'grey', noise } })
    .composite(await Promise.all(layers))
    .png()
    .toFile(path);
}

function finetune(home: string, photos: string): Promise<Ran> {
  const small = ['--model', MODEL, '--device', 'cpu', '--threads', '1', '--iterations', '2'];
  return albumen(['finetune', 'anna', '--photos', photos, ...small], { home });
}

/** The correlation of two pictures of one size, -1..1. */
async function alike(one: string, other: Buffer): Promise<number> {
  const [a, b] = [await sharp(one).raw().toBuffer(), other];
  const mean = (values: Buffer): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [p, q] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]! - p, b[i]! - q];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return ab / Math.sqrt(aa * bb);
}

test('the face of each photo is found and aligned; what cannot be used is named, and why', async () => {
  const home = temporaryFolder();
  const photos = join(home, 'photos');
  mkdirSync(photos);
  const at = (name: string): string => join(photos, name);
  await photoWith(at('a-left.png'), [{ side: 300, left: 20, top: 60 }]);
  await photoWith(at('b-right.png'), [{ side: 300, left: 320, top: 40 }]);
  await photoWith(at('c-with-another.png'), [
    { side: 300, left: 20, top: 60 },
    { side: 120, left: 480, top: 100 },
  ]);
  await sharp(FACE).toFile(at('d-aligned.png'));
  await sharp(FACE).resize(16, 16).toFile(at('e-own-size.png'));
  await photoWith(at('f-nobody.png'), []);
  await photoWith(at('g-two.png'), [
    { side: 260, left: 20, top: 60 },
    { side: 260, left: 350, top: 60 },
  ]);
  await photoWith(at('h-far.png'), [{ side: 56, left: 200, top: 160 }]);
  await sharp(FACE).jpeg().toFile(at('i-torn.jpg'));
  writeFileSync(at('i-torn.jpg'), readFileSync(at('i-torn.jpg')).subarray(0, 3000));

  const ran = await finetune(home, photos);
  expect(ran.code).toBe(0);
  expect(ran.stderr).toContain('Cut the face out of 3 photos.');
  const left = ran.stderr.split('\n').filter((line) => line.startsWith('Left out of the album: '));
  expect(left.map((line) => line.slice(23))).toEqual([
    expect.stringMatching(/^No face was found in "f-nobody\.png"\./),
    expect.stringMatching(/^"g-two\.png" shows 2 faces, and none is clearly the largest\./),
    expect.stringMatching(
      /^The face in "h-far\.png" is too small to learn from \(a square of \d\d pixels\)\./,
    ),
    expect.stringMatching(/^"i-torn\.jpg" is damaged or cut short\./),
  ]);
  const kept = join(home, 'people/anna/photos');
  expect(readdirSync(kept)).toEqual(['001.png', '002.png', '003.png', '004.png', '005.png']);
  // all five are the same aligned face, wherever it was
  const wanted = await sharp(FACE).resize(16, 16, { kernel: 'lanczos3' }).removeAlpha().raw().toBuffer();
  for (const name of readdirSync(kept)) expect(await alike(join(kept, name), wanted)).toBeGreaterThan(0.75);

  const again = await finetune(home, photos);
  expect(again.stdout).toContain('(it was done before)');
}, 60_000);
