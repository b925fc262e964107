/**
 * Scans of real folders of made-up files: what is new, changed, moved, gone and back; photos keep their identity.
 * The decoding is helpers.ts's; test/imaging/library has the real one.
 */
import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KnownFiles } from '../../../src/services/photos/known.ts';
import { scanFolders } from '../../../src/services/photos/scan.ts';
import { shown } from '../../../src/services/photos/names.ts';
import { walk } from '../../../src/services/photos/walk.ts';
import { foldersOf, lookAt, openLibrary } from './helpers.ts';

const past = new Date(Date.UTC(2001, 1, 3, 4, 5, 6));

describe('a scan', () => {
  it('finds pictures, below and with any name, and passes over the rest', async () => {
    const library = await openLibrary();
    library.put('a.jpg', '1998-07-06 a');
    library.put('deep/er/b \u{1F475}\n.PNG', 'b');
    library.put('.hidden.jpg', 'no');
    library.put('notes.txt', 'no');
    library.put('c.restored-2.png', 'no');
    library.put('@eaDir/d.jpg', 'no');
    writeFileSync(
      Buffer.concat([Buffer.from(`${library.root}/`), Buffer.from([0xff, 0xfe, 0x41]), Buffer.from('.jpg')]),
      'odd',
    );
    const done = await library.scan();
    expect(done).toMatchObject({ stage: 'done', seen: 3, added: 3, toRead: 3, read: 3, troubled: 0 });
    expect(Object.keys(library.ids()).map(shown).sort()).toEqual([
      '??A.jpg',
      'a.jpg',
      'deep/er/b \u{1F475}?.PNG',
    ]);
    expect(await library.scan()).toMatchObject({ seen: 3, toRead: 0, added: 0, changed: 0, missing: 0 });
  });

  it('keeps who a photo is when files are moved, renamed and exchanged', async () => {
    const library = await openLibrary();
    for (const name of ['1', '2', '3', '4']) library.put(`${name}.jpg`, `content ${name}`);
    await library.scan();
    const before = library.ids();
    library.db.run(`UPDATE photos SET note = 'of ' || path`);
    // 1 -> 2 -> 3 -> elsewhere/3, 4 stays; all of one size, so only contents tell
    mkdirSync(join(library.root, 'elsewhere'));
    renameSync(join(library.root, '3.jpg'), join(library.root, 'elsewhere/3.jpg'));
    renameSync(join(library.root, '2.jpg'), join(library.root, '3.jpg'));
    renameSync(join(library.root, '1.jpg'), join(library.root, '2.jpg'));
    for (const name of ['2.jpg', '3.jpg', 'elsewhere/3.jpg'])
      utimesSync(join(library.root, name), past, past);
    const done = await library.scan();
    const after = library.ids();
    expect(done).toMatchObject({ moved: 3, added: 0, changed: 0 });
    expect(after).toEqual({
      '2.jpg': before['1.jpg'],
      '3.jpg': before['2.jpg'],
      'elsewhere/3.jpg': before['3.jpg'],
      '4.jpg': before['4.jpg'],
    });
    const note = library.db.column<string>('SELECT note FROM photos WHERE id = ?').get(after['2.jpg'] ?? '');
    expect(note).toBe('of 1.jpg');
  });

  it('exchanges two photos that exchanged their names', async () => {
    const library = await openLibrary();
    library.put('a.jpg', 'one');
    library.put('b.jpg', 'two');
    await library.scan();
    const before = library.ids();
    renameSync(join(library.root, 'a.jpg'), join(library.root, 'c'));
    renameSync(join(library.root, 'b.jpg'), join(library.root, 'a.jpg'));
    renameSync(join(library.root, 'c'), join(library.root, 'b.jpg'));
    for (const name of ['a.jpg', 'b.jpg']) utimesSync(join(library.root, name), past, past);
    await library.scan();
    expect(library.ids()).toEqual({ 'a.jpg': before['b.jpg'], 'b.jpg': before['a.jpg'] });
  });

  it('takes an edited file for the same photo, and a copy for another', async () => {
    const library = await openLibrary();
    library.put('a.jpg', 'first');
    await library.scan();
    const { 'a.jpg': id } = library.ids();
    library.put('a.jpg', 'second version');
    library.put('copy.jpg', 'second version');
    const done = await library.scan();
    expect(done).toMatchObject({ changed: 1, added: 1, moved: 0 });
    const after = library.ids();
    expect(after['a.jpg']).toBe(id);
    expect(after['copy.jpg']).not.toBe(id);
  });

  it('keeps missing photos and knows them when they return, even elsewhere', async () => {
    const library = await openLibrary();
    library.put('a.jpg', 'a');
    library.put('b.jpg', 'b');
    await library.scan();
    const before = library.ids();
    rmSync(join(library.root, 'a.jpg'));
    rmSync(join(library.root, 'b.jpg'));
    expect(await library.scan()).toMatchObject({ missing: 2 });
    expect(library.ids()).toEqual({});
    library.put('a.jpg', 'a');
    library.put('other/b2.jpg', 'b');
    const done = await library.scan();
    expect(done.returned + done.moved).toBe(2);
    expect(library.ids()).toEqual({ 'a.jpg': before['a.jpg'], 'other/b2.jpg': before['b.jpg'] });
  });

  it('changes no photo when the drive is gone, and none when another is in its place', async () => {
    const library = await openLibrary();
    library.put('a.jpg', 'a');
    await library.scan();
    const before = library.ids();
    renameSync(library.root, `${library.root}-away`);
    expect(await library.scan()).toMatchObject({ missing: 0, troubled: 1 });
    const state = library.db.column<string>('SELECT state FROM folders');
    expect([state.get(), library.ids()]).toEqual(['away', before]);
    mkdirSync(library.root);
    library.put('.volume', 'another drive');
    expect(await library.scan()).toMatchObject({ missing: 0 });
    expect([state.get(), library.ids()]).toEqual(['away', before]);
    rmSync(library.root, { recursive: true });
    renameSync(`${library.root}-away`, library.root);
    expect(await library.scan()).toMatchObject({ toRead: 0, missing: 0 });
    expect([state.get(), library.ids()]).toEqual(['present', before]);
  });

  it('reports links that lead in circles or out, folders it may not open, and damaged files', async () => {
    const library = await openLibrary();
    library.put('in/a.jpg', 'a');
    library.put('b.jpg', 'broken file');
    symlinkSync(library.root, join(library.root, 'in/circle'));
    symlinkSync('/', join(library.root, 'out'));
    symlinkSync('/etc/hostname', join(library.root, 'out.jpg'));
    symlinkSync(join(library.root, 'self.jpg'), join(library.root, 'self.jpg'));
    symlinkSync(join(library.root, 'in/a.jpg'), join(library.root, 'good.jpg'));
    const done = await library.scan();
    expect(done.problems.map(({ path, message }) => `${path}: ${message}`).sort()).toEqual([
      'b.jpg: b.jpg is cut short.',
      'in/circle: This is a link that is not followed (it leads to a folder).',
      'out.jpg: This is a link that is not followed (it leads out of the library).',
      'out: This is a link that is not followed (it leads to a folder).',
      'self.jpg: This is a link that is not followed (it leads to itself).',
    ]);
    expect(Object.keys(library.ids()).sort()).toEqual(['b.jpg', 'good.jpg', 'in/a.jpg']);
  });

  it('says nothing about what is below a folder that cannot be opened', async () => {
    const library = await openLibrary();
    library.put('closed/a.jpg', 'a');
    library.put('b.jpg', 'b');
    await library.scan();
    const [folder] = foldersOf(library.db);
    const known = await KnownFiles.of(library.db, folder?.id ?? '');
    expect(known.gone(['closed'])).toHaveLength(1);
    expect(known.gone([''])).toEqual([]);
    expect(known.gone([])).toHaveLength(2);
    const walked = [];
    for await (const found of walk(join(library.root, 'b.jpg'), new AbortController().signal))
      walked.push(found);
    expect(walked).toMatchObject([{ readable: false, files: [], troubles: [{ path: '' }] }]);
  });

  it('may be stopped and taken up again', async () => {
    const library = await openLibrary();
    for (let i = 0; i < 60; i++) library.put(`${i}.jpg`, `photo ${i}`);
    const { db, thumbnails } = library;
    const abort = new AbortController();
    let looked = 0;
    const slow: typeof lookAt = (...asked) => {
      if (++looked === 20) abort.abort();
      return lookAt(...asked);
    };
    const parts = { db, thumbnails, lookAt: slow, abreast: 2, sides: [256] as const };
    const stages: string[] = [];
    for await (const { stage } of scanFolders(parts, foldersOf(db), abort.signal)) stages.push(stage);
    const kept = Object.keys(library.ids()).length;
    expect(stages).not.toContain('done');
    expect(kept).toBeGreaterThanOrEqual(20);
    expect(kept).toBeLessThan(60);
    expect(await library.scan()).toMatchObject({ added: 60 - kept, missing: 0 });
  });

  it('finds dates in EXIF, names and folders, and says which', async () => {
    const library = await openLibrary();
    library.put('exif.jpg', '1998-07-06');
    library.put('IMG_20040712_153000.jpg', 'n1');
    library.put('1944-03/x.jpg', 'n2');
    library.put('at the sea 1931.jpg', 'n3');
    library.put('IMG_1931.jpg', 'n4');
    utimesSync(join(library.root, 'IMG_1931.jpg'), past, past);
    await library.scan();
    const rows = library.db
      .query<{ path: string; at: number; from: string; precision: string }>(
        `SELECT path, captured_at AS at, captured_from AS "from", captured_precision AS precision FROM photos`,
      )
      .all();
    const said = Object.fromEntries(
      rows.map((r) => [r.path, `${new Date(r.at).toISOString().slice(0, 19)} ${r.from} ${r.precision}`]),
    );
    expect(said).toEqual({
      'exif.jpg': '1998-07-06T00:00:00 exif second',
      'IMG_20040712_153000.jpg': '2004-07-12T15:30:00 name second',
      '1944-03/x.jpg': '1944-03-01T00:00:00 name month',
      'at the sea 1931.jpg': '1931-01-01T00:00:00 name year',
      'IMG_1931.jpg': '2001-02-03T04:05:06 mtime second',
    });
  });

  it('pairs front and back by their names, and hides the back', async () => {
    const library = await openLibrary();
    for (const name of ['sea', 'sea_back', 'oma_0001', 'oma_0002', 'IMG_0001', 'IMG_0002'])
      library.put(`${name}.jpg`, name);
    await library.scan();
    const pairs = library.db
      .column<string>(
        `SELECT b.path || ' > ' || f.path FROM photos b JOIN photos f ON f.id = b.front ORDER BY b.path`,
      )
      .all();
    expect(pairs).toEqual(['oma_0002.jpg > oma_0001.jpg', 'sea_back.jpg > sea.jpg']);
    expect(library.db.column<number>('SELECT sum(photos) FROM photo_months').get()).toBe(4);
  });
});
