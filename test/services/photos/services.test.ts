/**
 * The two services as their callers see them: folders, scans that are watched, thumbnails on demand, what people say of
 * photos and how it is taken back.
 */
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ScanProgress } from '../../../src/domain/library.ts';
import { applyOperations } from '../../../src/services/db/operations.ts';
import type { Step } from '../../../src/services/db/operations.ts';
import { AlikeIndex } from '../../../src/services/photos/alike.ts';
import { LibraryService } from '../../../src/services/photos/library.service.ts';
import { photosService } from '../../../src/services/photos/photos.service.ts';
import type { LookAt } from '../../../src/services/photos/ports.ts';
import { lookAt, openLibrary, temporaryFolder } from './helpers.ts';

const context = { signal: new AbortController().signal, client: 'test' };

async function services(look: LookAt = lookAt) {
  const base = await openLibrary();
  const { db, sidecars, thumbnails } = base;
  const alike = new AlikeIndex(db);
  const steps: Step[] = [];
  const told: string[] = [];
  const changed = (topic: string): void => void told.push(topic);
  const failures: unknown[] = [];
  const failed = (error: unknown): void => void failures.push(error);
  const parts = {
    db,
    sidecars,
    thumbnails,
    alike,
    lookAt: look,
    changed,
    abreast: 2,
    sides: [256] as const,
    failed,
  };
  const library = new LibraryService(parts);
  const photos = photosService({ db, alike, sidecars, changed, remember: (step) => void steps.push(step) });
  return { ...base, library, photos, steps, told, failures };
}

async function all(progress: AsyncIterable<ScanProgress>): Promise<ScanProgress[]> {
  const items: ScanProgress[] = [];
  for await (const item of progress) items.push(item);
  return items;
}

describe('folders', () => {
  it('are added once, taken out and taken up again with all that was known', async () => {
    const { db, root, library, put, scan, ids } = await services();
    put('a.jpg', 'a');
    await scan();
    const before = ids();
    const [folder] = await library.handlers.folders({}, context);
    expect(folder).toMatchObject({ place: root, state: 'present', photos: 1 });
    const again = await library.hostHandlers.addFolder({ path: `${root}/.` }, context);
    expect(again.id).toBe(folder?.id);
    await library.handlers.removeFolder({ folder: again.id }, context);
    expect(await library.handlers.folders({}, context)).toEqual([]);
    expect(db.column('SELECT count(*) FROM photos').get()).toBe(1);
    await library.hostHandlers.addFolder({ path: root }, context);
    await scan();
    expect(ids()).toEqual(before);
    await library.close();
  });

  it.each([
    ['relative/path', 'usage'],
    ['/does/not/exist', 'missing'],
    ['/with\0zero', 'usage'],
  ])('%j is refused', async (path, code) => {
    const { library } = await services();
    await expect(async () => library.hostHandlers.addFolder({ path }, context)).rejects.toMatchObject({
      code,
    });
  });

  it('may not lie in one another, links followed', async () => {
    const { root, library } = await services();
    mkdirSync(join(root, 'inside'));
    const link = join(temporaryFolder(), 'link');
    symlinkSync(join(root, 'inside'), link);
    for (const path of [join(root, 'inside'), link, join(root, '..')])
      await expect(async () => library.hostHandlers.addFolder({ path }, context)).rejects.toMatchObject({
        code: 'conflict',
      });
  });

  it('may be found again at another place', async () => {
    const { library, put, scan, ids } = await services();
    put('a.jpg', 'a');
    await scan();
    const before = ids();
    const elsewhere = temporaryFolder();
    writeFileSync(join(elsewhere, 'a.jpg'), 'a');
    const [folder] = await library.handlers.folders({}, context);
    await library.hostHandlers.relocateFolder({ folder: folder?.id ?? '', path: elsewhere }, context);
    expect(await scan()).toMatchObject({ added: 0, missing: 0 });
    expect(ids()).toEqual(before);
    await expect(async () =>
      library.handlers.removeFolder({ folder: 'none' }, context),
    ).rejects.toMatchObject({ code: 'missing' });
  });

  it('show what is below them, level by level', async () => {
    const { library, put, scan } = await services();
    for (const path of ['a/1.jpg', 'a/2.jpg', 'a/b \u{1F475}/3.jpg', 'a-b/4.jpg', '5.jpg', 'z/6.jpg'])
      put(path, path);
    await scan();
    const [folder] = await library.handlers.folders({}, context);
    const at = async (below: string) => {
      const found = await library.handlers.directories({ folder: folder?.id ?? '', below }, context);
      return found.map(({ directory, photos }) => `${directory} ${photos}`);
    };
    expect(await at('')).toEqual(['a-b 1', 'a 3', 'z 1']);
    expect(await at('a')).toEqual(['a/b \u{1F475} 1']);
    expect(await at('none')).toEqual([]);
  });
});

describe('a scan in the background', () => {
  it('is one for all who watch it, and goes on when they leave', async () => {
    const { library, put, told } = await services();
    for (let i = 0; i < 40; i++) put(`${i}.jpg`, `photo ${i}`);
    const leaving = new AbortController();
    const left = all(library.scan(undefined, leaving.signal));
    leaving.abort();
    await left;
    const [one, two] = await Promise.all([
      all(library.handlers.scan({}, context) as AsyncIterable<ScanProgress>),
      all(library.handlers.scan({}, context) as AsyncIterable<ScanProgress>),
    ]);
    expect([one.at(-1), two.at(-1)]).toMatchObject([
      { stage: 'done', added: 40 },
      { stage: 'done', added: 40 },
    ]);
    expect(told).toContain('photos');
    expect(await library.handlers.stats({}, context)).toMatchObject({ photos: 40, missing: 0, restored: 0 });
    await library.close();
  });

  it('stops when asked, and says so by ending', async () => {
    const { library, put, failures } = await services();
    for (let i = 0; i < 200; i++) put(`${i}.jpg`, `photo ${i}`);
    const items: ScanProgress[] = [];
    for await (const item of library.scan(undefined, context.signal)) {
      items.push(item);
      if (items.length === 1) void library.handlers.stopScan({}, context);
    }
    expect(items.map(({ stage }) => stage)).not.toContain('done');
    expect(failures).toEqual([]);
    await library.close();
  });

  it('follows what is put into a watched folder', async () => {
    const { library, put, ids } = await services();
    await library.watch();
    put('a.jpg', 'a');
    await expect.poll(() => Object.keys(ids()), { timeout: 20_000 }).toEqual(['a.jpg']);
    await library.close();
  });
});

describe('thumbnails', () => {
  it('are made when they are wanted, once for all who want them', async () => {
    let looks = 0;
    const { library, put, scan, ids } = await services((...asked) => {
      looks++;
      return lookAt(...asked);
    });
    put('a.jpg', 'a');
    put('b.jpg', 'broken');
    await scan();
    const { 'a.jpg': a = '', 'b.jpg': b = '' } = ids();
    const files = await Promise.all(
      [1, 2, 3].map(async () => library.hostHandlers.thumbnail({ photo: a, side: 1024 }, context)),
    );
    expect(looks).toBe(1);
    expect(new Set(files.map((found) => found?.file)).size).toBe(1);
    expect(readFileSync(files[0]?.file ?? '', 'utf8')).toBe('1024 of a');
    expect(await library.hostHandlers.thumbnail({ photo: b, side: 256 }, context)).toBeNull();
    expect(await library.hostHandlers.thumbnail({ photo: 'none', side: 256 }, context)).toBeNull();
    expect(await library.hostHandlers.original({ photo: 'none' }, context)).toBeNull();
    expect(await library.hostHandlers.original({ photo: a }, context)).toMatchObject({ mime: 'image/jpeg' });
  });

  it('are of the file as it is now, and none of a file that is gone', async () => {
    const { root, library, put, scan, ids } = await services();
    put('a.jpg', 'a');
    await scan();
    const { 'a.jpg': a = '' } = ids();
    put('a.jpg', 'edited');
    const found = await library.hostHandlers.thumbnail({ photo: a, side: 1024 }, context);
    expect(readFileSync(found?.file ?? '', 'utf8')).toBe('1024 of edited');
    rmSync(join(root, 'a.jpg'));
    await scan();
    expect(await library.hostHandlers.original({ photo: a }, context)).toBeNull();
  });
});

describe('what people say of photos', () => {
  it('is kept, told, undone, and written beside the database', async () => {
    const { db, dataFolder, photos, put, scan, ids, steps, told, sidecars } = await services();
    put('a.jpg', '1998-07-06');
    await scan();
    const { 'a.jpg': a = '' } = ids();
    const before = await photos.get({ photo: a }, context);
    const edit = {
      rating: 4,
      note: ' by the sea ',
      captured: { at: Date.UTC(1944, 0), precision: 'year' as const },
    };
    await photos.update({ photos: [a, 'gone'], edit }, context);
    const after = await photos.get({ photo: a }, context);
    expect(after).toMatchObject({
      rating: 4,
      note: 'by the sea',
      capturedAt: Date.UTC(1944, 0),
      capturedFrom: 'hand',
    });
    expect(
      (await photos.page({ filter: { text: 'sea 1944' }, order: 'newest', offset: 0, limit: 5 }, context))
        .photos,
    ).toHaveLength(1);
    await sidecars.settled();
    const hash = db.column<string>('SELECT lower(hex(hash)) FROM photos').get() ?? '';
    const written = JSON.parse(
      readFileSync(join(dataFolder, 'sidecars/photos', hash.slice(0, 2), `${hash}.json`), 'utf8'),
    ) as unknown;
    expect(written).toMatchObject({ rating: 4, note: 'by the sea', captured: { precision: 'year' } });
    expect(told).toContain('photos');
    await photos.update({ photos: [a], edit: { captured: null } }, context);
    expect(await photos.get({ photo: a }, context)).toMatchObject({
      capturedFrom: 'exif',
      capturedAt: before.capturedAt,
    });
    for (const step of steps.toReversed()) applyOperations(db, step.undo);
    expect(await photos.get({ photo: a }, context)).toEqual(before);
    for (const step of steps.slice(0, 1)) applyOperations(db, step.redo);
    expect(await photos.get({ photo: a }, context)).toEqual(after);
  });

  it('holds against what the next scan reads', async () => {
    const { photos, put, scan, ids } = await services();
    put('a.jpg', '1998-07-06 first');
    put('b_back.jpg', 'b');
    put('b.jpg', 'b front');
    await scan();
    const { 'a.jpg': a = '', 'b_back.jpg': back = '', 'b.jpg': front = '' } = ids();
    await photos.update({ photos: [a], edit: { captured: { at: 0, precision: 'day' } } }, context);
    await photos.unpair({ back }, context);
    put('a.jpg', '2001-01-01 second version');
    put('c.jpg', 'c');
    await scan();
    expect(await photos.get({ photo: a }, context)).toMatchObject({ capturedAt: 0, capturedFrom: 'hand' });
    expect(await photos.get({ photo: back }, context)).toMatchObject({ front: null });
    await photos.pair({ front: a, back }, context);
    expect(await photos.get({ photo: a }, context)).toMatchObject({ back });
    expect(await photos.position({ photo: back, filter: {}, order: 'newest' }, context)).toBeNull();
    for (const [f, b] of [[a, a], [back, front], [front, back].toReversed(), [front, a]])
      await expect(async () => photos.pair({ front: f ?? '', back: b ?? '' }, context)).rejects.toMatchObject(
        { code: 'conflict' },
      );
    await expect(async () => photos.pair({ front: 'none', back: front }, context)).rejects.toMatchObject({
      code: 'missing',
    });
    await expect(async () => photos.get({ photo: 'none' }, context)).rejects.toMatchObject({
      code: 'missing',
    });
  });

  it('tells copies and look-alikes', async () => {
    const { photos, put, scan, ids } = await services();
    put('a.jpg', 'same content');
    put('b.jpg', 'same content');
    put('c.jpg', 'another, same content');
    put('d.jpg', 'nothing like it');
    await scan();
    const { 'a.jpg': a = '', 'b.jpg': b = '', 'c.jpg': c = '' } = ids();
    const { total, groups } = await photos.copies({ offset: 0, limit: 10 }, context);
    expect([total, groups.map((group) => group.map(({ id }) => id).sort())]).toEqual([1, [[a, b].sort()]]);
    expect((await photos.get({ photo: a }, context)).copies).toEqual([b]);
    const page = { offset: 0, limit: 10 };
    const [group, ...more] = (await photos.duplicates(page, context)).groups;
    expect(more).toEqual([]);
    expect(group).toMatchObject({ identical: false, count: 3 });
    expect(group?.photos.map(({ id }) => id).sort()).toEqual([a, b, c].sort());
    expect(await photos.duplicates({ offset: 1, limit: 10 }, context)).toEqual({ total: 1, groups: [] });
    const alike = await photos.alike({ photo: a, within: 0, limit: 10 }, context);
    expect(alike.map(({ photo }) => photo.id).sort()).toEqual([b, c].sort());
  });
});
