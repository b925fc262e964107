/**
 * Fields of every schema, bounded: whatever comes from outside has a largest size before anything looks at it.
 * The nouns beside this file use them; src/contract/bounds.ts refuses an input of a call that has a field without one.
 */
import * as v from 'valibot';

/** Text of at most `max` UTF-16 units, as it was typed (not trimmed). */
export const text = (max: number) => v.pipe(v.string(), v.maxLength(max));

/** Text of 1 to `max` UTF-16 units after its ends are trimmed: a name. */
export const name = (max = 200) => v.pipe(v.string(), v.maxLength(max), v.trim(), v.nonEmpty());

/** An opaque id: letters, digits, `_` and `-`. Never a path, never guessed from one. */
export const id = v.pipe(v.string(), v.maxLength(64), v.regex(/^[A-Za-z0-9_-]+$/));

/** Between 0 and `max` items. */
export const list = <const TItem extends v.GenericSchema>(item: TItem, max: number) =>
  v.pipe(v.array(item), v.maxLength(max));

/** Ids, at most `max` of them. */
export const ids = (max = 10_000) => list(id, max);

/** A finite number from `min` to `max`, both included. */
export const number = (min: number, max: number) =>
  v.pipe(v.number(), v.finite(), v.minValue(min), v.maxValue(max));

/** A whole number from `min` to `max`, both included. */
export const whole = (min: number, max: number) =>
  v.pipe(v.number(), v.safeInteger(), v.minValue(min), v.maxValue(max));

/** Along one axis of a photo, in pixels as it is seen; a face may reach beyond the border. */
export const coordinate = number(-1e6, 1e6);

/** A place in a photo, from its top left corner. */
export const point = v.strictObject({ x: coordinate, y: coordinate });

/** How many rows a page may have: 1 to `max`. */
export const limit = (max = 500) => whole(1, max);

/** Where a page begins: 0, 1, 2, ... */
export const offset = whole(0, Number.MAX_SAFE_INTEGER);

/** Raw bytes, at most `max` of them. */
export const bytes = (max: number) => v.pipe(v.instance(Uint8Array), v.maxLength(max));

/** What a call that answers nothing answers. */
export const nothing = v.undefined();
