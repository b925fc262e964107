/**
 * Calls on damage masks: where a print is scratched or dusty as Albumen sees it, and as somebody painted it for a version.
 * A mask is a PNG, white where the photo is damaged; jobs.restore takes a painted one. processes/library/masks.ts answers.
 */
import * as v from 'valibot';
import { bytes, call, id, number, slice } from './rpc.ts';

/** The longest side of a mask that a window is shown, in its own pixels. */
export const MASK_SIDE = 1500;
/** What a painted mask may weigh: more than any of MASK_SIDE that a brush makes. */
export const MOST_MASK = 2_000_000;

const mask = v.strictObject({ png: bytes(4 * MOST_MASK) });

export const damage = slice('damage', {
  /** What would be repaired, after fading was corrected by `tone`; one channel, 0 or 255, at most MASK_SIDE. */
  find: call({ input: v.strictObject({ photo: id, tone: number(0, 1) }), output: mask }),
  /** The mask that somebody painted for a version; null where nobody did. */
  painted: call({ input: v.strictObject({ rendition: id }), output: v.nullable(mask) }),
});
