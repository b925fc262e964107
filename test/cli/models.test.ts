/**
 * `albumen models`: listing, inspecting, adding and verifying, with sound and unsound files.
 * Golden figures through the engine alone are in test/engine/verify-golden.test.ts.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { idFrom } from '../../src/services/models/add.ts';
import { GOLDEN, MODEL, albumen, badModels, photoAt, temporaryFolder } from './helpers.ts';

const DIFFUSERS = join(GOLDEN, 'diffusers-like-celebahq.safetensors');
const golden = (name: string): string => join(GOLDEN, `${name}.golden.safetensors`);

describe('models list', () => {
  test('names the bundled model', async () => {
    const ran = await albumen(['models', 'list']);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toMatch(/^face-128 +128 px +[\d.]+ M +bundled +MIT /m);
  });

  test('and what can be downloaded or added', async () => {
    const { stdout } = await albumen(['models', 'list']);
    expect(stdout).toMatch(/^gen2res-256 +prior +527\.0 MB +Adobe Research License \(noncommercial\) /m);
    expect(stdout).toMatch(/^yunet +face detector +323 kB +Apache-2\.0 /m);
    expect(stdout).toMatch(/^face-recogniser +face recogniser +An ONNX file /m);
  });

  test('shows folders that cannot be used, and the others all the same', async () => {
    const home = temporaryFolder();
    for (const [id, text] of [
      ['none', undefined],
      ['bad', '{'],
      ['sly', '{"id":"sly","weights":"../../secret.pt"}'],
      ['gone', '{"id":"gone","weights":"gone.pt"}'],
    ] as const) {
      mkdirSync(join(home, 'models', id), { recursive: true });
      if (text !== undefined) writeFileSync(join(home, 'models', id, 'model.json'), text);
    }
    const ran = await albumen(['models', 'list', '--json'], { home });
    expect(ran.code).toBe(0);
    const { models, unusable } = JSON.parse(ran.stdout) as {
      models: { id: string; origin: string }[];
      unusable: { id: string; error: { code: string } }[];
    };
    expect(models).not.toHaveLength(0);
    expect(models.every(({ origin }) => origin === 'bundled')).toBe(true);
    expect(unusable.map(({ id, error }) => [id, error.code])).toEqual([
      ['bad', 'model.unsupported'],
      ['none', 'model.unsupported'],
      ['sly', 'model.unsupported'],
      ['gone', 'checkpoint.unreadable'],
    ]);
    expect((await albumen(['models', 'inspect', 'sly'], { home })).code).toBe(2);
  });
});

describe('models inspect', () => {
  test.each([
    [
      'face-128',
      ['ADM UNet (guided-diffusion), 128 x 128 pixels, taken in patches of 2 x 2', 'the hash is right'],
    ],
    [
      MODEL,
      ['PyTorch (zip)', '702,499', 'at 8 x 8 and in the middle; 1 head', 'linear, 1000 steps', 'fixed, beta'],
    ],
    [join(GOLDEN, 'adm-plain.nested-fp16.pt'), ['float16', 'metadata    nested =']],
    [join(GOLDEN, 'adm-plain.legacy.pt'), ['PyTorch (old format)']],
    [join(GOLDEN, 'adm-like-gen2res.pt'), ['learned', 'as scale and shift', 'in residual blocks']],
    [DIFFUSERS, ['UNet2DModel (diffusers), 16 x 16', 'fixed, posterior variance', '32, 32, 32']],
  ])('%s in words', async (model, words) => {
    const ran = await albumen(['models', 'inspect', model]);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    for (const word of words) expect(ran.stdout).toContain(word);
  });

  test('for programs', async () => {
    const ran = await albumen(['models', 'inspect', MODEL, '--json']);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      ok: true,
      format: 'torch-zip',
      parameters: 702499,
      types: ['float32'],
      network: { kind: 'adm', imageSize: 16, channelMult: [1, 2], heads: { count: 1 } },
      schedule: { name: 'linear', steps: 1000 },
      variance: 'fixed-large',
    });
  });

  test('without a configuration it says what is missing; --config gives it', async () => {
    const folder = temporaryFolder();
    const alone = join(folder, 'alone.pt');
    copyFileSync(MODEL, alone);
    const ran = await albumen(['models', 'inspect', alone]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain('does not tell for which image size');
    const config = join(GOLDEN, 'adm-plain.json');
    expect((await albumen(['models', 'inspect', alone, '--config', config])).code).toBe(0);
  });
});

describe.each(['inspect', 'add'])('models %s refuses a bad file in one sentence', (command) => {
  const folder = temporaryFolder();
  test.each(badModels(folder))('%s', async (_what, path, sentence) => {
    const home = join(temporaryFolder(), 'home');
    const ran = await albumen(['models', command, path], { home });
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toMatch(/^albumen: [^\n]*\.\n$/);
    expect(ran.stderr).toMatch(sentence);
    expect(existsSync(home)).toBe(false);
    expect(existsSync('/tmp/albumen-pwned')).toBe(false);
    const json = await albumen(['models', command, path, '--json'], { home });
    expect(JSON.parse(json.stdout)).toMatchObject({
      ok: false,
      error: { code: expect.stringMatching(/^checkpoint\./) as string },
    });
  });
});

describe('models add', () => {
  test.each([
    ['ADM', MODEL, 'adm-plain', 'weights.pt'],
    [
      'learned variance, head channels',
      join(GOLDEN, 'adm-like-ffhq10m.pt'),
      'adm-like-ffhq10m',
      'weights.pt',
    ],
    ['diffusers', DIFFUSERS, 'diffusers-like-celebahq', 'weights.safetensors'],
  ])('%s: added, listed, verified and used by its id', async (_what, file, id, weights) => {
    const home = temporaryFolder();
    const added = await albumen(['models', 'add', file, '--licence', 'CC0'], { home });
    expect(added).toMatchObject({ code: 0, stdout: `Added ${id}: ${join(home, 'models', id)}\n` });
    expect(readdirSync(join(home, 'models'))).toEqual([id]);
    expect(readdirSync(join(home, 'models', id)).sort()).toEqual(['model.json', weights]);
    expect(readFileSync(join(home, 'models', id, weights)).equals(readFileSync(file))).toBe(true);
    expect((await albumen(['models', 'list'], { home })).stdout).toMatch(
      new RegExp(`^${id} .* added +CC0 `, 'm'),
    );
    expect((await albumen(['models', 'inspect', id], { home })).stdout).toContain('the hash is right');
    const verified = await albumen(['models', 'verify', id, '--golden', golden(id)], { home });
    expect(verified).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^forward\.out +pass/) as string,
    });

    const folder = temporaryFolder();
    const photo = await photoAt(join(folder, 'a.png'));
    const args = [
      'restore',
      photo,
      '--out',
      folder,
      '--model',
      id,
      '--device',
      'cpu',
      '--steps',
      '1',
      '--aligned',
    ];
    expect((await albumen(args, { home })).code).toBe(0);
  });

  test('an id is taken once, unless --overwrite; never that of a bundled model', async () => {
    const home = temporaryFolder();
    const add = (...more: string[]) => albumen(['models', 'add', MODEL, '--id', 'Mine!', ...more], { home });
    expect((await add()).stdout).toContain('Added mine:');
    const twice = await add('--json');
    expect(twice.code).toBe(2);
    expect(JSON.parse(twice.stdout)).toMatchObject({ error: { code: 'model.exists' } });
    expect((await add('--overwrite', '--title', 'second')).code).toBe(0);
    expect(readdirSync(join(home, 'models'))).toEqual(['mine']);
    expect((await albumen(['models', 'list'], { home })).stdout).toContain('second');
    const bundled = await albumen(['models', 'add', MODEL, '--id', 'face-128', '--overwrite'], { home });
    expect(bundled).toMatchObject({ code: 2 });
    expect(bundled.stderr).toContain('There is a model called "face-128" already. Give another --id.');
  });

  test('a changed file is noticed', async () => {
    const home = temporaryFolder();
    await albumen(['models', 'add', MODEL], { home });
    const weights = join(home, 'models/adm-plain/weights.pt');
    const bytes = readFileSync(weights);
    const middle = bytes.length >> 1;
    bytes[middle] = bytes[middle]! ^ 1;
    writeFileSync(weights, bytes);
    const ran = await albumen(['models', 'inspect', 'adm-plain'], { home });
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain('are not those its model.json names');
  });

  test('a folder that cannot be written to is one sentence', async () => {
    const home = join(temporaryFolder(), 'file');
    writeFileSync(home, '');
    const ran = await albumen(['models', 'add', MODEL], { home });
    expect(ran.code).toBe(2);
    expect(ran.stderr).toMatch(
      /^albumen: The model "adm-plain" could not be copied to your models \(ENOTDIR\)/,
    );
  });

  test('cancelled: nothing is added', async () => {
    const home = temporaryFolder();
    const ran = await albumen(['models', 'add', MODEL], { home, signal: AbortSignal.abort() });
    expect(ran.code).toBe(130);
    expect(readdirSync(join(home, 'models'))).toEqual([]);
  });

  test.each([
    ['My Model v2.safetensors', 'my-model-v2'],
    ['../../etc/passwd', 'etc-passwd'],
    ['--a__b--', 'a-b'],
    ['Großmutter.pt', 'gro-mutter'],
    [`${'x'.repeat(80)}.pt`, 'x'.repeat(60)],
  ])('%s gets the id %s', (name, id) => {
    expect(idFrom(name)).toBe(id);
  });

  test('an id of nothing is refused', () => {
    expect(() => idFrom('日本.pt')).toThrow('No id can be made');
  });
});

describe('models verify', () => {
  test('prints a line for each figure', async () => {
    const ran = await albumen(['models', 'verify', MODEL, '--golden', golden('adm-plain')]);
    expect(ran.code).toBe(0);
    expect(ran.stdout.replace(/error [\d.e+-]+/g, 'error E')).toMatchInlineSnapshot(`
      "forward.out    pass  largest relative error E, allowed 1e-4 (one pass of the network, batch of 2)
      restore.y_K    pass  largest relative error E, allowed 1e-6 (noise added for K = 12)
      restore.out    pass  largest relative error E, allowed 1e-3 (restored from there by DDPM in 12 steps)
      guide.x0hat    pass  largest relative error E, allowed 1e-3 (the photo seen in x_t at t = 199)
      guide.norm     pass  largest relative error E, allowed 1e-3 (its distance from the degraded photo)
      guide.grad_norm pass  largest relative error E, allowed 1e-3 (the gradient of the distance by x_t, as in the published code)
      guide.grad_sq  pass  largest relative error E, allowed 1e-3 (the gradient of the distance by x_t, squared, as in the paper)
      train.mse      pass  largest relative error E, allowed 1e-3 (error of the noise)
      train.loss     pass  largest relative error E, allowed 1e-3 (what the gradients are of)
      grad.*         pass  largest relative error E, allowed 1e-3 (the gradients of 128 weights, the worst of them)
      adamw.losses   pass  largest relative error E, allowed 1e-3 (the losses of 3 optimizer steps)
      adamw.after3.* pass  largest relative error E, allowed 1e-3 (4 weights after them, the worst)
      "
    `);
    expect(ran.stderr).toContain('12 checks passed.');
  });

  test('figures of another model fail: 1', async () => {
    const folder = temporaryFolder();
    const other = join(folder, 'other.golden.safetensors');
    copyFileSync(golden('adm-plain'), other);
    const bytes = readFileSync(other);
    // the last tensor's values, whichever it is, are changed at the end of the file: swap in noise
    for (let i = bytes.length - 20000; i + 4 <= bytes.length; i += 4) bytes.writeFloatLE(Math.sin(i), i);
    writeFileSync(other, bytes);
    const args = ['models', 'verify', MODEL, '--golden', other, '--config', join(GOLDEN, 'adm-plain.json')];
    const ran = await albumen([...args, '--json'], {});
    expect(ran.code).toBe(1);
    expect(JSON.parse(ran.stdout)).toMatchObject({ ok: false });
    expect(ran.stderr).toMatch(/checks? of \d+ failed\./);
  });

  test.each([
    ['a checkpoint instead of figures', DIFFUSERS, 'holds no golden figures'],
    ['figures of another kind of model', golden('adm-like-gen2res'), 'has forward.out as [2, 6, 16, 16]'],
    ['a missing file', 'none.golden.safetensors', '"none.golden.safetensors" does not exist.'],
  ])('%s: 2', async (_what, file, sentence) => {
    const config = join(GOLDEN, 'adm-plain.json');
    const ran = await albumen(['models', 'verify', MODEL, '--golden', file, '--config', config]);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toContain(sentence);
  });
});
