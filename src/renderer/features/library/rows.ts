/**
 * The rows of the grid: a heading for each month, then its photos, so many to a row. Pure arithmetic, so that a library
 * of a million photos costs one pass; view.svelte.ts fetches what the rows show.
 */

export type Row =
  | { readonly kind: 'month'; readonly key: string; readonly month: string; readonly count: number }
  | { readonly kind: 'photos'; readonly key: string; readonly first: number; readonly count: number };

/** Rows for months in the order of the grid; `first` is an index of the grid. */
export function layOut(months: readonly { month: string; count: number }[], columns: number): Row[] {
  const rows: Row[] = [];
  let index = 0;
  for (const { month, count } of months) {
    rows.push({ kind: 'month', key: month, month, count });
    for (let done = 0; done < count; done += columns) {
      const first = index + done;
      rows.push({ kind: 'photos', key: `${first}`, first, count: Math.min(columns, count - done) });
    }
    index += count;
  }
  return rows;
}

/** Which row shows the photo at an index of the grid. */
export function rowOf(rows: readonly Row[], index: number): number {
  let [low, high] = [0, rows.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (startOf(rows, middle) <= index) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The first index at or behind a row: a month's heading stands before its first row of photos. */
function startOf(rows: readonly Row[], at: number): number {
  const row = rows[at];
  if (row?.kind === 'photos') return row.first;
  const next = rows[at + 1];
  return next?.kind === 'photos' ? next.first - 0.5 : Infinity;
}

/** The index the keyboard goes to from `index`; rows end where their month does, so that up and down keep the column. */
export function move(
  rows: readonly Row[],
  index: number,
  key: 'ArrowUp' | 'ArrowDown' | 'ArrowLeft' | 'ArrowRight' | 'Home' | 'End',
  total: number,
): number {
  const clamp = (to: number): number => Math.max(0, Math.min(total - 1, to));
  if (key === 'ArrowLeft') return clamp(index - 1);
  if (key === 'ArrowRight') return clamp(index + 1);
  if (key === 'Home') return 0;
  if (key === 'End') return clamp(total - 1);
  const step = key === 'ArrowUp' ? -1 : 1;
  const here = rowOf(rows, index);
  const row = rows[here];
  if (row?.kind !== 'photos') return index;
  for (let at = here + step; at >= 0 && at < rows.length; at += step) {
    const other = rows[at];
    if (other?.kind === 'photos') return other.first + Math.min(index - row.first, other.count - 1);
  }
  return index;
}
