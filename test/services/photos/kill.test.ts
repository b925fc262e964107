/**
 * A scan that is killed again and again, at any moment, ends with every photo once, a sound database and no half file.
 * killed-scan.ts is the process.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { assertSound, openDatabase } from '../../../src/services/db/open.ts';
import { Sidecars } from '../../../src/services/db/sidecars.ts';
import { addFolder } from '../../../src/services/photos/folders.ts';
import { ThumbnailCache } from '../../../src/services/photos/thumbnails.ts';

const PHOTOS = 120;

/** Runs the scan; killed after `lines` of what it says, or not at all. */
function scanning(dataFolder: string, lines: number): Promise<{ killed: boolean; errors: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'killed-scan.ts'), dataFolder]);
    let [heard, errors] = [0, ''];
    child.stdout.on('data', (text: Buffer) => {
      heard += text.toString().split('\n').length - 1;
      if (heard >= lines) child.kill('SIGKILL');
    });
    child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
    child.on('close', (code) => resolve({ killed: code === null, errors }));
  });
}

it('a scan survives being killed at any moment', async () => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'albumen-kill-'));
  const root = mkdtempSync(join(tmpdir(), 'albumen-photos-'));
  try {
    for (let i = 0; i < PHOTOS; i++) {
      mkdirSync(join(root, `${i % 7}`), { recursive: true });
      writeFileSync(join(root, `${i % 7}/${i}.jpg`), `photo ${i}`);
    }
    {
      using opened = openDatabase(dataFolder);
      await addFolder(opened.db, new Sidecars(dataFolder), root);
    }
    const kills = [];
    for (const lines of [1, 3, 17, 31, 45]) kills.push(await scanning(dataFolder, lines));
    expect(kills.map(({ killed }) => killed)).toEqual([true, true, true, true, true]);
    expect(await scanning(dataFolder, Infinity)).toEqual({ killed: false, errors: '' });
    using opened = openDatabase(dataFolder, { check: true });
    const { db } = opened;
    assertSound(db, true);
    expect(db.column('SELECT count(*) FROM photos').get()).toBe(PHOTOS);
    expect(db.column('SELECT count(DISTINCT hash) FROM photos').get()).toBe(PHOTOS);
    expect(db.column('SELECT sum(photos) FROM photo_months').get()).toBe(PHOTOS);
    const cache = join(dataFolder, 'cache/thumbnails');
    for (const path of readdirSync(cache, { recursive: true }) as string[])
      utimesSync(join(cache, path), 1, 1);
    const thumbnails = new ThumbnailCache(db, dataFolder, 1e9);
    await thumbnails.sweep();
    const files = (readdirSync(cache, { recursive: true }) as string[]).filter((path) => path.includes('.'));
    expect(files.filter((path) => !path.endsWith('.webp'))).toEqual([]);
    expect(files).toHaveLength(db.column<number>('SELECT count(*) FROM thumbnails').get() ?? 0);
  } finally {
    rmSync(dataFolder, { recursive: true, force: true });
    rmSync(root, { recursive: true, force: true });
  }
});
