/**
 * The grid: any page of any filter at the price of the first one. Pages are found by month: photo_months (or a count
 * by month, kept until something changes) says in which month row `offset` is, an index does the rest. filter.ts and
 * search.ts say which photos.
 */
import type { PhotoFilter, PhotoOrder, TimelineMonth } from '../../domain/library.ts';
import type { Photo } from '../../domain/photo.ts';
import type { Database } from '../db/database.ts';
import { conditionWithPerson, sourceOf } from './filter.ts';
import type { Source } from './filter.ts';
import { photosById, photosByKey } from './rows.ts';
import { findPhotos } from './search.ts';
import type { Found } from './search.ts';

export interface Timeline {
  readonly total: number;
  /** In the order asked for. */
  readonly months: readonly TimelineMonth[];
  readonly more: boolean;
}

/** Results kept of the last questions; each is some kilobytes, a search up to 5,000 numbers. */
const KEPT = 16;

export class Grid {
  readonly #db: Database;
  readonly #kept = new Map<string, { readonly revision: number; readonly value: unknown }>();

  constructor(db: Database) {
    this.#db = db;
  }

  page(filter: PhotoFilter, order: PhotoOrder, offset: number, limit: number): Photo[] {
    if (hasText(filter)) return photosById(this.#db, this.#foundIds(filter, order, offset, limit));
    return photosByKey(this.#db, this.#keys(filter, order, offset, limit));
  }

  ids(filter: PhotoFilter, order: PhotoOrder, limit: number): string[] {
    if (hasText(filter)) return this.#foundIds(filter, order, 0, limit);
    return this.#db
      .column<string>('SELECT p.id FROM json_each(?) j CROSS JOIN photos p ON p.key = j.value ORDER BY j.key')
      .all(JSON.stringify(this.#keys(filter, order, 0, limit)));
  }

  timeline(filter: PhotoFilter, order: PhotoOrder): Timeline {
    const { months, more } = this.#months(filter);
    const total = months.reduce((sum, { count }) => sum + count, 0);
    return { total, months: order === 'newest' ? months : months.toReversed(), more };
  }

  /** The row of a photo, or null where it is not among them. */
  position(photo: string, filter: PhotoFilter, order: PhotoOrder): number | null {
    const row = this.#db
      .query<{ at: number; month: string; shown: number }>(
        'SELECT captured_at AS at, month, shown FROM photos WHERE id = ?',
      )
      .get(photo);
    if (row?.shown !== 1) return null;
    const { months } = this.#months(filter);
    const newest = this.#newestBefore(photo, row, filter, months);
    if (newest === null) return null;
    const total = months.reduce((sum, { count }) => sum + count, 0);
    return order === 'newest' ? newest : total - 1 - newest;
  }

  /** How many are newer than it. */
  #newestBefore(
    photo: string,
    { at, month }: { at: number; month: string },
    filter: PhotoFilter,
    months: readonly TimelineMonth[],
  ): number | null {
    if (hasText(filter)) {
      const position = this.#found(filter).photos.findIndex(({ id }) => id === photo);
      return position < 0 ? null : position;
    }
    const source = sourceOf(filter);
    const { parameters } = source;
    const there = this.#db
      .column<number>(
        `SELECT 1 FROM ${source.from} WHERE ${source.where} AND ${source.at} = ? AND ${source.id} = ?`,
      )
      .get(...parameters, at, photo);
    if (there === undefined) return null;
    const later = months.filter((other) => other.month > month).reduce((sum, { count }) => sum + count, 0);
    const within = this.#db
      .column<number>(
        `SELECT count(${source.grouped ? `DISTINCT ${source.id}` : '*'}) FROM ${source.from} WHERE ${source.where}
         AND (${source.at}, ${source.id}) > (?, ?) AND ${source.at} < ?`,
      )
      .get(...parameters, at, photo, endOf(month));
    return later + (within ?? 0);
  }

  #foundIds(filter: PhotoFilter, order: PhotoOrder, offset: number, limit: number): string[] {
    const { photos } = this.#found(filter);
    const ordered = order === 'newest' ? photos : photos.toReversed();
    return ordered.slice(offset, offset + limit).map(({ id }) => id);
  }

  #keys(filter: PhotoFilter, order: PhotoOrder, offset: number, limit: number): readonly number[] {
    const source = sourceOf(filter);
    const way = order === 'newest' ? 'DESC' : 'ASC';
    // rows are passed over where no timeline is at hand: to count them all by month would take longer
    const jump = offset > 0 && (source.counted || this.#isKept(monthsOf(filter)));
    const start = jump ? this.#startOf(filter, order, offset) : { bound: undefined, skip: offset };
    if (start === undefined) return [];
    const bound = start.bound === undefined ? '' : `AND ${source.at} ${order === 'newest' ? '<' : '>='} ?`;
    return this.#db
      .column<number>(
        `SELECT ${source.key} FROM ${source.from} WHERE ${source.where} ${bound}
         ${source.grouped ? `GROUP BY ${source.at}, ${source.id}` : ''}
         ORDER BY ${source.at} ${way}, ${source.id} ${way} LIMIT ? OFFSET ?`,
      )
      .all(...source.parameters, ...(start.bound === undefined ? [] : [start.bound]), limit, start.skip);
  }

  /** The bound of the month that row `offset` is in, and how many rows of it come before. */
  #startOf(
    filter: PhotoFilter,
    order: PhotoOrder,
    offset: number,
  ): { bound: number; skip: number } | undefined {
    let before = 0;
    for (const { month, count } of this.timeline(filter, order).months) {
      if (before + count > offset)
        return { bound: order === 'newest' ? endOf(month) : startOf(month), skip: offset - before };
      before += count;
    }
    return undefined;
  }

  /** Newest month first. */
  #months(filter: PhotoFilter): { months: readonly TimelineMonth[]; more: boolean } {
    if (hasText(filter)) {
      const { photos, more } = this.#found(filter);
      const counts = new Map<string, number>();
      for (const { at } of photos) {
        const month = monthOf(at);
        counts.set(month, (counts.get(month) ?? 0) + 1);
      }
      return { months: [...counts].map(([month, count]) => ({ month, count })), more };
    }
    const source = sourceOf(filter);
    if (source.counted) return { months: this.#countedMonths(filter, source), more: false };
    const months = this.#keep(monthsOf(filter), () => this.#countMonths(source));
    return { months, more: false };
  }

  /** Whole months from photo_months; those that `from` and `before` cut are counted. */
  #countedMonths(
    { folder, from = -Infinity, before = Infinity }: PhotoFilter,
    source: Source,
  ): TimelineMonth[] {
    const months = this.#db
      .query<TimelineMonth>(
        `SELECT month, sum(photos) AS count FROM photo_months ${folder === undefined ? '' : 'WHERE folder = ?'}
         GROUP BY month ORDER BY month DESC`,
      )
      .all(...(folder === undefined ? [] : [folder]));
    return months.flatMap(({ month, count }) => {
      const [start, end] = [startOf(month), endOf(month)];
      if (end <= from || start >= before) return [];
      if (start >= from && end <= before) return [{ month, count }];
      const cut = this.#db.column<number>(
        `SELECT count(*) FROM ${source.from} WHERE ${source.where} AND ${source.at} >= ? AND ${source.at} < ?`,
      );
      const left = cut.get(...source.parameters, start, end) ?? 0;
      return left > 0 ? [{ month, count: left }] : [];
    });
  }

  #countMonths({ from, where, parameters, at, id, grouped }: Source): TimelineMonth[] {
    return this.#db
      .query<TimelineMonth>(
        `SELECT strftime('%Y-%m', ${at} / 1000, 'unixepoch') AS month,
                count(${grouped ? `DISTINCT ${id}` : '*'}) AS count
         FROM ${from} WHERE ${where} GROUP BY month ORDER BY month DESC`,
      )
      .all(...parameters);
  }

  #found(filter: PhotoFilter): Found {
    const { text = '' } = filter;
    return this.#keep(`found ${JSON.stringify(filter)}`, () =>
      findPhotos(this.#db, text, conditionWithPerson(filter)),
    );
  }

  #isKept(question: string): boolean {
    return this.#kept.get(question)?.revision === this.#db.revision;
  }

  /** Until anything in the database changes. */
  #keep<T extends Found | TimelineMonth[]>(question: string, answer: () => T): T {
    const { revision } = this.#db;
    const kept = this.#kept.get(question);
    this.#kept.delete(question);
    const value = kept?.revision === revision ? (kept.value as T) : answer();
    this.#kept.set(question, { revision, value });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT && oldest !== undefined) this.#kept.delete(oldest);
    return value;
  }
}

function hasText({ text }: PhotoFilter): boolean {
  return text !== undefined && text.trim() !== '';
}

/** The question by which the months of a filter are kept. */
function monthsOf(filter: PhotoFilter): string {
  return `months ${JSON.stringify(filter)}`;
}

function monthOf(at: number): string {
  return new Date(at).toISOString().slice(0, 7);
}

function startOf(month: string): number {
  return Date.parse(`${month}-01T00:00:00Z`);
}

/** The first moment after it. */
function endOf(month: string): number {
  const [year = 0, number = 0] = month.split('-').map(Number);
  return Date.UTC(year, number);
}
