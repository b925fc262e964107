/**
 * What the library needs from layers it may not import: somebody who can decode pictures. processes/library.ts plugs
 * imaging/library in; tests plug in what they like.
 */
import type { Look, ThumbnailSide } from '../../domain/look.ts';

/**
 * Looks into one picture file: `name` for sentences, its bytes (or a path, for files too large to hold), and the
 * thumbnails that are wanted. Damage is an answer; it throws nothing that is the file's fault.
 */
export type LookAt = (
  name: string,
  input: Uint8Array | string,
  sides: readonly ThumbnailSide[],
) => Promise<Look>;
