/**
 * `albumen restore --recipe FILE`: the same bytes again, and a plain word where something is no longer the same.
 * restore-whole.test.ts makes the recipes that are repeated here; test/domain/recipe.test.ts has damaged ones.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { writeImage } from '../../src/imaging/write.ts';
import { smooth } from '../imaging/helpers.ts';
import { MODEL, albumen, restoreWhole, temporaryFolder } from './helpers.ts';

const folder = temporaryFolder();
const home = join(folder, 'home');
const photo = join(folder, 'photos/gran.jpg');
const out = join(folder, 'out');
const recipe = join(out, 'gran.restored.recipe.json');
const made = join(out, 'gran.restored.png');
const FACES = [
  '--face-at',
  '70,60,102,60,86,96',
  '--square',
  '170,80,60,10',
  '--strength',
  '50',
  '--steps',
  '3',
];

beforeAll(async () => {
  mkdirSync(join(folder, 'photos'));
  const data = Uint8Array.from(
    { length: 3 * 240 * 150 },
    (_, i) => 128 + 90 * Math.sin(i / 37) * Math.cos(i / 9001),
  );
  await sharp(data, { raw: { width: 240, height: 150, channels: 3 } }).toFile(photo);
  // a person, so that an adapter is part of it
  const album = join(folder, 'album');
  for (const name of ['a', 'b', 'c'])
    await writeImage(join(album, `${name}.png`), smooth(16 + (name.charCodeAt(0) % 3)));
  const small = ['--model', MODEL, '--device', 'cpu', '--threads', '1'];
  const anna = await albumen(['finetune', 'anna', '--photos', album, ...small, '--iterations', '3'], {
    home,
  });
  expect(anna.code).toBe(0);
  const options = [
    '--face',
    '1:person=anna',
    '--sampler',
    'dpmpp-sde',
    '--seed',
    '11',
    '--repair',
    '--format',
    'png',
  ];
  const ran = await restoreWhole([photo, '--out', out, ...FACES, ...options], { home });
  expect(ran.code).toBe(0);
});

test('the same photo comes out, byte for byte', async () => {
  const again = join(folder, 'again');
  const ran = await restoreWhole(['--recipe', recipe, photo, '--out', again], { home });
  expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('2 faces') as string });
  expect(readFileSync(join(again, 'gran.restored.png')).equals(readFileSync(made))).toBe(true);
  expect(readFileSync(join(again, 'gran.restored.recipe.json')).equals(readFileSync(recipe))).toBe(true);
});

test('the restored photo is its own recipe: the same bytes again from its XMP', async () => {
  const alone = join(folder, 'alone/renamed.png');
  mkdirSync(join(folder, 'alone'));
  copyFileSync(made, alone);
  const again = join(folder, 'again-from-xmp');
  const ran = await restoreWhole(['--recipe', alone, photo, '--out', again], { home });
  expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('2 faces') as string });
  expect(readFileSync(join(again, 'gran.restored.png')).equals(readFileSync(made))).toBe(true);
  expect(readFileSync(join(again, 'gran.restored.recipe.json')).equals(readFileSync(recipe))).toBe(true);
});

test('the photo is found beside the recipe', async () => {
  copyFileSync(photo, join(folder, 'gran.jpg'));
  const ran = await restoreWhole(['--recipe', recipe, '--out', join(folder, 'found')], { home });
  expect(ran.code).toBe(0);
  rmSync(join(folder, 'gran.jpg'));
  const lost = await restoreWhole(['--recipe', recipe, '--out', join(folder, 'lost')], { home });
  expect(lost.code).toBe(2);
  expect(lost.stderr).toMatch(/The photo of the recipe, "gran\.jpg", is not beside it\./);
});

test('what is no longer the same is said, and nothing is written', async () => {
  const refused = join(folder, 'refused');
  const other = join(folder, 'other.jpg');
  await sharp(photo).negate().toFile(other);
  const anotherPhoto = await restoreWhole(['--recipe', recipe, other, '--out', refused], { home });
  expect(anotherPhoto.stderr).toMatch(
    /"other\.jpg" is not the photo the recipe was made from \("gran\.jpg", SHA-256 \w{12}\)/,
  );

  const model = join(folder, 'other.pt');
  const bytes = readFileSync(MODEL);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(model, bytes);
  copyFileSync(MODEL.replace('.pt', '.json'), join(folder, 'other.json'));
  const args = ['restore', '--recipe', recipe, photo, '--out', refused, '--model', model];
  const anotherModel = await albumen(args, { home });
  expect(anotherModel.stderr).toMatch(
    /"other\.pt" is not the model of the recipe, "adm-plain\.pt": its SHA-256 begins/,
  );

  const noModel = await albumen(['restore', '--recipe', recipe, photo, '--out', refused], { home });
  expect(noModel.stderr).toMatch(
    /The model of the recipe, "adm-plain\.pt" \(SHA-256 \w{12}\), is not here\./,
  );

  const nobody = await restoreWhole(['--recipe', recipe, photo, '--out', refused], {
    home: join(folder, 'empty'),
  });
  expect(nobody.stderr).toMatch(
    /The finetune of anna that the recipe names \(SHA-256 \w{12}\) is not here\./,
  );

  for (const ran of [anotherPhoto, anotherModel, noModel, nobody]) expect(ran.code).toBe(2);
  expect(existsSync(refused)).toBe(false);
});

test('a recipe of another version of the application is followed, and said to be', async () => {
  const older = join(folder, 'older.recipe.json');
  writeFileSync(older, readFileSync(recipe, 'utf8').replace(/"app": "[^"]+"/, '"app": "0.0.1"'));
  const ran = await restoreWhole(['--recipe', older, photo, '--out', join(folder, 'older')], { home });
  expect(ran.code).toBe(0);
  expect(ran.stderr).toMatch(/made by Albumen 0\.0\.1, and this is \S+: the picture may differ/);
});

test('what is no recipe', async () => {
  for (const [file, sentence] of [
    [photo, /"gran\.jpg" is a picture, and there is no recipe in its XMP\./],
    [MODEL, /"adm-plain\.pt" is not a recipe\./],
    [join(folder, 'none.json'), /The recipe ".*none\.json" cannot be read\./],
  ] as const) {
    const ran = await restoreWhole(['--recipe', file, photo, '--out', join(folder, 'no')], { home });
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toMatch(sentence);
  }
});
