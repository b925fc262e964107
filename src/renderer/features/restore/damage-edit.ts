/**
 * What somebody made of the damage of a print, as values: strokes over what was found. RestoreView keeps their history,
 * damage.svelte.ts draws them.
 */

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** One movement of the brush, in pixels of the photo. */
export interface Stroke {
  readonly points: readonly Point[];
  readonly radius: number;
  readonly erase: boolean;
}

export interface DamageEdit {
  /** What the strokes lie on: the damage as it is found, none, or as it was painted for a version. */
  readonly base: 'found' | 'none' | { readonly rendition: string };
  readonly strokes: readonly Stroke[];
}

export const NOT_EDITED: DamageEdit = { base: 'found', strokes: [] };

/** Whether a restoration has to be given the mask: what is only found, it finds by itself and sharper. */
export const isEdited = ({ base, strokes }: DamageEdit): boolean => base !== 'found' || strokes.length > 0;
