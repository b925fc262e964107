/**
 * Answers the calls on photos: the grid, one photo and what people say of it, copies and look-alikes. The contract is
 * contract/photos.ts; library.service.ts has the folders.
 */
import { UserError } from '../../domain/errors.ts';
import type { PhotoDetails, PhotoEdit } from '../../domain/photo.ts';
import type { Handlers } from '../../contract/rpc.ts';
import type { photos } from '../../contract/photos.ts';
import type { Topic } from '../../contract/events.ts';
import type { Database } from '../db/database.ts';
import { applyOperations } from '../db/operations.ts';
import type { Operation, Remember, Row } from '../db/operations.ts';
import type { Sidecars } from '../db/sidecars.ts';
import type { AlikeIndex } from './alike.ts';
import { Grid } from './grid.ts';
import { shown } from './names.ts';
import { pairByHand, unpairByHand } from './pairing.ts';
import { photosById, photosByKey } from './rows.ts';
import { writePhotoSidecars } from './said.ts';

/** Tells every window what changed: ids, or null for all of a topic. */
export type Changed = (topic: Topic, ids: readonly string[] | null) => void;

export interface PhotosParts {
  readonly db: Database;
  readonly alike: AlikeIndex;
  readonly sidecars: Sidecars;
  readonly changed: Changed;
  readonly remember: Remember;
}

export function photosService(parts: PhotosParts): Handlers<typeof photos> {
  const { db, alike } = parts;
  const grid = new Grid(db);
  return {
    page: ({ filter, order, offset, limit }) => ({ photos: grid.page(filter, order, offset, limit) }),
    timeline: ({ filter, order }) => {
      const { total, months, more } = grid.timeline(filter, order);
      return { total, months: [...months], more };
    },
    position: ({ photo, filter, order }) => grid.position(photo, filter, order),
    ids: ({ filter, order, limit }) => grid.ids(filter, order, limit),
    get: ({ photo }) => details(db, photo),
    getMany: ({ photos }) => ({ photos: photosById(db, photos) }),
    update: ({ photos, edit }) => update(parts, photos, edit),
    pair: ({ front, back }) =>
      pair(parts, [front, back], () => pairByHand(db, front, back), back, 'Pair front and back'),
    unpair: ({ back }) => pair(parts, [back], () => unpairByHand(db, back), back, 'Take a pair apart'),
    copies: ({ offset, limit }) => copies(db, offset, limit),
    duplicates: async ({ offset, limit }) => {
      const groups = await alike.groups();
      return { total: groups.length, groups: groups.slice(offset, offset + limit).map(duplicatesIn(db)) };
    },
    alike: ({ photo, within, limit }) => {
      const row = db
        .query<{ key: number; dhash: Uint8Array | null }>('SELECT key, dhash FROM photos WHERE id = ?')
        .get(photo);
      if (!row) throw unknown();
      const near = row.dhash ? alike.near(row.key, row.dhash, within, limit) : [];
      const distances = near.map(({ key, distance }) => ({ photo: photosByKey(db, [key])[0], distance }));
      return distances.flatMap(({ photo: found, distance }) => (found ? [{ photo: found, distance }] : []));
    },
  };
}

interface DetailRow {
  readonly key: number;
  readonly folder: string;
  readonly path: string;
  readonly size: number;
  readonly format: string | null;
  readonly captured_from: PhotoDetails['capturedFrom'];
  readonly camera: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly place: string;
  readonly note: string;
  readonly damage: string | null;
  readonly front: string | null;
}

function details(db: Database, id: string): PhotoDetails {
  const [photo] = photosById(db, [id]);
  const row = db
    .query<DetailRow>(
      `SELECT key, folder, path, size, format, captured_from, camera, latitude, longitude, place, note, damage, front
       FROM photos WHERE id = ?`,
    )
    .get(id);
  if (!photo || !row) throw unknown();
  const { latitude, longitude } = row;
  return {
    ...photo,
    folder: row.folder,
    path: shown(row.path),
    bytes: row.size,
    format: row.format,
    capturedFrom: row.captured_from,
    camera: row.camera,
    gps: latitude === null || longitude === null ? null : { latitude, longitude },
    place: row.place,
    note: row.note,
    damage: row.damage,
    front: row.front,
    copies: db
      .column<string>(
        `SELECT id FROM photos WHERE hash = (SELECT hash FROM photos WHERE id = ?) AND id <> ? AND state <> 'removed'`,
      )
      .all(id, id),
  };
}

const SAID = 'rating, note, place, captured_at, captured_precision, captured_from';

/** Ids that there are no photos of are passed over: they may just have been forgotten by another window. */
function update(
  { db, sidecars, changed, remember }: PhotosParts,
  ids: readonly string[],
  edit: PhotoEdit,
): undefined {
  const known = db.query<Row>(`SELECT ${SAID} FROM photos WHERE id = ?`);
  const own = db.query<Row>(
    `SELECT own_date ->> 'at' AS captured_at, own_date ->> 'precision' AS captured_precision,
            own_date ->> 'from' AS captured_from FROM photos WHERE id = ?`,
  );
  const [undo, redo]: [Operation[], Operation[]] = [[], []];
  db.transaction(() => {
    for (const id of ids) {
      const before = known.get(id);
      if (!before) continue;
      const row: Row = {
        ...(edit.rating !== undefined && { rating: edit.rating }),
        ...(edit.note !== undefined && { note: edit.note.trim() }),
        ...(edit.place !== undefined && { place: edit.place.trim() }),
        ...(edit.captured && {
          captured_at: edit.captured.at,
          captured_precision: edit.captured.precision,
          captured_from: 'hand',
        }),
        ...(edit.captured === null && own.get(id)),
      };
      if (Object.keys(row).length === 0) continue;
      const old = Object.fromEntries(Object.keys(row).map((column) => [column, before[column] ?? null]));
      redo.push({ kind: 'set', table: 'photos', key: { id }, row });
      undo.push({ kind: 'set', table: 'photos', key: { id }, row: old });
    }
    applyOperations(db, redo);
    if (undo.length > 0) remember({ label: labelOf(edit, undo.length), undo, redo });
  });
  changed('photos', ids);
  writePhotoSidecars(db, sidecars, ids);
  return undefined;
}

function labelOf(edit: PhotoEdit, count: number): string {
  const of = count === 1 ? 'a photo' : `${count.toLocaleString('en')} photos`;
  if (edit.rating !== undefined) return `Rate ${of}`;
  if (edit.captured !== undefined) return `Date ${of}`;
  return edit.place !== undefined ? `Place ${of}` : `Note on ${of}`;
}

function pair(
  { db, alike, sidecars, changed, remember }: PhotosParts,
  ids: readonly string[],
  work: () => void,
  back: string,
  label: string,
): undefined {
  const state = db.query<Row>('SELECT front, paired_by FROM photos WHERE id = ?');
  if (!ids.every((id) => state.get(id))) throw unknown();
  db.transaction(() => {
    const before = state.get(back);
    work();
    const after = state.get(back);
    const set = (row: Row): Operation => ({ kind: 'set', table: 'photos', key: { id: back }, row });
    if (before && after) remember({ label, undo: [set(before)], redo: [set(after)] });
  });
  // backs are no photos of their own
  alike.forget();
  changed('photos', ids);
  writePhotoSidecars(db, sidecars, [back]);
  return undefined;
}

function copies(db: Database, offset: number, limit: number) {
  const groups = `SELECT hash, count(*) AS n FROM photos WHERE state <> 'removed' GROUP BY hash HAVING n > 1`;
  const total = db.column<number>(`SELECT count(*) FROM (${groups})`).get() ?? 0;
  const rows = db
    .query<{ hash: Uint8Array }>(`${groups} ORDER BY n DESC, hash LIMIT ? OFFSET ?`)
    .all(limit, offset);
  const members = db.column<number>(
    `SELECT key FROM photos WHERE hash = ? AND state <> 'removed' ORDER BY key`,
  );
  return { total, groups: rows.map(({ hash }) => photosByKey(db, members.all(hash))) };
}

const MOST_DUPLICATES = 100;

/** A group of keys as the contract has it. */
function duplicatesIn(db: Database) {
  const largest = db.column<number>(
    `SELECT p.key FROM json_each(?) j CROSS JOIN photos p ON p.key = j.value
     ORDER BY coalesce(p.width * p.height, 0) DESC, p.size DESC, p.key LIMIT ${MOST_DUPLICATES}`,
  );
  const contents = db.column<number>(
    'SELECT count(DISTINCT p.hash) FROM json_each(?) j CROSS JOIN photos p ON p.key = j.value',
  );
  return (keys: readonly number[]) => {
    const list = JSON.stringify(keys);
    return {
      identical: contents.get(list) === 1,
      count: keys.length,
      photos: photosByKey(db, largest.all(list)),
    };
  };
}

function unknown(): UserError {
  return new UserError(
    'missing',
    'This photo is not in the library any more.',
    'It may have been removed in another window: look again.',
  );
}
