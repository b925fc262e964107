/**
 * Which files an export will write: each photo's versions, their form and their names, before anything is written.
 * names.ts makes names; exports.service.ts shows the plan or keeps it, write.ts follows it.
 */
import { join } from 'node:path';
import type { ExportForm, ExportRequest } from '../../domain/exporting.ts';
import type { DatePrecision } from '../../domain/photo.ts';
import type { Database } from '../db/database.ts';
import { directoryOf, placeOf, titleOf } from '../photos/names.ts';
import { TakenNames, fillTemplate, safeName } from './names.ts';
import type { PictureSource, WrittenFormat } from './ports.ts';

/** Endings by what is written. */
const ENDINGS: Readonly<Record<WrittenFormat, string>> = {
  jpeg: '.jpg',
  png: '.png',
  tiff: '.tif',
  webp: '.webp',
  avif: '.avif',
};
const WRITTEN = Object.keys(ENDINGS) as WrittenFormat[];

export interface PlannedFile {
  readonly photo: string;
  readonly rendition: string | null;
  /** Below the target, with `/`. */
  readonly path: string;
  /** Where it is known beforehand: a copy has the size of what is copied. */
  readonly bytes: number | null;
}

interface PhotoRow {
  readonly id: string;
  readonly path: string;
  readonly size: number;
  readonly format: string | null;
  readonly captured_at: number;
  readonly captured_precision: DatePrecision;
}

interface RenditionRow {
  readonly id: string;
  readonly file: string;
  readonly bytes: number;
  readonly chosen: number;
}

/** In the order of the request; photos that are not there any more are left out. */
export function planExport(
  db: Database,
  { photos, what, form }: Omit<ExportRequest, 'target'>,
): PlannedFile[] {
  const names = new TakenNames();
  const wanted = photos.flatMap((id) => {
    const photo = db
      .query<PhotoRow>(
        `SELECT id, path, size, format, captured_at, captured_precision FROM photos WHERE id = ? AND state <> 'removed'`,
      )
      .get(id);
    return photo ? versionsOf(db, photo, what).map((version) => ({ photo, version })) : [];
  });
  return wanted.map(({ photo, version }, i) => {
    const own = titleOf(photo.path).replace(/\.[^.]*$/, '');
    const suffix = version === null && what === 'original-too' ? '-original' : '';
    const naming = {
      ...{ name: `${own}${suffix}`, capturedAt: photo.captured_at, precision: photo.captured_precision },
      ...{ people: peopleIn(db, photo.id), n: i + 1, of: wanted.length },
    };
    const directory = form.keepTree
      ? directoryOf(photo.path).split('/').filter(Boolean).map(safeName).join('/')
      : '';
    const source = version?.file ?? photo.path;
    const copied = isCopy(form, source, version === null ? photo.format : null);
    return {
      photo: photo.id,
      rendition: version?.id ?? null,
      path: names.take(
        directory,
        fillTemplate(form.nameTemplate, naming),
        endingOf(form, source, photo.format),
      ),
      bytes: copied ? (version?.bytes ?? photo.size) : null,
    };
  });
}

/** The file a planned one is made of, and the hash of the mask that was painted for it; undefined where it is gone. */
export function sourceOf(
  db: Database,
  dataFolder: string,
  { photo, rendition }: { readonly photo: string | null; readonly rendition: string | null },
): (PictureSource & { readonly format: string | null; readonly mask: string | null }) | undefined {
  if (rendition !== null) {
    const row = db
      .query<{ file: string; recipe: string; mask: string | null }>(
        `SELECT file, recipe, json_extract(recipe, '$.repair.mask.sha256') AS mask FROM renditions
         WHERE id = ? AND deleted_at IS NULL`,
      )
      .get(rendition);
    if (!row) return undefined;
    const { file, ...rest } = row;
    return { file: join(dataFolder, file), name: titleOf(file), ...rest, format: null };
  }
  const row = db
    .query<{ root: string; path: string; format: string | null }>(
      `SELECT d.path AS root, p.path, p.format FROM photos p JOIN folders d ON d.id = p.folder
       WHERE p.id = ? AND p.state = 'present' AND d.state = 'present'`,
    )
    .get(photo ?? '');
  if (!row) return undefined;
  return {
    file: placeOf(row.root, row.path),
    name: titleOf(row.path),
    recipe: undefined,
    format: row.format,
    mask: null,
  };
}

/** Whether the file goes out as it is: then nothing of it is lost. */
export function isCopy({ format, longest }: ExportForm, source: string, known: string | null): boolean {
  if (format !== 'same' || longest !== null) return false;
  return known === null || known === 'gif' || formatOf(source, known) !== undefined;
}

/** The format to write where it is to be as the source is. */
export function formatOf(source: string, known: string | null): WrittenFormat | undefined {
  const ending = /\.([^./]+)$/.exec(source)?.[1]?.toLowerCase() ?? '';
  const guess = known ?? { jpg: 'jpeg', tif: 'tiff' }[ending] ?? ending;
  return WRITTEN.find((format) => format === guess);
}

function endingOf(form: ExportForm, source: string, known: string | null): string {
  if (isCopy(form, source, known)) {
    const own = /\.[A-Za-z0-9]{1,8}$/.exec(source)?.[0] ?? '';
    return own.toLowerCase();
  }
  const format = form.format === 'same' ? (formatOf(source, known) ?? 'png') : form.format;
  return ENDINGS[format];
}

function versionsOf(db: Database, photo: PhotoRow, what: ExportRequest['what']): (RenditionRow | null)[] {
  const all = db
    .query<RenditionRow>(
      `SELECT id, file, bytes, chosen FROM renditions WHERE photo = ? AND deleted_at IS NULL ORDER BY created_at, id`,
    )
    .all(photo.id);
  if (what === 'all-renditions') return all;
  const chosen = all.find((rendition) => rendition.chosen === 1);
  if (what === 'chosen') return [chosen ?? null];
  return chosen ? [chosen, null] : [null];
}

function peopleIn(db: Database, photo: string): string[] {
  return db
    .column<string>(
      `SELECT DISTINCT p.name FROM faces f JOIN people p ON p.id = f.person
       WHERE f.photo = ? AND f.state = 'confirmed' ORDER BY p.name`,
    )
    .all(photo);
}
