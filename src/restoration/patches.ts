/**
 * What was under a change: a copy of a rectangle's device values, to put back. restore-photograph.ts changes candidates
 * with it, without a second copy of the photograph.
 */
import type { Photograph, Rect } from '../imaging/photograph.ts';

export interface Patch {
  /** Puts the values back, bit for bit. */
  restore(): void;
}

export function keepPatch(photo: Photograph, rect: Rect): Patch {
  const { data, channels } = photo;
  const width = rect.width * channels;
  const startOf = (row: number): number => ((rect.top + row) * photo.width + rect.left) * channels;
  const rows = Array.from({ length: rect.height }, (_, row) =>
    data.slice(startOf(row), startOf(row) + width),
  );
  return {
    restore: () => rows.forEach((values, row) => data.set(values, startOf(row))),
  };
}
