/**
 * A filter of the grid as SQL: which index gives the photos in order of date, and what else they must meet. grid.ts
 * pages through it; domain/library.ts says what the parts of a filter mean.
 */
import type { PhotoFilter } from '../../domain/library.ts';
import type { Value } from '../db/database.ts';

/** Everything but the search text. `at` and `id` are the columns the grid is ordered by; `p` is the photo. */
export interface Source {
  readonly from: string;
  readonly where: string;
  readonly parameters: readonly Value[];
  readonly at: string;
  readonly id: string;
  /** SQL of the photo's `key`. */
  readonly key: string;
  /** Rows may be doubled (two faces of one person in one photo): group by `at`, `id`. */
  readonly grouped: boolean;
  /** Only a folder and a time are asked for, of which photo_months knows the counts of whole months. */
  readonly counted: boolean;
}

/** The index that leaves least to look at, first match: a person, restored, damaged, rated, a folder, all. */
export function sourceOf(filter: PhotoFilter): Source {
  const { from, before, ...rest } = filter;
  if (filter.person !== undefined) {
    const { sql, parameters } = conditionOf(rest);
    return {
      from: `faces f INDEXED BY faces_person ${sql === '1' ? '' : 'CROSS JOIN photos p ON p.id = f.photo'}`,
      where: `f.person = ? AND f.state = 'confirmed' AND f.shown = 1 AND f.captured_at >= ? AND f.captured_at < ?
              AND ${sql}`,
      parameters: [filter.person, from ?? -1e15, before ?? 1e15, ...parameters],
      at: 'f.captured_at',
      id: 'f.photo',
      key: '(SELECT k.key FROM photos k WHERE k.id = f.photo)',
      grouped: true,
      counted: false,
    };
  }
  const { sql, parameters } = conditionOf(filter);
  const index =
    filter.restored === true
      ? 'photos_restored'
      : filter.damaged === true
        ? 'photos_damaged'
        : (filter.rating ?? 0) > 0
          ? 'photos_rated'
          : filter.folder !== undefined
            ? 'photos_folder'
            : 'photos_grid';
  return {
    from: `photos p INDEXED BY ${index}`,
    where: `p.shown = 1 AND ${sql}`,
    parameters,
    at: 'p.captured_at',
    id: 'p.id',
    key: 'p.key',
    grouped: false,
    counted: Object.entries(filter).every(
      ([key, value]) => ['folder', 'from', 'before'].includes(key) || value === undefined,
    ),
  };
}

/** The conditions on photos `p`, except person (an index of its own) and text. */
export function conditionOf(filter: PhotoFilter): { sql: string; parameters: Value[] } {
  const terms: string[] = [];
  const parameters: Value[] = [];
  const add = (sql: string, ...values: Value[]): void => {
    terms.push(sql);
    parameters.push(...values);
  };
  const { folder, directory, from, before, rating, restored, damaged } = filter;
  if (folder !== undefined) add('p.folder = ?', folder);
  // '0' is the character after '/': everything that begins with the folder's name and a slash
  if (directory !== undefined && directory !== '')
    add('p.path >= ? AND p.path < ?', `${directory}/`, `${directory}0`);
  if (from !== undefined) add('p.captured_at >= ?', from);
  if (before !== undefined) add('p.captured_at < ?', before);
  if (rating !== undefined && rating > 0) add('p.rating > 0 AND p.rating >= ?', rating);
  if (restored !== undefined) add(restored ? 'p.renditions > 0' : 'p.renditions = 0');
  if (damaged !== undefined) add(damaged ? 'p.damage IS NOT NULL' : 'p.damage IS NULL');
  return { sql: terms.join(' AND ') || '1', parameters };
}

/** As conditionOf, with the person too, where the photos come from somewhere else. */
export function conditionWithPerson(filter: PhotoFilter): { sql: string; parameters: Value[] } {
  const { sql, parameters } = conditionOf(filter);
  if (filter.person === undefined) return { sql, parameters };
  return {
    sql: `${sql} AND EXISTS (SELECT 1 FROM faces q WHERE q.photo = p.id AND q.person = ? AND q.state = 'confirmed')`,
    parameters: [...parameters, filter.person],
  };
}
