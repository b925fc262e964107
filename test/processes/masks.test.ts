/**
 * Damage masks through the real processes: found, painted, kept with the job through a kill and with the version it made,
 * and refused where they cannot be a mask of the photo.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { openStudio, places, quick, scanAll, until, useTiny } from './studio.ts';

const [width, height] = [1800, 1200];

/** A smooth picture with one white scratch across it. */
async function scratchedPhoto(path: string): Promise<void> {
  const pixels = Buffer.alloc(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      pixels[y * width + x] = Math.abs(x - 600 - 0.1 * y) < 2 ? 250 : 90 + Math.round(30 * Math.sin(x / 160));
  await sharp(pixels, { raw: { width, height, channels: 1 } })
    .png()
    .toFile(path);
}

async function square(side: number, noise = false): Promise<Uint8Array<ArrayBuffer>> {
  const raw = { width: side, height: side, channels: 1 } as const;
  const pixels = noise ? randomBytes(side * side) : Buffer.alloc(side * side, 255);
  return new Uint8Array(await sharp(pixels, { raw }).png().toBuffer());
}

const levels = (picture: Uint8Array | string): Promise<Buffer> =>
  sharp(picture).extractChannel(0).raw().toBuffer();

it('finds, takes, keeps and gives back a mask', { timeout: 300_000 }, async () => {
  const at = places();
  await scratchedPhoto(join(at.photos, 'print.png'));
  let studio = openStudio(at.data);
  await useTiny(studio);
  await studio.host.libraryHost.addFolder({ path: at.photos });
  await scanAll(studio);
  const { photos } = await studio.window.photos.page({ offset: 0, limit: 10 });
  const photo = photos[0]?.id ?? '';

  const { png } = await studio.window.damage.find({ photo, tone: 0 });
  expect(await sharp(png).metadata()).toMatchObject({ width: 900, height: 600, channels: 1 });
  const found = await levels(png);
  const marked = found.reduce((sum, value) => sum + Number(value === 255), 0);
  expect(marked).toBeGreaterThan(500);
  expect(marked).toBeLessThan(5000);
  expect(found[300 * 900 + 330]).toBe(255);
  expect(found[300 * 900 + 630]).toBe(0);

  const choice = { ...quick, repair: { tone: 0, scratches: 1, denoise: 0 } };
  await expect(
    studio.window.jobs.restore({ photos: [photo], choice, mask: await square(300) }),
  ).rejects.toMatchObject({
    code: 'photo.unsuitable',
    message: expect.stringContaining('another shape') as string,
  });
  await expect(
    studio.window.jobs.restore({ photos: [photo], choice, mask: randomBytes(1000) }),
  ).rejects.toMatchObject({ code: 'photo.unreadable' });
  await expect(
    studio.window.jobs.restore({ photos: [photo], choice, mask: await square(1500, true) }),
  ).rejects.toMatchObject({
    code: 'photo.unsuitable',
    message: expect.stringContaining('more than the 2 MB') as string,
  });
  await expect(
    studio.window.jobs.restore({ photos: [photo, photo], choice, mask: png }),
  ).rejects.toMatchObject({ code: 'usage' });
  expect(readdirSync(join(at.data)).includes('masks')).toBe(false);

  // painted: nothing but a block right of the scratch
  const block = await sharp({ create: { width: 900, height: 600, channels: 3, background: 'black' } })
    .composite([
      {
        input: { create: { width: 40, height: 40, channels: 3, background: 'white' } },
        left: 600,
        top: 300,
      },
    ])
    .png()
    .toBuffer();
  const { jobs } = await studio.window.jobs.restore({ photos: [photo], choice, mask: new Uint8Array(block) });
  studio.library.child.kill('SIGKILL');
  await studio.library.gone;
  mkdirSync(join(at.data, 'masks'), { recursive: true });
  writeFileSync(join(at.data, 'masks', `${'0'.repeat(64)}.png`), block);

  studio = openStudio(at.data);
  expect(await until(studio, jobs[0] ?? '')).toMatchObject({ state: 'done', error: null });
  const masks = readdirSync(join(at.data, 'masks'));
  expect(masks).toHaveLength(1);
  const [version] = await studio.window.renditions.of({ photo });
  const recipe: unknown = JSON.parse(await studio.window.renditions.recipe({ rendition: version!.id }));
  expect(recipe).toMatchObject({ repair: { scratches: 1, mask: { sha256: masks[0]?.slice(0, -4) } } });
  const painted = await studio.window.damage.painted({ rendition: version!.id });
  const kept = await levels(painted!.png);
  const share = kept.reduce((sum, value) => sum + Number(value === 255), 0) / kept.length;
  expect(share).toBeCloseTo((40 * 40) / (900 * 600), 4);

  // only the block was repaired: the scratch is as it was
  const file = (await studio.host.files.picture({ kind: 'rendition', id: version!.id, side: null }))?.file;
  const result = await levels(file ?? '');
  expect(result[600 * width + 660]).toBe(250);

  // a version in the bin can be taken out of it again
  await studio.window.renditions.delete({ renditions: [version!.id] });
  await studio.library.close();
  studio = openStudio(at.data);
  await studio.window.photos.page({ offset: 0, limit: 1 });
  expect(readdirSync(join(at.data, 'masks'))).toEqual(masks);
  await studio.library.close();
});
