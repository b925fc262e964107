/**
 * What `albumen restore` refuses before anything is done: one sentence, nothing written.
 * restore-whole.test.ts has what it does; odd-photos.test.ts files of all kinds.
 */
import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FACE, hand, pictureAt, restoreWhole, temporaryFolder } from './helpers.ts';

describe('refused before anything is done', () => {
  const folder = temporaryFolder();
  test.each([
    [['--face', '0:off'], /It must be like 2:off/],
    [['--face', '1:strong'], /It must be like 2:off/],
    [['--face', '1:off', '--face', '1:on'], /Face 1 was given before/],
    [['--face-at', '1,2,3'], /It must be six numbers/],
    [['--square', '1,2'], /It must be like 400,300,250/],
    [['--repair', 'tone=2'], /It must be a number from 0 to 1/],
    [['--repair', 'a.jpg'], /put it after the photos/],
    [['--name', '../{name}'], /It must be a name of a file/],
    [['--name', '{who}'], /There is no \{who\}/],
    [['--quality', '0'], /from 1 to 100/],
    [['--variation'], /--variation means nothing without --candidates/],
    [['--save-mask'], /--save-mask means nothing without --repair/],
    [['--aligned'], /--face-at means nothing with --aligned/],
    [['--recipe', 'r.json', '--seed', '1'], /--seed means nothing with --recipe/],
    [['--recogniser', 'nobody'], /There is no face recogniser called "nobody"/],
    [['--strength', '1001'], /this model has 1000 noise steps/],
    [['--face', '1:strength=1001'], /this model has 1000 noise steps/],
    [['--face', '3:off'], /There is no face 3: 1 face was found/],
    [['--face-at', '1,1,2,1,900,3'], /outside the photo/],
    [['--mask', 'nowhere.png'], /The mask "nowhere\.png" cannot be read/],
  ])('%j', async (args, sentence) => {
    const photo = await pictureAt(join(folder, 'a.png'));
    const out = join(folder, 'out');
    const ran = await restoreWhole([photo, '--out', out, '--face-at', FACE, ...args]);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toMatch(sentence);
    expect(existsSync(out)).toBe(false);
  });

  test('what belongs to one photo, for two', async () => {
    const first = await pictureAt(join(folder, 'a.png'));
    copyFileSync(first, join(folder, 'b.png'));
    const ran = await hand([first, join(folder, 'b.png'), '--out', join(folder, 'out')]);
    expect(ran.stderr).toMatch(/--face-at is for one photo, and there are 2\./);
    expect(ran.code).toBe(2);
  });

  test('a text as a mask', async () => {
    const photo = await pictureAt(join(folder, 'a.png'));
    writeFileSync(join(folder, 'mask.png'), 'white');
    const ran = await hand([photo, '--out', join(folder, 'out'), '--mask', join(folder, 'mask.png')]);
    expect(ran.stderr).toMatch(/The mask is not a picture, or is damaged\./);
  });
});
