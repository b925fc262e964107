/**
 * `albumen album generate` and `restore --generative-album` with a prior of 16 x 16 pixels and a few evaluations an image.
 * finetune.test.ts has personal albums; test/engine/album.test.ts the method.
 */
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { MODEL, albumen, photoAt, temporaryFolder } from './helpers.ts';
import type { Ran, RunWith } from './helpers.ts';

const SMALL = ['--model', MODEL, '--device', 'cpu', '--threads', '1'];

function generate(photo: string, out: string, args: readonly string[], options: RunWith = {}): Promise<Ran> {
  return albumen(['album', 'generate', photo, '--out', out, '--steps', '10', ...SMALL, ...args], options);
}

const pictures = (folder: string): string[] => readdirSync(folder).filter((name) => name.endsWith('.png'));

test('an album is written as it comes, goes on after Ctrl-C, and fills its gaps with the same images', async () => {
  const folder = temporaryFolder();
  const photo = await photoAt(join(folder, 'gran.png'));
  const whole = join(folder, 'whole');
  const ran = await generate(photo, whole, ['--album-size', '4', '--json']);
  expect(ran.code).toBe(0);
  expect(JSON.parse(ran.stdout)).toMatchObject({ ok: true, made: 4, form: 'published', steps: 10, seed: 0 });
  expect(pictures(whole)).toEqual(['01.png', '02.png', '03.png', '04.png']);
  expect(await sharp(join(whole, '01.png')).metadata()).toMatchObject({ width: 16, height: 16 });

  const out = join(folder, 'stopped');
  const controller = new AbortController();
  const running = generate(photo, out, ['--album-size', '4'], { signal: controller.signal });
  while (!existsSync(join(out, '01.png'))) await setImmediate();
  controller.abort();
  expect((await running).code).toBe(130);
  expect(pictures(out).length).toBeLessThan(4);
  const ended = await generate(photo, out, ['--album-size', '4']);
  expect(ended.stdout).toMatch(/4 images, [1-3] of them were there before/);
  rmSync(join(out, '02.png'));
  await generate(photo, out, ['--album-size', '4']);
  for (const name of pictures(whole))
    expect(readFileSync(join(out, name)).equals(readFileSync(join(whole, name)))).toBe(true);
});

test('a folder with another album, or with pictures, is left alone', async () => {
  const folder = temporaryFolder();
  const photo = await photoAt(join(folder, 'gran.png'));
  const out = join(folder, 'out');
  await generate(photo, out, ['--album-size', '1']);
  const other = await generate(photo, out, ['--album-size', '1', '--seed', '1']);
  expect(other.code).toBe(2);
  expect(other.stderr).toMatch(/already holds an album of another photo, model or other options/);
  await photoAt(join(folder, 'mine/01.png'));
  const mine = await generate(photo, join(folder, 'mine'), []);
  expect(mine.stderr).toMatch(/already holds pictures that are not of this album/);
  expect(readdirSync(join(folder, 'mine'))).toEqual(['01.png']);
});

test('the form of the paper begins from the photo', async () => {
  const folder = temporaryFolder();
  const photo = await photoAt(join(folder, 'gran.png'));
  const ran = await generate(photo, join(folder, 'out'), ['--album-size', '1', '--form', 'paper']);
  expect(ran.code).toBe(0);
  const far = await generate(photo, join(folder, 'far'), ['--form', 'paper', '--strength', '1001']);
  expect(far).toMatchObject({ code: 2, stdout: '' });
});

test('restore with generative albums: one a photo, made once', async () => {
  const home = temporaryFolder();
  const photos = [await photoAt(join(home, 'in/a.png')), await photoAt(join(home, 'in/b.png'), 40)];
  const restore = (...args: string[]): Promise<Ran> => {
    const album = ['--generative-album', '--album-size', '2', '--album-steps', '5', '--iterations', '3'];
    const rest = ['--steps', '2', '--aligned', '--out', join(home, 'out')];
    return albumen(['restore', ...photos, ...SMALL, ...album, ...rest, ...args], { home });
  };
  const ran = await restore();
  expect(ran.code).toBe(0);
  expect(ran.stderr.match(/Finetuning for 3 steps, on 2 photos\./g)).toHaveLength(2);
  expect(readdirSync(join(home, 'albums'))).toHaveLength(4);
  const result = readFileSync(join(home, 'out/a.restored.png'));
  const again = await restore('--overwrite', '--json');
  expect(again.stderr).not.toContain('Finetuning for');
  expect(JSON.parse(again.stdout)).toMatchObject({ ok: true, generativeAlbum: true });
  expect(readFileSync(join(home, 'out/a.restored.png')).equals(result)).toBe(true);
});
