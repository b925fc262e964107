/**
 * What people and faces need from layers they may not import. processes/library.ts plugs faces/place.ts in; tests do too.
 */
import type { PhotoFace } from '../../domain/person.ts';
import type { HandPlaced } from '../../domain/restoring.ts';

/**
 * Five landmarks from two eyes and a mouth, in pixels of a photo of this size. Throws UserError `usage` for points that
 * are no face or not in the photo.
 */
export type LandmarksOf = (
  at: HandPlaced,
  photo: { readonly width: number; readonly height: number },
) => PhotoFace['landmarks'];
