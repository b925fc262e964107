/**
 * `albumen restore --aligned` from arguments to files, with a prior of 16 x 16 pixels: what is written, said and returned.
 * restore-whole.test.ts has whole photos, photos.test.ts the naming, process.test.ts Ctrl-C.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { albumen, badModels, photoAt, restore, temporaryFolder } from './helpers.ts';

const files = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.includes('.'))
    .sort();

test('a photo is restored to the prior’s size, the same for the same seed; the original stays', async () => {
  const folder = temporaryFolder();
  const photo = await photoAt(join(folder, 'in/gran.png'), 40);
  const original = readFileSync(photo);
  const out = join(folder, 'out');
  const ran = await restore([photo, '--out', out]);
  expect(ran).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\S+gran\.png -> \S+ \(.*s\)\n$/) as string,
  });
  expect(ran.stderr).toContain('Device: cpu, 1 thread: it was asked for.');
  expect(ran.stderr).toContain('1 photo restored.');
  expect(files(out)).toEqual(['gran.restored.png']);
  const result = join(out, 'gran.restored.png');
  const first = readFileSync(result);
  expect(await sharp(first).metadata()).toMatchObject({ width: 16, height: 16, format: 'png' });

  await restore([photo, '--out', out, '--overwrite', '--seed', '1']);
  expect(readFileSync(result).equals(first)).toBe(false);
  await restore([photo, '--out', out, '--overwrite']);
  expect(readFileSync(result).equals(first)).toBe(true);
  expect(readFileSync(photo).equals(original)).toBe(true);
});

test('strength 0 gives the photo back', async () => {
  const folder = temporaryFolder();
  const photo = await photoAt(join(folder, 'a.png'));
  await restore([photo, '--out', folder, '--strength', '0']);
  const pixels = (path: string): Promise<Buffer> => sharp(path).raw().toBuffer();
  expect((await pixels(join(folder, 'a.restored.png'))).equals(await pixels(photo))).toBe(true);
});

test('candidates differ and come with a variation; every sampler runs', async () => {
  const folder = temporaryFolder();
  const photo = await photoAt(join(folder, 'a.png'));
  const ran = await restore([photo, '--out', join(folder, 'three'), '--candidates', '3']);
  expect(ran.code).toBe(0);
  expect(files(join(folder, 'three'))).toEqual([
    'a.restored-1.png',
    'a.restored-2.png',
    'a.restored-3.png',
    'a.variation.png',
  ]);
  const bytes = [1, 2, 3].map((i) => readFileSync(join(folder, `three/a.restored-${i}.png`)).toString('hex'));
  expect(new Set(bytes).size).toBe(3);
  for (const sampler of ['ddpm', 'ddim', 'dpmpp', 'dpmpp-sde'])
    expect((await restore([photo, '--out', join(folder, sampler), '--sampler', sampler])).code).toBe(0);
});

test('a folder keeps its tree; one bad photo costs exit code 1 and nothing else', async () => {
  const folder = temporaryFolder();
  await photoAt(join(folder, 'in/a.png'));
  await photoAt(join(folder, 'in/sub/b.png'));
  writeFileSync(join(folder, 'in/broken.jpg'), 'no picture');
  await sharp({ create: { width: 32, height: 20, channels: 3, background: 'grey' } }).toFile(
    join(folder, 'in/wide.png'),
  );
  const out = join(folder, 'out');
  const ran = await restore([join(folder, 'in'), '--out', out]);
  expect(ran.code).toBe(1);
  expect(files(out)).toEqual(['a.restored.png', join('sub', 'b.restored.png')]);
  expect(ran.stderr).toContain('[2/4] "broken.jpg" is not a picture, or is damaged at its beginning.');
  expect(ran.stderr).toContain('"wide.png" is 32 x 20 pixels, not square as an aligned face crop is.');
  expect(ran.stderr).toContain('2 photos restored, 2 failed.');

  const again = await restore([join(folder, 'in'), '--out', out, '--json']);
  expect(again.code).toBe(1);
  const document = JSON.parse(again.stdout) as { results: { status: string; error?: { code: string } }[] };
  expect(document.results.map(({ status, error }) => error?.code ?? status)).toEqual([
    'skipped',
    'photo.unreadable',
    'skipped',
    'photo.unsuitable',
  ]);
});

test('when every photo fails nothing is written and the exit code is 2', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'a.png'), '');
  const out = join(folder, 'out');
  const ran = await restore([join(folder, 'a.png'), join(folder, 'none.png'), '--out', out]);
  expect(ran).toMatchObject({ code: 2, stdout: '' });
  expect(existsSync(out)).toBe(false);
});

test('--json is one document on stdout, with everything a program needs', async () => {
  const folder = temporaryFolder();
  const photo = await photoAt(join(folder, 'a.png'), 32);
  const ran = await restore([photo, '--out', join(folder, 'out'), '--json', '--seed', '5']);
  expect(JSON.parse(ran.stdout)).toMatchObject({
    ok: true,
    model: 'adm-plain.pt',
    device: { chosen: 'cpu', threads: 1 },
    recipe: { strength: 200, sampler: 'ddim', steps: 2, seed: 5 },
    size: 16,
    results: [
      {
        input: photo,
        status: 'restored',
        outputs: [join(folder, 'out/a.restored.png')],
        source: { width: 32, height: 32 },
      },
    ],
  });
});

test('cancelled: what is done stays, nothing half done does, 130', async () => {
  const folder = temporaryFolder();
  for (const name of ['a', 'b', 'c']) await photoAt(join(folder, `in/${name}.png`));
  const controller = new AbortController();
  const ran = await restore([join(folder, 'in'), '--out', join(folder, 'out')], {
    signal: controller.signal,
    onOut: () => controller.abort(),
  });
  expect(ran.code).toBe(130);
  expect(ran.stderr).toContain('Cancelled. 1 photo restored.');
  expect(files(join(folder, 'out'))).toEqual(['a.restored.png']);
});

describe('refused before anything is done', () => {
  const folder = temporaryFolder();
  const cases: readonly (readonly [what: string, args: readonly string[], sentence: RegExp])[] = [
    ['no --out', ['a.png'], /required option '--out <folder>' not specified/],
    ['no photo', ['--out', 'o'], /No photo was given/],
    ['an empty folder', [folder, '--out', 'o'], /No pictures were found/],
    [
      'a sampler that is none',
      ['a.png', '--out', 'o', '--sampler', 'euler'],
      /Allowed choices are ddpm, ddim/,
    ],
    [
      'a seed with letters',
      ['a.png', '--out', 'o', '--seed', '1e3'],
      /It must be a whole number of 0 or more/,
    ],
    ['eta beyond 1', ['a.png', '--out', 'o', '--eta', '1.5'], /It must be a number from 0 to 1/],
    [
      'eta for dpmpp',
      ['a.png', '--out', 'o', '--sampler', 'dpmpp', '--eta', '0.5'],
      /--eta means nothing to the sampler dpmpp/,
    ],
    ['too strong', ['a.png', '--out', 'o', '--strength', '1001'], /this model has 1000 noise steps/],
    [
      'more steps than strength',
      ['a.png', '--out', 'o', '--strength', '1'],
      /more sampling steps \(2\) than/,
    ],
    ['an unknown option', ['a.png', '--out', 'o', '--sharpen'], /unknown option '--sharpen'/],
  ];
  test.each(cases)('%s', async (_what, args, sentence) => {
    const ran = await restore(args);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toMatch(sentence);
    const json = await restore([...args, '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, error: { code: 'usage' } });
    expect(existsSync('o')).toBe(false);
  });

  test('an unknown model, with those that are known', async () => {
    const ran = await albumen(['restore', 'a.png', '--out', 'o', '--model', 'gran-9000']);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain('There is no model called "gran-9000". Known: face-128.');
  });

  test('--out that is a file', async () => {
    const file = await photoAt(join(folder, 'deep/file.png'));
    expect((await restore([file, '--out', file])).stderr).toMatch(/is a file\. Give a folder/);
  });
});

describe('a bad --model is one sentence, 2, and nothing is written', () => {
  const folder = temporaryFolder();
  test.each(badModels(folder))('%s', async (_what, path, sentence) => {
    const own = temporaryFolder();
    const photo = await photoAt(join(own, 'a.png'));
    const out = join(own, 'out');
    const ran = await albumen([
      'restore',
      photo,
      '--out',
      out,
      '--device',
      'cpu',
      '--aligned',
      '--model',
      path,
    ]);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    const lines = ran.stderr.trimEnd().split('\n');
    expect(lines.at(-1)).toMatch(sentence);
    expect(lines.filter((line) => !line.startsWith('Device:'))).toHaveLength(1);
    expect(existsSync(out)).toBe(false);
    expect(existsSync('/tmp/albumen-pwned')).toBe(false);
  });
});

test('results beside the originals: earlier results are not restored again', async () => {
  const folder = temporaryFolder();
  await photoAt(join(folder, 'a.png'));
  mkdirSync(join(folder, 'sub'));
  await restore([folder, '--out', folder]);
  const again = await restore([folder, '--out', folder]);
  expect(again.code).toBe(0);
  expect(again.stderr).toContain('skipped, ');
  expect(files(folder)).toEqual(['a.png', 'a.restored.png']);
});
