/**
 * Changes in a folder are noticed, once for many, and a folder that goes away is waited for.
 */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { FolderWatcher } from '../../../src/services/photos/watch.ts';
import { temporaryFolder } from './helpers.ts';

const watchers: FolderWatcher[] = [];
afterEach(() => {
  for (const watcher of watchers.splice(0)) watcher.close();
});

/** A watcher, and a promise of its next call. */
async function watching(root: string) {
  let heard = 0;
  let wake: (() => void) | undefined;
  const watcher = new FolderWatcher(
    root,
    () => {
      heard++;
      wake?.();
    },
    { quietMs: 20, lookMs: 20 },
  );
  watchers.push(watcher);
  await watcher.start();
  return {
    next: (change: () => void) => {
      const told = new Promise<void>((resolve) => (wake = resolve));
      change();
      return told;
    },
    heard: () => heard,
  };
}

describe('a watcher', () => {
  it('tells of pictures that come, change and go, also in folders that are new', async () => {
    const root = temporaryFolder();
    mkdirSync(join(root, 'deep'));
    const { next } = await watching(root);
    await next(() => writeFileSync(join(root, 'a.jpg'), '1'));
    await next(() => writeFileSync(join(root, 'deep/b.jpg'), '1'));
    await next(() => renameSync(join(root, 'a.jpg'), join(root, 'c.jpg')));
    await next(() => rmSync(join(root, 'c.jpg')));
    await next(() => mkdirSync(join(root, 'new')));
    await next(() => writeFileSync(join(root, 'new/d.jpg'), '1'));
    await next(() => rmSync(join(root, 'new'), { recursive: true }));
  });

  it('tells once of many changes, and not of files that are no pictures', async () => {
    const root = temporaryFolder();
    const { next, heard } = await watching(root);
    for (const name of ['notes.txt', '.a.jpg', 'a.jpg~', 'b.tmp.jpg', '~$x.jpg'])
      writeFileSync(join(root, name), '1');
    await next(() => {
      for (let i = 0; i < 50; i++) writeFileSync(join(root, `${i}.jpg`), '1');
    });
    expect(heard()).toBe(1);
  });

  it('waits for a folder that goes away, and tells when it is back', async () => {
    const root = join(temporaryFolder(), 'drive');
    mkdirSync(root);
    writeFileSync(join(root, 'a.jpg'), '1');
    const { next } = await watching(root);
    await next(() => renameSync(root, `${root}-away`));
    await next(() => renameSync(`${root}-away`, root));
    await next(() => writeFileSync(join(root, 'b.jpg'), '1'));
  });

  it('waits for a folder that was not there from the start', async () => {
    const root = join(temporaryFolder(), 'drive');
    const { next } = await watching(root);
    await next(() => mkdirSync(root));
    await next(() => writeFileSync(join(root, 'b.jpg'), '1'));
  });
});
