/**
 * Exports: names, what is planned, what is written and what never is, and going on after a crash.
 */
import { readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../src/domain/errors.ts';
import { addTarget } from '../../../src/services/exports/exports.service.ts';
import { fillTemplate, safeName } from '../../../src/services/exports/names.ts';
import { planExport } from '../../../src/services/exports/plan.ts';
import type { JobRow } from '../../../src/services/jobs/rows.ts';
import { until } from '../jobs/helpers.ts';
import { form, open } from './helpers.ts';

describe('names', () => {
  const naming = {
    name: 'Oma',
    capturedAt: -811468800000,
    precision: 'month',
    people: ['anna'],
    n: 3,
    of: 120,
  } as const;

  it('are filled in by what is known, no finer than it is', () => {
    expect(fillTemplate('{date} {person} {n} {name} {other}', naming)).toBe('1944-04 anna 003 Oma {other}');
    expect(fillTemplate('{date}', { ...naming, precision: 'year' })).toBe('1944');
  });

  it('are one part of a path on every system, whatever a template or a name says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 250 }), (text) => {
        const safe = safeName(text);
        expect(safe).not.toMatch(/[<>:"/\\|?*\p{Cc}]|^\.|[. ]$/u);
        expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(190);
        expect(safe).not.toBe('');
      }),
      { numRuns: 50 },
    );
    expect(['../../etc/passwd', 'CON', 'nul.txt', '...', ''].map(safeName)).toEqual([
      ...['__.._etc_passwd', '_CON', '_nul.txt', 'photo', 'photo'],
    ]);
  });
});

describe('an export', () => {
  it('plans a name of its own for every file, also where systems ignore the case', async () => {
    const { db, request } = await open(['a/x.jpg', 'b/X.jpg', 'c/x.png']);
    const flat = planExport(db, request());
    expect(flat.map(({ path }) => path)).toEqual(['x.jpg', 'X-2.jpg', 'x-3.jpg']);
    const tree = planExport(db, request({ keepTree: true }));
    expect(tree.map(({ path }) => path)).toEqual(['a/x.jpg', 'b/X.jpg', 'c/x.jpg']);
  });

  it('copies what goes out as it is, byte for byte, and says how large it will be', async () => {
    const { out, run, handlers, request, context, written } = await open(['a.jpg', 'b.jpg']);
    const preview = await handlers.preview(request({ format: 'same' }), context);
    expect(preview).toMatchObject({ count: 2, bytes: 2 * 'original a.jpg'.length });
    expect((await run({ format: 'same' })).state).toBe('done');
    expect(readFileSync(join(out, 'a.jpg'), 'utf8')).toBe('original a.jpg');
    expect(written).toEqual([]);
  });

  it('numbers, skips or replaces, but replaces only what an export wrote', async () => {
    const { out, run, db } = await open(['a.jpg']);
    writeFileSync(join(out, 'a.jpg'), 'somebody else’s');
    await run({ collisions: 'replace' });
    expect(readdirSync(out).sort()).toEqual(['a-2.jpg', 'a.jpg']);
    await run({ collisions: 'skip' });
    expect(db.column('SELECT state FROM exports ORDER BY written_at').all()).toContain('skipped');
    await run({ collisions: 'number' });
    expect(readdirSync(out).sort()).toEqual(['a-2.jpg', 'a-3.jpg', 'a.jpg']);
    expect(readFileSync(join(out, 'a.jpg'), 'utf8')).toBe('somebody else’s');
  });

  it('replaces an earlier export', async () => {
    const { out, run } = await open(['a.jpg']);
    await run({ collisions: 'replace' });
    writeFileSync(join(out, 'a.jpg'), 'as it was written');
    await run({ collisions: 'replace' });
    expect(readdirSync(out)).toEqual(['a.jpg']);
    expect(readFileSync(join(out, 'a.jpg'), 'utf8')).toBe('jpeg of a.jpg');
  });

  it('never writes over an original, also where the target is the library', async () => {
    const { db, photos, handlers, context, jobs, request } = await open(['a.jpg']);
    const { id } = await addTarget(db, photos);
    for (let i = 0; i < 2; i++) {
      const { job } = await handlers.start({ ...request({ collisions: 'replace' }), target: id }, context);
      await until(jobs, job, 'done');
      // even where a row says that an export wrote it
      db.run(`UPDATE exports SET path = 'a.jpg'`);
    }
    expect(readFileSync(join(photos, 'a.jpg'), 'utf8')).toBe('original a.jpg');
  });

  it('never leaves the target through a link', async () => {
    const { out, photos, run, written } = await open(['sub/a.jpg']);
    symlinkSync(photos, join(out, 'sub'));
    const job = await run({ keepTree: true });
    expect(job).toMatchObject({ state: 'failed', error: { code: 'output.unwritable' } });
    expect(written).toEqual([]);
    expect(readdirSync(join(photos, 'sub'))).toEqual(['a.jpg']);
  });

  it('goes on after a crash with what is left, under the names that were settled', async () => {
    let crash = true;
    const { db, out, jobs, handlers, context, request, worker } = await open(
      ['a.jpg', 'b.jpg', 'c.jpg'],
      async ({ name }, to) => {
        if (name === 'b.jpg' && crash) {
          // as a killed process leaves it: the file is there, or a part of it, and no row says so
          await writeFile(to, 'half');
          await writeFile(join(to, '../.albumen-00000000-0000-4000-8000-000000000000.tmp'), 'part');
          throw new Error('killed');
        }
        await writeFile(to, name);
        return 1;
      },
    );
    const { job } = await handlers.start(request(), context);
    await until(jobs, job, 'failed');
    crash = false;
    const row = db.query<JobRow>('SELECT * FROM jobs WHERE id = ?').get(job)!;
    await worker.cleanUp(row, 'found');
    expect(readdirSync(out).sort()).toEqual(['a.jpg', 'b.jpg']);
    void jobs.handlers.retry({ jobs: [job] }, context);
    await until(jobs, job, 'done');
    expect(readdirSync(out).sort()).toEqual(['a.jpg', 'b.jpg', 'c.jpg']);
    expect(readFileSync(join(out, 'b.jpg'), 'utf8')).toBe('b.jpg');
  });

  it('leaves out what cannot be written, and fails where nothing can', async () => {
    const unreadable = new UserError('photo.unreadable', 'It is damaged.');
    const { run, db } = await open(['a.jpg', 'b.jpg'], async ({ name }, to) => {
      if (name === 'a.jpg') throw unreadable;
      await writeFile(to, basename(to));
      return 1;
    });
    expect((await run()).state).toBe('done');
    expect(db.column('SELECT state FROM exports ORDER BY position').all()).toEqual(['failed', 'written']);
    db.run(`DELETE FROM photos WHERE id = 'p2'`);
    expect(await run()).toMatchObject({ state: 'failed', error: { code: 'photo.unreadable' } });
  });

  it('refuses targets that are none', async () => {
    const { db, handlers, context, request, photos } = await open(['a.jpg']);
    await expect(addTarget(db, 'relative')).rejects.toThrow('not a whole path');
    await expect(addTarget(db, join(photos, 'nothing'))).rejects.toThrow('cannot be opened');
    await expect(addTarget(db, join(photos, 'a.jpg'))).rejects.toThrow('is not a folder');
    await expect(handlers.start({ ...request(), target: 'unknown' }, context)).rejects.toThrow(
      'not open for exports',
    );
  });
});

describe('presets', () => {
  it('are two of ours, which stay, and a person’s own', async () => {
    const { handlers, context } = await open([]);
    const names = async () => (await handlers.presets({}, context)).map(({ name }) => name);
    expect(await names()).toEqual(['To share', 'To keep']);
    const own = await handlers.savePreset({ name: 'Album', form }, context);
    expect(() => handlers.savePreset({ name: 'Album', form }, context)).toThrow('already');
    expect(() => handlers.savePreset({ name: 'to share', form }, context)).toThrow('already');
    expect(() => handlers.deletePreset({ preset: 'to-keep' }, context)).toThrow('stays');
    await handlers.deletePreset({ preset: own.id }, context);
    expect(await names()).toEqual(['To share', 'To keep']);
  });
});
