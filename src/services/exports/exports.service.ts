/**
 * Answers the calls on exports: presets, targets, what would be written, and the job that writes it. plan.ts plans,
 * write.ts is the job.
 */
import { UserError } from '../../domain/errors.ts';
import type { ExportForm, ExportPreset, ExportRequest } from '../../domain/exporting.ts';
import { ExportForm as FormSchema } from '../../domain/exporting.ts';
import { counted } from '../../domain/text.ts';
import type { exports } from '../../contract/exports.ts';
import type { Handlers } from '../../contract/rpc.ts';
import * as v from 'valibot';
import { sqliteCode } from '../db/database.ts';
import type { Database } from '../db/database.ts';
import { newId } from '../db/ids.ts';
import type { JobsService } from '../jobs/jobs.service.ts';
import { shown } from '../photos/names.ts';
import { isWritable, realTarget } from './folders.ts';
import { planExport } from './plan.ts';
import type { PlannedFile } from './plan.ts';
import { targetPath } from './write.ts';

export interface ExportsParts {
  readonly db: Database;
  readonly jobs: JobsService;
  readonly changed: (topic: 'exports', ids: readonly string[] | null) => void;
}

const MOST_SHOWN = 1000;
/** Targets remembered, the last used first. */
const MOST_TARGETS = 20;

const common = { longest: null, nameTemplate: '{name}', keepTree: true, collisions: 'number' } as const;
/** For people who know nothing of formats, and for those who archive. */
const BUILT_IN: readonly ExportPreset[] = [
  {
    id: 'to-share',
    name: 'To share',
    builtIn: true,
    form: { ...common, format: 'jpeg', quality: 90, depth: 8, longest: 2560, keepTree: false },
  },
  {
    id: 'to-keep',
    name: 'To keep',
    builtIn: true,
    form: { ...common, format: 'same', quality: 95, depth: 16 },
  },
];

export function exportsService(parts: ExportsParts): Handlers<typeof exports> {
  const { db, changed } = parts;
  return {
    presets: () => [...BUILT_IN, ...presetsIn(db)],
    savePreset: ({ name, form }) => {
      const preset = savePreset(db, name, form);
      changed('exports', [preset.id]);
      return preset;
    },
    deletePreset: ({ preset }) => {
      if (BUILT_IN.some(({ id }) => id === preset))
        throw new UserError('usage', 'This preset comes with Albumen and stays.');
      if (db.run('DELETE FROM export_presets WHERE id = ?', preset) === 0)
        throw new UserError('missing', 'This preset is not there any more.');
      changed('exports', [preset]);
      return undefined;
    },
    targets: () => targetsIn(db),
    preview: ({ target, ...request }) => {
      targetPath(db, target);
      const files = planExport(db, request);
      const sizes = files.map(({ bytes }) => bytes);
      return {
        files: files
          .slice(0, MOST_SHOWN)
          .map(({ photo, path, bytes }) => ({ photo, path: path.slice(0, 4096), bytes })),
        count: files.length,
        bytes: sizes.includes(null) ? null : sizes.reduce<number>((sum, bytes) => sum + (bytes ?? 0), 0),
      };
    },
    start: async (request) => ({ job: await start(parts, request) }),
  };
}

/** Opens a folder for exports: only a host asks this. Throws UserError as realTarget does. */
export async function addTarget(db: Database, path: string): Promise<{ id: string; title: string }> {
  const real = await realTarget(path);
  db.run(
    'INSERT INTO export_targets VALUES (?, ?, ?) ON CONFLICT (path) DO UPDATE SET used_at = excluded.used_at',
    ...[newId(), real, Date.now()],
  );
  const id = db.column<string>('SELECT id FROM export_targets WHERE path = ?').get(real);
  return { id: id ?? '', title: shown(real).slice(0, 4096) };
}

async function start({ db, jobs, changed }: ExportsParts, request: ExportRequest): Promise<string> {
  const { target, form } = request;
  await realTarget(targetPath(db, target));
  const files = planExport(db, request);
  if (files.length === 0)
    throw new UserError(
      'usage',
      'There is nothing to export.',
      request.what === 'all-renditions'
        ? 'Restore the photos first.'
        : 'Choose photos that are in the library.',
    );
  const job = db.transaction(() => {
    const [id = ''] = jobs.add([
      { kind: 'export', title: counted(files.length, 'picture'), payload: { target, form } },
    ]);
    for (const [position, file] of files.entries()) insertFile(db, id, position, file);
    db.run('UPDATE export_targets SET used_at = ? WHERE id = ?', Date.now(), target);
    return id;
  });
  jobs.begin([job]);
  changed('exports', [job]);
  return job;
}

function insertFile(
  db: Database,
  job: string,
  position: number,
  { photo, rendition, path }: PlannedFile,
): void {
  db.run(
    'INSERT INTO exports (job, position, photo, rendition, path) VALUES (?, ?, ?, ?, ?)',
    ...[job, position, photo, rendition, path],
  );
}

function presetsIn(db: Database): ExportPreset[] {
  return db
    .query<{ id: string; name: string; form: string }>(
      'SELECT id, name, form FROM export_presets ORDER BY name',
    )
    .all()
    .flatMap(({ id, name, form }) => {
      const parsed = v.safeParse(FormSchema, JSON.parse(form));
      return parsed.success ? [{ id, name, form: parsed.output, builtIn: false }] : [];
    });
}

function savePreset(db: Database, name: string, form: ExportForm): ExportPreset {
  const id = newId();
  const taken = BUILT_IN.some((preset) => preset.name.toLowerCase() === name.toLowerCase());
  try {
    if (taken)
      throw new UserError('conflict', `There is a preset called ${name} already.`, 'Choose another name.');
    db.run('INSERT INTO export_presets VALUES (?, ?, ?, ?)', id, name, JSON.stringify(form), Date.now());
  } catch (error) {
    if (sqliteCode(error)?.startsWith('SQLITE_CONSTRAINT') !== true) throw error;
    throw new UserError('conflict', `There is a preset called ${name} already.`, 'Choose another name.', {
      cause: error,
    });
  }
  return { id, name, form, builtIn: false };
}

async function targetsIn(db: Database): Promise<{ id: string; title: string; writable: boolean }[]> {
  const rows = db
    .query<{ id: string; path: string }>('SELECT id, path FROM export_targets ORDER BY used_at DESC LIMIT ?')
    .all(MOST_TARGETS);
  return Promise.all(
    rows.map(async ({ id, path }) => ({
      id,
      title: shown(path).slice(0, 4096),
      writable: await isWritable(path),
    })),
  );
}
