/**
 * `albumen restore` on whole photos, from arguments to files, with a prior of 16 x 16 pixels and faces placed by hand.
 * restore.test.ts has aligned crops, repeat.test.ts repeats recipes, restore-refused.test.ts has what is refused.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { parseRecipe } from '../../src/domain/recipe.ts';
import { FACE, QUICK, hand, pictureAt, restoreWhole, temporaryFolder } from './helpers.ts';

const pixels = (path: string): Promise<Buffer> => sharp(path).raw().toBuffer();
const files = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.includes('.'))
    .sort();
const recipeAt = (path: string): ReturnType<typeof parseRecipe> =>
  parseRecipe(readFileSync(path, 'utf8'), path);

test('a photo comes out whole, in its own format, with its recipe beside it and inside', async () => {
  const folder = temporaryFolder();
  const photo = await pictureAt(join(folder, 'gran.png'));
  const original = readFileSync(photo);
  const out = join(folder, 'out');
  const ran = await hand([photo, '--out', out]);
  expect(ran).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\S+gran\.png -> \S+gran\.restored\.png \(1 face, .*s\)\n$/) as string,
  });
  expect(files(out)).toEqual(['gran.restored.png', 'gran.restored.recipe.json']);
  const result = join(out, 'gran.restored.png');
  const { width, height, xmp } = await sharp(result).metadata();
  expect({ width, height }).toEqual({ width: 180, height: 150 });
  const [before, after] = [await pixels(photo), await pixels(result)];
  const differs = (x: number, y: number): boolean =>
    [0, 1, 2].some((c) => before[3 * (180 * y + x) + c] !== after[3 * (180 * y + x) + c]);
  expect(differs(86, 70) || differs(84, 72)).toBe(true);
  for (const [x, y] of [
    [0, 0],
    [179, 149],
    [10, 140],
    [170, 20],
  ] as const)
    expect(differs(x, y)).toBe(false);
  expect(readFileSync(photo).equals(original)).toBe(true);
  const recipe = recipeAt(join(out, 'gran.restored.recipe.json'));
  expect(recipe).toMatchObject({
    photo: { name: 'gran.png', bytes: original.length, width: 180, height: 150 },
    model: { id: 'adm-plain.pt' },
    device: { provider: 'cpu', threads: 1 },
    detection: { kind: 'hand' },
    faces: [{ on: true, strength: 40, steps: 2, seed: 0 }],
    output: { format: 'png', depth: 8 },
  });
  expect(xmp?.toString()).toContain('compositeWithTrainedAlgorithmicMedia');
  expect(xmp?.toString()).toContain('albumen-recipe');
});

test('strength 0, or every face off, gives the pixels back', async () => {
  const folder = temporaryFolder();
  const photo = await pictureAt(join(folder, 'a.png'));
  const zero = await restoreWhole([
    photo,
    '--out',
    join(folder, 'zero'),
    '--face-at',
    FACE,
    '--strength',
    '0',
  ]);
  expect(zero.code).toBe(0);
  const off = await hand([photo, '--out', join(folder, 'off'), '--face', '1:off']);
  expect(off.code).toBe(0);
  for (const name of ['zero', 'off'])
    expect((await pixels(join(folder, name, 'a.restored.png'))).equals(await pixels(photo))).toBe(true);
  const { xmp } = await sharp(join(folder, 'off/a.restored.png')).metadata();
  expect(xmp?.toString()).not.toContain('compositeWithTrainedAlgorithmicMedia');
});

test('a second run skips what is done; --overwrite redoes it; another version of the photo is told of', async () => {
  const folder = temporaryFolder();
  const photo = await pictureAt(join(folder, 'a.png'));
  const out = join(folder, 'out');
  await hand([photo, '--out', out]);
  const first = readFileSync(join(out, 'a.restored.png'));
  const again = await hand([photo, '--out', out, '--seed', '3', '--json']);
  expect(again.code).toBe(0);
  expect(again.stderr).toContain('skipped, ');
  expect(JSON.parse(again.stdout)).toMatchObject({ ok: true, results: [{ status: 'skipped' }] });
  expect(readFileSync(join(out, 'a.restored.png')).equals(first)).toBe(true);
  await hand([photo, '--out', out, '--seed', '3', '--overwrite']);
  expect(readFileSync(join(out, 'a.restored.png')).equals(first)).toBe(false);
  await pictureAt(photo, 190, 150);
  const changed = await hand([photo, '--out', out]);
  expect(changed.stderr).toContain('made from another version of this photo (--overwrite replaces it)');
});

test('a folder keeps its tree, collisions are numbered, names follow the template', async () => {
  const folder = temporaryFolder();
  await pictureAt(join(folder, 'in/a.png'));
  await pictureAt(join(folder, 'in/a.jpg'));
  await pictureAt(join(folder, 'in/sub/b.webp'));
  const out = join(folder, 'out');
  const print = [join(folder, 'in'), '--detector', 'none', '--repair', 'tone=1'];
  expect((await restoreWhole([...print, '--out', out])).code).toBe(0);
  expect(files(out)).toEqual([
    ...['a.restored-2.png', 'a.restored-2.recipe.json', 'a.restored.jpg', 'a.restored.recipe.json'],
    ...[join('sub', 'b.restored.recipe.json'), join('sub', 'b.restored.webp')],
  ]);
  const again = await restoreWhole([...print, '--out', out]);
  expect(again.stderr).toContain('0 photos restored, 3 skipped.');
  const named = join(folder, 'named');
  await restoreWhole([...print, '--out', named, '--name', '{n} {name} {date}', '--format', 'png']);
  expect(files(named).filter((name) => name.endsWith('.png'))).toEqual([
    ...['1 a undated.png', '2 a undated.png', join('sub', '3 b undated.png')],
  ]);
});

test('candidates: a result and a recipe each, and a picture of where they differ', async () => {
  const folder = temporaryFolder();
  const photo = await pictureAt(join(folder, 'a.png'));
  const out = join(folder, 'out');
  const ran = await hand([photo, '--out', out, '--candidates', '2', '--variation']);
  expect(ran.code).toBe(0);
  expect(files(out)).toEqual([
    'a.restored-1.png',
    'a.restored-1.recipe.json',
    'a.restored-2.png',
    'a.restored-2.recipe.json',
    'a.restored.variation.png',
  ]);
  expect(
    (await pixels(join(out, 'a.restored-1.png'))).equals(await pixels(join(out, 'a.restored-2.png'))),
  ).toBe(false);
  expect(recipeAt(join(out, 'a.restored-2.recipe.json')).faces[0]?.candidate).toBe(1);
  const one = await hand([
    photo,
    '--out',
    join(folder, 'one'),
    '--candidates',
    '2',
    '--face',
    '1:candidate=2',
  ]);
  expect(one.code).toBe(0);
  expect(
    (await pixels(join(folder, 'one/a.restored.png'))).equals(await pixels(join(out, 'a.restored-2.png'))),
  ).toBe(true);
});

test('each face has its choices', async () => {
  const folder = temporaryFolder();
  const photo = await pictureAt(join(folder, 'a.png'), 360, 150);
  const two = ['--face-at', FACE, '--face-at', '250,60,282,60,266,96'];
  const ran = await restoreWhole([
    ...[photo, '--out', join(folder, 'out'), ...two, ...QUICK, '--json'],
    ...['--face', '2:strength=10,seed=9', '--face', '1:off'],
  ]);
  expect(JSON.parse(ran.stdout)).toMatchObject({
    results: [
      {
        status: 'restored',
        source: { width: 360, height: 150 },
        faces: [
          { number: 1, on: false },
          { number: 2, on: true, strength: 10, steps: 2, seed: 9 },
        ],
      },
    ],
  });
  const [before, after] = [await pixels(photo), await pixels(join(folder, 'out/a.restored.png'))];
  const changed = (from: number, to: number): boolean => {
    for (let y = 0; y < 150; y++)
      for (let i = 3 * (360 * y + from); i < 3 * (360 * y + to); i++) if (before[i] !== after[i]) return true;
    return false;
  };
  expect(changed(0, 180)).toBe(false);
  expect(changed(220, 310)).toBe(true);
});

test('repairs change the print, and the mask is written, edited and used', async () => {
  const folder = temporaryFolder();
  const photo = await pictureAt(join(folder, 'a.png'));
  const out = join(folder, 'out');
  const off = ['--face-at', FACE, '--face', '1:off'];
  const ran = await restoreWhole([photo, '--out', out, ...off, '--repair', '--save-mask']);
  expect(ran.code).toBe(0);
  expect(files(out)).toEqual(['a.restored.mask.png', 'a.restored.png', 'a.restored.recipe.json']);
  expect(recipeAt(join(out, 'a.restored.recipe.json')).repair).toEqual({
    tone: 0.8,
    scratches: 1,
    denoise: 0.3,
  });
  const mask = join(folder, 'edited.png');
  const white = Uint8Array.from({ length: 180 * 150 }, (_, i) => (i % 180 > 150 && i % 180 < 156 ? 255 : 0));
  await sharp(white, { raw: { width: 180, height: 150, channels: 1 } }).toFile(mask);
  const edited = await restoreWhole([photo, '--out', join(folder, 'edited'), ...off, '--mask', mask]);
  expect(edited.code).toBe(0);
  const [before, after] = [await pixels(photo), await pixels(join(folder, 'edited/a.restored.png'))];
  const column = (x: number): boolean =>
    Array.from({ length: 150 }, (_, y) => 3 * (180 * y + x)).some((i) => before[i] !== after[i]);
  expect(column(153)).toBe(true);
  expect([20, 100, 140, 175].some(column)).toBe(false);
  const repeated = [
    '--recipe',
    join(folder, 'edited/a.restored.recipe.json'),
    photo,
    '--out',
    join(folder, 'again'),
  ];
  expect((await restoreWhole(repeated)).code).toBe(0);
  expect((await pixels(join(folder, 'again/a.restored.png'))).equals(after)).toBe(true);
});

test('cancelled: what is done stays, nothing half done does, 130', async () => {
  const folder = temporaryFolder();
  const photo = await pictureAt(join(folder, 'a.png'));
  const controller = new AbortController();
  controller.abort();
  const ran = await hand([photo, '--out', join(folder, 'out')], { signal: controller.signal });
  expect(ran.code).toBe(130);
  expect(existsSync(join(folder, 'out'))).toBe(false);
});

test('results beside the originals are not restored again, whatever they are called', async () => {
  const folder = temporaryFolder();
  const photo = await pictureAt(join(folder, 'a.png'));
  await hand([photo, '--out', folder, '--name', 'new {name}']);
  expect(files(folder)).toEqual(['a.png', 'new a.png', 'new a.recipe.json']);
  const again = await hand([folder, '--out', folder, '--name', 'new {name}']);
  expect(again.code).toBe(0);
  expect(again.stderr).toContain('skipped, ');
  expect(files(folder)).toEqual(['a.png', 'new a.png', 'new a.recipe.json']);
  const refused = await hand([photo, '--out', folder, '--name', '{name}', '--overwrite']);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('was left alone because its result would replace');
});
