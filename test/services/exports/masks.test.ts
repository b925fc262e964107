/**
 * The mask that was painted for a restored version goes out with it, and never over anything that is not ours.
 * exports.test.ts has the pictures; test/cli/repeat.test.ts follows recipes with a mask beside them.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { maskBeside } from '../../../src/services/exports/masks.ts';
import { open } from './helpers.ts';

/** A photo with a version that a painted mask belongs to; `paint` keeps another mask and gives it to the version. */
async function restored() {
  const studio = await open(['a.jpg']);
  const { db, data } = studio;
  mkdirSync(join(data, 'masks'), { recursive: true });
  mkdirSync(join(data, 'renditions'), { recursive: true });
  writeFileSync(join(data, 'renditions/r.jpg'), 'restored');
  db.run(
    `INSERT INTO renditions (id, photo, file, sha256, bytes, width, height, recipe, chosen, created_at)
     VALUES ('r', 'p1', 'renditions/r.jpg', '', 8, 1, 1, '{}', 1, 0)`,
  );
  const paint = (mask: string): string => {
    const sha256 = createHash('sha256').update(mask).digest('hex');
    const file = join(data, 'masks', `${sha256}.png`);
    writeFileSync(file, mask);
    db.run(`UPDATE renditions SET recipe = ?`, JSON.stringify({ repair: { mask: { sha256 } } }));
    return file;
  };
  const said = (name: string): string => readFileSync(join(studio.out, name), 'utf8');
  return { ...studio, paint, said };
}

it('is called as the command line looks for it', () => {
  expect(['a.jpg', 'b/c.d.tiff', 'none'].map(maskBeside)).toEqual([
    ...['a.mask.png', 'b/c.d.mask.png', 'none.mask.png'],
  ]);
});

it.each(['same', 'png'] as const)('goes out beside its picture (%s)', async (format) => {
  const { out, run, paint, said } = await restored();
  paint('scratches');
  expect((await run({ format })).state).toBe('done');
  const [picture] = readdirSync(out).filter((name) => !name.includes('mask'));
  expect(readdirSync(out)).toHaveLength(2);
  expect(said(maskBeside(picture ?? ''))).toBe('scratches');
});

it('is not written where none was painted, and its picture goes out where it is lost', async () => {
  const { out, run, paint } = await restored();
  await run();
  expect(readdirSync(out)).toEqual(['a.jpg']);
  rmSync(paint('lost'));
  expect((await run()).state).toBe('done');
  expect(readdirSync(out).sort()).toEqual(['a-2.jpg', 'a.jpg']);
});

it('shares a name with its picture alone: both are numbered where somebody’s file is in the way', async () => {
  const { out, run, paint, said } = await restored();
  paint('scratches');
  writeFileSync(join(out, 'a.mask.png'), 'somebody else’s');
  for (const collisions of ['number', 'skip', 'replace'] as const) await run({ collisions });
  expect(said('a.mask.png')).toBe('somebody else’s');
  expect(existsSync(join(out, 'a.jpg'))).toBe(false);
  expect(said('a-2.mask.png')).toBe('scratches');
  // the same mask again is no collision, another form of the picture may share it
  await run({ format: 'png' });
  expect(said('a-2.png')).toContain('png');
  expect(readdirSync(out).filter((name) => name.includes('mask'))).toHaveLength(2);
});

it('is replaced with its picture, and stays beside another', async () => {
  const { out, run, paint, said } = await restored();
  paint('first');
  await run({ collisions: 'replace' });
  paint('second');
  await run({ collisions: 'replace' });
  expect(readdirSync(out).sort()).toEqual(['a.jpg', 'a.mask.png']);
  expect(said('a.mask.png')).toBe('second');
  paint('third');
  await run({ format: 'png' });
  expect(said('a.mask.png')).toBe('second');
  expect(said('a-2.mask.png')).toBe('third');
});
