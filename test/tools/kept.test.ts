/** What an evaluation keeps goes on where the settings are the same, and only there. The subject is tools/eval/kept.ts. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keep, keptIn } from '../../tools/eval/kept.ts';

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'albumen-kept-'));
  file = join(folder, 'eval.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

const setup = { limit: '21', K: undefined, ways: [{ sampler: 'ddim', steps: 8 }] };

test('what was kept comes back for the same settings', async () => {
  expect(await keptIn(file, setup)).toBeUndefined();
  await keep(file, setup, { rows: [1, 2] });
  expect(await keptIn(file, setup)).toMatchObject({ rows: [1, 2] });
  expect(readdirSync(folder)).toEqual(['eval.json']);
});

test('other settings are refused', async () => {
  await keep(file, setup, { rows: [1, 2] });
  await expect(keptIn(file, { ...setup, limit: '20' })).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('is of another prior or other settings') as string,
  });
});

test.each(['', '[]', 'null', '{"rows":[]}', '{"setup":'])(
  'so is what holds no findings: %j',
  async (text) => {
    writeFileSync(file, text);
    await expect(keptIn(file, setup)).rejects.toMatchObject({ code: 'usage' });
  },
);
