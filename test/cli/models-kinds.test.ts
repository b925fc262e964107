/**
 * `albumen models` with detectors and recognisers: adding, listing, inspecting, removing; only priors restore.
 * models.test.ts is about priors, models-download.test.ts about downloads.
 */
import { copyFileSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { ask } from '../../src/cli/ask.ts';
import { GraphBuilder } from '../../src/engine/graph/build.ts';
import { lower } from '../../src/engine/onnx/lower.ts';
import { encodeModel } from '../../src/engine/onnx/model.ts';
import { MODEL, albumen, photoAt, temporaryFolder } from './helpers.ts';

/** A network that "recognises" by the mean colours of 8 x 8 squares: 3 x 8 x 8 numbers, divided by `by`. */
function recogniserAt(path: string, { side = 112, by = 255 } = {}): string {
  const b = new GraphBuilder();
  const x = b.input('x', [1, 3, side, side]);
  const pooled = b.averagePool(x, side / 8);
  const out = b.reshape(b.div(pooled, b.expand(b.scalar(by), [1, 3, 8, 8])), [1, 192]);
  const { graph } = lower(b.finish('recogniser', { out }), {
    dialect: { kind: 'portable' },
    weights: 'initializers',
  });
  writeFileSync(path, encodeModel(graph));
  return path;
}

describe('a face recogniser', () => {
  test('is added, listed, inspected and removed; it does not restore', async () => {
    const home = temporaryFolder();
    const path = recogniserAt(join(temporaryFolder(), 'Squares.onnx'));
    const added = await albumen(['models', 'add', path, '--kind', 'face-recogniser', '--licence', 'CC0'], {
      home,
    });
    expect(added).toMatchObject({ code: 0, stdout: `Added squares: ${join(home, 'models/squares')}\n` });
    expect(JSON.parse(readFileSync(join(home, 'models/squares/model.json'), 'utf8'))).toMatchObject({
      id: 'squares',
      kind: 'face-recogniser',
      weights: 'weights.onnx',
    });
    const { stdout } = await albumen(['models', 'list'], { home });
    expect(stdout).toMatch(/^squares +face recogniser +\d+ kB +added +CC0 +Squares\.onnx$/m);
    expect(stdout).not.toContain('TO ADD');
    const inspected = await albumen(['models', 'inspect', 'squares'], { home });
    expect(inspected).toMatchObject({ code: 0 });
    expect(inspected.stdout).toMatch(/^ {2}runs +the hash is right$/m);

    const folder = temporaryFolder();
    const photo = await photoAt(join(folder, 'a.png'));
    const restored = await albumen(['restore', photo, '--out', folder, '--model', 'squares'], { home });
    expect(restored.code).toBe(2);
    expect(restored.stderr).toContain(
      'The model "squares" is a face recogniser, not a prior to restore with. Known: face-128',
    );

    const asked = await albumen(['models', 'remove', 'squares', '--json'], { home });
    expect(asked).toMatchObject({ code: 2 });
    expect(existsSync(join(home, 'models/squares'))).toBe(true);
    expect(await albumen(['models', 'remove', 'squares', '--yes'], { home })).toMatchObject({
      code: 0,
      stdout: 'Removed squares.\n',
    });
    expect(readdirSync(join(home, 'models'))).toEqual([]);
  });

  test('a changed file is noticed', async () => {
    const home = temporaryFolder();
    const path = recogniserAt(join(home, 'squares.onnx'));
    await albumen(['models', 'add', path, '--kind', 'face-recogniser'], { home });
    recogniserAt(join(home, 'models/squares/weights.onnx'), { by: 254 });
    const ran = await albumen(['models', 'inspect', 'squares'], { home });
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain('are not those its model.json names');
  });

  test.each([
    [
      'of another size',
      (path: string) => recogniserAt(path, { side: 64 }),
      'is not a face recogniser that is known here',
    ],
    [
      'that gives no numbers',
      (path: string) => recogniserAt(path, { by: 0 }),
      'is not a face recogniser that is known here',
    ],
    [
      'that is a checkpoint',
      (path: string) => (copyFileSync(MODEL, path), path),
      'is not a model that can be run',
    ],
    [
      'that is a text',
      (path: string) => (writeFileSync(path, 'Dear grandma,'), path),
      'is not a model that can be run',
    ],
  ])('%s is refused in one sentence', async (_what, make, sentence) => {
    const home = join(temporaryFolder(), 'home');
    const path = make(join(temporaryFolder(), 'odd.onnx'));
    const ran = await albumen(['models', 'add', path, '--kind', 'face-recogniser'], { home });
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toMatch(/^albumen: "odd\.onnx" [^\n]*\.\n$/);
    expect(ran.stderr).toContain(sentence);
    expect(existsSync(home)).toBe(false);
  });

  test('is no detector', async () => {
    const path = recogniserAt(join(temporaryFolder(), 'squares.onnx'), { side: 64 });
    const ran = await albumen(['models', 'add', path, '--kind', 'face-detector']);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toContain('The model given is not a YuNet that takes pictures of any size');
  });

  test('is no prior, and takes no configuration', async () => {
    const path = recogniserAt(join(temporaryFolder(), 'squares.onnx'));
    expect((await albumen(['models', 'add', path])).code).toBe(2);
    const args = ['models', 'add', path, '--kind', 'face-recogniser', '--config', 'a.json'];
    expect((await albumen(args)).stderr).toContain('--config is of priors only.');
  });
});

test('bundled models are not removed', async () => {
  const ran = await albumen(['models', 'remove', 'face-128', '--yes']);
  expect(ran).toMatchObject({ code: 2, stdout: '' });
  expect(ran.stderr).toContain('"face-128" comes with Albumen and cannot be removed.');
});

describe('ask', () => {
  function asked(text: string | null, signal = new AbortController().signal): Promise<boolean> {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const answer = ask('Well?', { input, output, signal });
    if (text !== null) input.end(text);
    return answer;
  }

  test.each([
    ['y\n', true],
    [' YES \n', true],
    ['n\n', false],
    ['\n', false],
    ['yesterday\n', false],
  ])('%j is %j', async (text, yes) => {
    expect(await asked(text)).toBe(yes);
  });

  test('no answer is cancelled', async () => {
    await expect(asked('')).rejects.toMatchObject({ code: 'cancelled' });
    await expect(asked(null, AbortSignal.timeout(10))).rejects.toMatchObject({ code: 'cancelled' });
  });
});
