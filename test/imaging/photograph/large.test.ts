/**
 * A photo of 100 megapixels goes all the way within the memory that any machine has.
 * large-photo.ts is the process that is measured.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../helpers.ts';

test('100 megapixels, turned, take less than 2.5 GB', { timeout: 300_000 }, async () => {
  const folder = temporaryFolder();
  const input = join(folder, 'large.jpg');
  const output = join(folder, 'out.jpg');
  await sharp({ create: { width: 12500, height: 8000, channels: 3, background: '#806040' } })
    .withMetadata({ orientation: 6 })
    .jpeg({ chromaSubsampling: '4:4:4', optimiseCoding: false })
    .toFile(input);
  const program = fileURLToPath(new URL('large-photo.ts', import.meta.url));
  const said = JSON.parse(execFileSync(process.execPath, [program, input, output]).toString()) as {
    readonly overview: number;
    readonly megabytes: number;
  };
  expect(said).toMatchObject({ width: 8000, height: 12500 });
  expect(Math.abs(said.overview - 128)).toBeLessThan(3);
  expect(said.megabytes).toBeLessThan(2500);
  expect(await sharp(output).metadata()).toMatchObject({ width: 8000, height: 12500 });
});
