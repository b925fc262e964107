/**
 * A studio with photos on the disk and a folder for exports, for the tests of src/services/exports: what is written there is
 * a few words. exports.test.ts and masks.test.ts use it.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExportForm, ExportRequest } from '../../../src/domain/exporting.ts';
import { addTarget, exportsService } from '../../../src/services/exports/exports.service.ts';
import type { WritePicture } from '../../../src/services/exports/ports.ts';
import { ExportWorker } from '../../../src/services/exports/write.ts';
import { Bench, database, folderOfTest, service, until } from '../jobs/helpers.ts';

export const form: ExportForm = {
  ...{ format: 'jpeg', quality: 90, depth: 8, longest: null, nameTemplate: '{name}', keepTree: false },
  collisions: 'number',
};

/** Photos `p1`.. with files of their own, an open target, and a writer that says what it was given. */
export async function open(paths: readonly string[], write?: WritePicture) {
  const folder = folderOfTest();
  const [photos, out, data] = ['photos', 'out', 'data'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const place of [photos, out]) mkdirSync(place);
  const db = database(data);
  db.run(`INSERT INTO folders (id, path, title, added_at) VALUES ('f', ?, 'photos', 0)`, photos);
  for (const [i, path] of paths.entries()) {
    mkdirSync(join(photos, path, '..'), { recursive: true });
    writeFileSync(join(photos, path), `original ${path}`);
    db.run(
      `INSERT INTO photos (id, folder, path, size, mtime, hash, format, captured_at, captured_from, captured_precision,
         own_date, added_at) VALUES (?, 'f', ?, ?, 0, ?, 'jpeg', -811468800000, 'hand', 'month', '{}', 0)`,
      ...[`p${i + 1}`, path, `original ${path}`.length, new Uint8Array(32).fill(i)],
    );
  }
  const { jobs } = service(db);
  const written: string[] = [];
  const usual: WritePicture = async ({ name }, to, { format }) => {
    written.push(to);
    await writeFile(to, `${format} of ${name}`);
    return 9;
  };
  const worker = new ExportWorker({ db, dataFolder: data, write: write ?? usual, changed: () => undefined });
  await jobs.start({ ...new Bench().workers, export: worker });
  const context: { signal: AbortSignal; client: string } = {
    signal: new AbortController().signal,
    client: 'test',
  };
  const { handlers, target } = {
    handlers: exportsService({ db, jobs, changed: () => undefined }),
    target: (await addTarget(db, out)).id,
  };
  const request = (more: Partial<ExportForm> = {}): ExportRequest => ({
    ...{ photos: paths.map((_, i) => `p${i + 1}`), what: 'chosen', target },
    form: { ...form, ...more },
  });
  const run = async (more: Partial<ExportForm> = {}) => {
    const { job } = await handlers.start(request(more), context);
    return until(jobs, job, 'done', 'failed');
  };
  return { db, data, photos, out, jobs, handlers, context, request, run, worker, written };
}
