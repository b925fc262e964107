/**
 * 100 megapixels through the command line, with a face of 20 of them and the print repaired, in the memory any machine has.
 * large-photo.ts is the process that is measured.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { MODEL, temporaryFolder } from './helpers.ts';

test('a photo of 100 megapixels takes less than 2.5 GB', { timeout: 600_000 }, async () => {
  const folder = temporaryFolder();
  const photo = join(folder, 'large.jpg');
  const out = join(folder, 'out');
  const noise = { type: 'gaussian', mean: 120, sigma: 40 } as const;
  const coarse = await sharp({ create: { width: 125, height: 80, channels: 3, background: 'grey', noise } })
    .png()
    .toBuffer();
  await sharp(coarse).resize(12500, 8000).jpeg({ optimiseCoding: false }).toFile(photo);
  const program = join(import.meta.dirname, 'large-photo.ts');
  const args = [
    ...['restore', photo, '--out', out, '--model', MODEL, '--device', 'cpu', '--threads', '1'],
    ...['--face-at', '5000,3000,6200,3000,5600,4300', '--face-at', '9000,3000,9200,3000,9100,3220'],
    ...['--steps', '1', '--repair', 'tone=1'],
  ];
  const said = execFileSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const { code, megabytes } = JSON.parse(said.trimEnd().split('\n').at(-1) ?? '') as Record<string, number>;
  expect(code).toBe(0);
  expect(megabytes).toBeLessThan(2500);
  expect(said).toContain('2 faces');
  expect(await sharp(join(out, 'large.restored.jpg')).metadata()).toMatchObject({
    width: 12500,
    height: 8000,
  });
});
