/**
 * Writing pictures: whole or not at all, in the format the name asks for.
 * read.test.ts is the way in.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { encodeImage, writeImage } from '../../src/imaging/write.ts';
import { fileOf, imageOf, smooth, temporaryFolder } from './helpers.ts';

const folder = temporaryFolder();

test.each([
  ['a.png', 'png', 0],
  ['a.jpg', 'jpeg', 6],
  ['a.JPEG', 'jpeg', 6],
  ['a.webp', 'webp', 12],
  ['a.unknown', 'png', 0],
])('%s is written as %s', async (name, format, worst) => {
  const image = smooth(32);
  const path = join(folder, 'deep/er', name);
  await writeImage(path, image);
  expect((await sharp(path).metadata()).format).toBe(format);
  const data = await sharp(path).removeAlpha().raw().toBuffer();
  for (let p = 0; p < 32 * 32; p++)
    for (let c = 0; c < 3; c++) {
      const level = Math.round((image[c * 1024 + p]! + 1) * 127.5);
      expect(Math.abs(data[3 * p + c]! - level)).toBeLessThanOrEqual(worst);
    }
});

test('values beyond [-1, 1] are clipped, ends are 0 and 255', async () => {
  const png = await encodeImage(
    imageOf(8, (c) => [-1.5, 1, 3][c]!),
    'png',
  );
  expect([...(await sharp(png).raw().toBuffer()).subarray(0, 3)]).toEqual([0, 255, 255]);
});

test('the quality is used', async () => {
  const noise = imageOf(32, (c, y, x) => ((c * 131 + y * 37 + x * 101) % 64) / 32 - 1);
  const low = await encodeImage(noise, 'jpeg', 20);
  expect(low.length).toBeLessThan((await encodeImage(noise, 'jpeg', 95)).length);
});

test('a file is replaced, and nothing else is left in the folder', async () => {
  const there = join(temporaryFolder(), 'x.png');
  await writeImage(there, smooth(8));
  const first = readFileSync(there);
  await writeImage(
    there,
    imageOf(8, () => 0),
  );
  expect(readFileSync(there).equals(first)).toBe(false);
  expect(readdirSync(join(there, '..'))).toEqual(['x.png']);
});

test('where nothing can be written is a UserError, and what was there stays', async () => {
  const blocked = fileOf(folder, 'blocked', 'a file');
  await expect(writeImage(join(blocked, 'x.png'), smooth(8))).rejects.toMatchObject({
    code: 'output.unwritable',
  });
  const own = temporaryFolder();
  await writeImage(join(own, 'folder.png/inside.png'), smooth(8));
  await expect(writeImage(join(own, 'folder.png'), smooth(8))).rejects.toMatchObject({
    code: 'output.unwritable',
    message: expect.stringMatching(/^"folder\.png" could not be written/) as string,
  });
  expect(readdirSync(own)).toEqual(['folder.png']);
  expect(readFileSync(blocked, 'utf8')).toBe('a file');
});
