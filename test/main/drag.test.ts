/**
 * Versions dragged out: a copy under a name any system can have; src/main/drag.ts.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it, vi } from 'vitest';
import { copyToDrag, emptyDragged, nameFor } from '../../src/main/drag.ts';

const folder = mkdtempSync(join(tmpdir(), 'albumen-drag-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('is called like the photo, with the ending of the version', () => {
  expect(nameFor('Scan 0001.JPG', '/r/abc.png')).toBe('Scan 0001 restored.png');
  expect(nameFor('../../etc/passwd', '/r/abc.jpg')).toBe('_.._etc_passwd restored.jpg');
  expect(nameFor('...', '/r/a.jpg')).toBe('Photo restored.jpg');
  expect(nameFor('CON.tif', '/r/a.jpg')).toBe('Photo restored.jpg');
});

it('is never a path, whatever the photo is called', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (title) => {
      const name = nameFor(title, 'x.png');
      expect(basename(name)).toBe(name);
      expect(name).not.toMatch(/[\\/:\u0000]/);
      expect(name.length).toBeLessThan(160);
    }),
  );
});

it('copies the version; the original file of it is not handed out', async () => {
  const file = join(folder, 'r1.png');
  writeFileSync(file, 'pixels');
  const client = {
    renditions: { get: vi.fn(async () => ({ photo: 'p1' })) },
    photos: { get: vi.fn(async () => ({ title: 'Picnic.jpg' })) },
    files: { picture: vi.fn(async () => ({ file, mime: 'image/png', immutable: true })) },
  };
  const dragged = join(folder, 'dragged');
  const copy = await copyToDrag('r1', client as never, dragged);
  expect(copy && basename(copy)).toBe('Picnic restored.png');
  expect(copy && dirname(dirname(copy))).toBe(dragged);
  expect(readFileSync(copy ?? '', 'utf8')).toBe('pixels');
  for (const asked of ['../x', 7, null, { id: 'r1' }, 'x'.repeat(65)])
    expect(await copyToDrag(asked, client as never, dragged)).toBeUndefined();
  expect(client.renditions.get).toHaveBeenCalledOnce();
  await emptyDragged(dragged);
  expect(existsSync(dragged)).toBe(false);
});
