/**
 * `albumen finetune` and `restore --album`, with a prior of 16 x 16 pixels and a few steps: what is kept, found again,
 * gone on with, and refused. album.test.ts has the generated albums; test/engine/finetune the method.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openCheckpoint } from '../../src/engine/checkpoint/open.ts';
import { writeSafetensors } from '../../src/engine/checkpoint/safetensors-write.ts';
import { writeImage } from '../../src/imaging/write.ts';
import { smooth } from '../imaging/helpers.ts';
import { GOLDEN, MODEL, albumen, photoAt, temporaryFolder } from './helpers.ts';
import type { Ran, RunWith } from './helpers.ts';

const SMALL = ['--model', MODEL, '--device', 'cpu', '--threads', '1'];

/** `count` different photos. */
async function albumAt(folder: string, count: number): Promise<string> {
  mkdirSync(folder, { recursive: true });
  for (let i = 0; i < count; i++)
    await writeImage(
      join(folder, `${i}.png`),
      smooth(16).map((x) => x * (1 - i / 10)),
    );
  return folder;
}

function finetune(name: string, photos: string, args: readonly string[], options: RunWith): Promise<Ran> {
  return albumen(['finetune', name, '--photos', photos, ...SMALL, '--iterations', '6', ...args], options);
}

const filesOf = (folder: string): string[] => readdirSync(folder).sort();

interface Document {
  readonly [key: string]: unknown;
  readonly losses: readonly number[];
}
const documentOf = (ran: Ran): Document => JSON.parse(ran.stdout) as Document;

test('a person is finetuned, found again, used and replaced', async () => {
  const home = temporaryFolder();
  const photos = await albumAt(join(home, 'photos'), 9);
  const ran = await finetune('Anna B.', photos, ['--json', '--preview-every', '3'], { home });
  expect(ran.code).toBe(0);
  expect(ran.stderr).toContain('Finetuning for 6 steps, on 8 photos, judged on 1 more.');
  const folder = join(home, 'people/anna-b');
  expect(documentOf(ran)).toMatchObject({
    ok: true,
    name: 'anna-b',
    done: 'now',
    weights: join(folder, 'adapter.safetensors'),
    base: { id: 'adm-plain.pt' },
    recipe: { name: 'fast', weights: 'adapter', steps: 6, timesteps: 250 },
    photos: 9,
    steps: 6,
    heldOut: [{ step: 0 }, { step: 6 }],
  });
  expect(documentOf(ran).losses).toHaveLength(6);
  expect(filesOf(folder)).toEqual(['adapter.safetensors', 'person.json', 'photos', 'previews']);
  expect(filesOf(join(folder, 'previews'))).toEqual(['step-00003.png', 'step-00006.png']);

  const again = await finetune('anna b', photos, [], { home });
  expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('(it was done before)') as string });
  const before = readFileSync(join(folder, 'adapter.safetensors'));
  const other = await finetune('anna b', photos, ['--seed', '1'], { home });
  expect(other.code).toBe(2);
  expect(other.stderr).toMatch(/anna-b was finetuned before, with other photos.* --overwrite/);
  expect(readFileSync(join(folder, 'adapter.safetensors')).equals(before)).toBe(true);

  const photo = await photoAt(join(home, 'gran.png'));
  const restore = (...args: string[]): Promise<Ran> =>
    albumen(['restore', photo, ...SMALL, '--aligned', '--steps', '2', ...args], { home });
  await restore('--out', join(home, 'plain'));
  const personal = await restore('--out', join(home, 'personal'), '--album', 'Anna B.');
  expect(personal.code).toBe(0);
  expect(personal.stderr).toContain('Album: anna-b, 9 photos, recipe fast (adapter), 6 steps, held-out loss');
  const result = (name: string): Buffer => readFileSync(join(home, name, 'gran.restored.png'));
  expect(result('personal').equals(result('plain'))).toBe(false);

  const full = await finetune('anna b', photos, ['--full', '--overwrite'], { home });
  expect(full.code).toBe(0);
  expect(filesOf(folder)).toEqual(['model.json', 'person.json', 'photos', 'weights.safetensors']);
  expect((await restore('--out', join(home, 'full'), '--album', 'anna-b')).code).toBe(0);
  expect(result('full').equals(result('plain'))).toBe(false);
  expect((await albumen(['models', 'inspect', join(folder, 'weights.safetensors')])).code).toBe(0);
});

test('Ctrl-C stops between steps; the same command goes on and ends with the same adapter', async () => {
  const [home, undisturbed] = [temporaryFolder(), temporaryFolder()];
  const photos = await albumAt(join(home, 'photos'), 3);
  const folder = join(home, 'people/anna');
  const controller = new AbortController();
  const running = finetune('anna', photos, ['--preview-every', '2'], { home, signal: controller.signal });
  while (!existsSync(join(folder, 'previews/step-00002.png'))) await setImmediate();
  controller.abort();
  const stopped = await running;
  expect(stopped.code).toBe(130);
  expect(stopped.stderr).toMatch(
    /The finetune was stopped after step [2-5] of 6\. Start it again to go on from there\./,
  );
  expect(filesOf(folder)).toEqual(['previews', 'run.safetensors']);

  const early = await albumen(
    ['restore', join(photos, '0.png'), '--out', join(home, 'out'), '--album', 'anna', '--aligned', ...SMALL],
    { home },
  );
  expect(early.stderr).toContain('The finetune of "anna" is not done yet. Start it again');
  const other = await finetune('anna', photos, ['--seed', '3'], { home });
  expect(other).toMatchObject({ code: 2, stdout: '' });
  expect(other.stderr).toMatch(/anna is in the middle of a finetune: .*another seed.* --overwrite/);

  const ended = await finetune('anna', photos, ['--preview-every', '2'], { home });
  expect(ended.stderr).toMatch(/Going on from step [2-5] of 6/);
  expect(filesOf(folder)).toEqual(['adapter.safetensors', 'person.json', 'photos', 'previews']);
  await finetune('anna', photos, [], { home: undisturbed });
  const adapter = (at: string): Buffer => readFileSync(join(at, 'people/anna/adapter.safetensors'));
  expect(adapter(home).equals(adapter(undisturbed))).toBe(true);
});

test('a process that is killed goes on from its checkpoint and ends with the same adapter', async () => {
  const [home, undisturbed] = [temporaryFolder(), temporaryFolder()];
  const photos = await albumAt(join(home, 'photos'), 3);
  const main = join(import.meta.dirname, '../../src/cli/main.ts');
  const args = [
    'finetune',
    'anna',
    '--photos',
    photos,
    ...SMALL,
    '--iterations',
    '16',
    '--strength',
    '2',
    '--preview-every',
    '1',
  ];
  for (const step of ['00002', '00005', '00009']) {
    const child = spawn(process.execPath, [main, ...args], {
      stdio: 'ignore',
      env: { ...process.env, ALBUMEN_HOME: home },
    });
    const closed = once(child, 'close');
    while (!existsSync(join(home, `people/anna/previews/step-${step}.png`)) && child.exitCode === null)
      await setImmediate();
    child.kill('SIGKILL');
    await closed;
    expect(existsSync(join(home, 'people/anna/run.safetensors'))).toBe(true);
  }
  const ended = await albumen(args, { home });
  expect(ended.stderr).toMatch(/Going on from step \d+ of 16/);
  await albumen(args, { home: undisturbed });
  const adapter = (at: string): Buffer => readFileSync(join(at, 'people/anna/adapter.safetensors'));
  expect(adapter(home).equals(adapter(undisturbed))).toBe(true);
  expect(filesOf(join(home, 'people/anna'))).toEqual(filesOf(join(undisturbed, 'people/anna')));
}, 120_000);

test('restore with a folder: finetuned once, the second run finds it', async () => {
  const home = temporaryFolder();
  const photos = await albumAt(join(home, 'photos'), 3);
  const photo = await photoAt(join(home, 'gran.png'));
  const restore = (...args: string[]): Promise<Ran> => {
    const album = ['--album', photos, '--iterations', '4', '--steps', '2', '--aligned'];
    return albumen(['restore', photo, ...SMALL, ...album, '--out', join(home, 'out'), ...args], { home });
  };
  const first = await restore();
  expect(first.code).toBe(0);
  expect(first.stderr).toContain('Finetuning for 4 steps, on 3 photos.');
  const result = readFileSync(join(home, 'out/gran.restored.png'));
  const second = await restore('--overwrite', '--json');
  expect(second.stderr).not.toContain('Finetuning for');
  expect(second.stderr).toContain('Album: finetuned before, 3 photos');
  expect(JSON.parse(second.stdout)).toMatchObject({ ok: true, album: photos });
  expect(readFileSync(join(home, 'out/gran.restored.png')).equals(result)).toBe(true);

  // what was kept is damaged: it is made again
  const [run = ''] = readdirSync(join(home, 'albums'));
  truncateSync(join(home, 'albums', run, 'adapter.safetensors'), 100);
  const third = await restore('--overwrite');
  expect(third.code).toBe(0);
  expect(third.stderr).toContain('Finetuning for 4 steps');
  expect(readFileSync(join(home, 'out/gran.restored.png')).equals(result)).toBe(true);
});

test('an adapter of another base is refused, both named', async () => {
  const home = temporaryFolder();
  const photos = await albumAt(join(home, 'photos'), 2);
  await finetune('anna', photos, [], { home });
  copyFileSync(join(GOLDEN, 'adm-plain.json'), join(home, 'other.json'));
  writeFileSync(join(home, 'other.pt'), readFileSync(join(GOLDEN, 'adm-plain.pt')));
  // one byte of the last weights: the same network, not the same model
  const bytes = readFileSync(join(home, 'other.pt'));
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(join(home, 'other.pt'), bytes);
  const ran = await albumen(
    ['restore', join(photos, '0.png'), '--out', join(home, 'out'), '--album', 'anna', '--model'].concat(
      join(home, 'other.pt'),
      ['--device', 'cpu', '--aligned', '--json'],
    ),
    { home },
  );
  expect(ran.code).toBe(2);
  expect(JSON.parse(ran.stdout)).toMatchObject({ error: { code: 'checkpoint.mismatch' } });
  expect(ran.stderr).toMatch(
    /"adapter\.safetensors" was finetuned from the model "adm-plain\.pt" \(SHA-256 \w{12}\) and does not fit "other\.pt"/,
  );
  expect(existsSync(join(home, 'out'))).toBe(false);
});

test('albums that will not do: one sentence, nothing written', async () => {
  const home = temporaryFolder();
  const none = await albumAt(join(home, 'none'), 0);
  const one = await albumAt(join(home, 'one'), 1);
  writeFileSync(join(one, 'letter.jpg'), 'Dear grandma');
  await writeImage(join(one, 'wide.png'), {
    width: 32,
    height: 16,
    data: new Uint8Array(32 * 16 * 3),
  });
  const cases = [
    [none, 'album.unsuitable', /The album has 0 usable photos, but a finetune needs at least 2\./],
    [one, 'album.unsuitable', /The album has 1 usable photo, but/],
    [join(home, 'nowhere'), 'usage', /There is no folder/],
  ] as const;
  for (const [photos, code, sentence] of cases) {
    const ran = await finetune('anna', photos, ['--json'], { home });
    expect(ran.code).toBe(2);
    expect(ran.stderr).toMatch(sentence);
    expect(JSON.parse(ran.stdout)).toMatchObject({ ok: false, error: { code } });
  }
  const ran = await finetune('anna', one, [], { home });
  expect(ran.stderr).toMatch(/Left out of the album: No face was found in "wide\.png"\./);
  expect(ran.stderr).toMatch(/Left out of the album: "letter\.jpg" is not a picture/);
  expect(existsSync(join(home, 'people'))).toBe(false);
});

test('weights that cannot be written lose nothing; a loss that is not a number says so', async () => {
  const home = temporaryFolder();
  const photos = await albumAt(join(home, 'photos'), 2);
  const folder = join(home, 'people/anna');
  mkdirSync(join(folder, 'adapter.safetensors/in-the-way'), { recursive: true });
  const ran = await finetune('anna', photos, ['--json'], { home });
  expect(ran.code).toBe(2);
  expect(JSON.parse(ran.stdout)).toMatchObject({ error: { code: 'output.unwritable' } });
  expect(ran.stderr).toMatch(/"adapter\.safetensors" could not be written/);
  expect(filesOf(folder)).toEqual(['adapter.safetensors', 'run.safetensors']);
  rmSync(join(folder, 'adapter.safetensors'), { recursive: true });
  const again = await finetune('anna', photos, [], { home });
  expect(again.code).toBe(0);
  expect(again.stderr).toContain('Going on from step 6 of 6');
  expect(filesOf(folder)).toEqual(['adapter.safetensors', 'person.json', 'photos']);

  using store = openCheckpoint(MODEL);
  const wild = [...store.tensors.values()].map(({ name, shape }) => {
    const data = store.read(name);
    return { name, shape, type: 'float32' as const, data: name === 'out.2.bias' ? data.fill(1e30) : data };
  });
  writeSafetensors(join(home, 'wild.safetensors'), wild);
  copyFileSync(join(GOLDEN, 'adm-plain.json'), join(home, 'wild.json'));
  const model = ['--model', join(home, 'wild.safetensors')];
  const failed = await finetune('bob', photos, [...model, '--json'], { home });
  expect(failed.code).toBe(2);
  expect(JSON.parse(failed.stdout)).toMatchObject({ error: { code: 'training.failed' } });
  expect(failed.stderr).toMatch(/The finetune failed at step 1 of 6: its loss is not a number any more\./);
});

test('what restore refuses about albums', async () => {
  const home = temporaryFolder();
  const photo = await photoAt(join(home, 'gran.png'));
  const out = join(home, 'out');
  const cases: readonly (readonly [args: readonly string[], sentence: RegExp])[] = [
    [['--album', 'bob'], /There is no person or folder called "bob"\. Finetune a person with/],
    [['--album', 'Ø'], /There is no person or folder called "Ø"/],
    [['--album', home, '--generative-album'], /cannot be used with option/],
    [['--album-size', '4'], /--album-size means nothing without --generative-album/],
    [['--album-recipe', 'paper'], /--album-recipe means nothing without --album or --generative-album/],
    [['--album', home], /The album has 1 usable photo/],
  ];
  for (const [args, sentence] of cases) {
    const ran = await albumen(['restore', photo, '--aligned', '--out', out, ...SMALL, ...args], { home });
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toMatch(sentence);
  }
  const nameless = await finetune('***', home, [], { home });
  expect(nameless.stderr).toMatch(/No folder can be named after "\*\*\*"/);
  expect(filesOf(home)).toEqual(['gran.png']);
});
