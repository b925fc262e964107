/**
 * Calls on the library: its folders, the grid and its timeline, one photo, copies and look-alikes. Pixels do not come
 * this way: hosts serve them by photo id and side. services/photos answers the calls.
 */
import * as v from 'valibot';
import { LibraryFolder, PhotoFilter, PhotoOrder, ScanProgress, TimelineMonth } from '../domain/library.ts';
import { Photo, PhotoDetails, PhotoEdit } from '../domain/photo.ts';
import { call, id, ids, limit, nothing, number, offset, slice, stream, text, whole } from './rpc.ts';

const filter = v.optional(PhotoFilter, {});
const order = v.optional(PhotoOrder, 'newest');

export const photos = slice('photos', {
  /** Rows `offset` to `offset + limit` of the grid; any page costs the same. */
  page: call({
    input: v.strictObject({ filter, order, offset, limit: limit() }),
    output: v.strictObject({ photos: v.array(Photo) }),
  }),
  /**
   * The months of the grid in its order, which is all a scroll bar needs: `total` rows, and where each month begins.
   * `more`: the search found more than it shows; another word would help.
   */
  timeline: call({
    input: v.strictObject({ filter, order }),
    output: v.strictObject({
      total: whole(0, 1e9),
      months: v.array(TimelineMonth),
      more: v.boolean(),
    }),
  }),
  /** Which row of the grid a photo is; null where it is not among them. */
  position: call({
    input: v.strictObject({ photo: id, filter, order }),
    output: v.nullable(whole(0, 1e9)),
  }),
  /** All ids of a filter in order, for selecting everything: at most 100,000. */
  ids: call({
    input: v.strictObject({ filter, order, limit: limit(100_000) }),
    output: v.array(v.string()),
  }),
  get: call({ input: v.strictObject({ photo: id }), output: PhotoDetails }),
  /** Those of them that there are. */
  getMany: call({
    input: v.strictObject({ photos: ids(500) }),
    output: v.strictObject({ photos: v.array(Photo) }),
  }),
  update: call({ input: v.strictObject({ photos: ids(), edit: PhotoEdit }), output: nothing }),
  /** `back` is the back of the print whose front is `front`. */
  pair: call({ input: v.strictObject({ front: id, back: id }), output: nothing }),
  /** Two prints after all; remembered. */
  unpair: call({ input: v.strictObject({ back: id }), output: nothing }),
  /** Groups of files with the very same content, largest first. */
  copies: call({
    input: v.strictObject({ offset, limit: limit() }),
    output: v.strictObject({ total: whole(0, 1e9), groups: v.array(v.array(Photo)) }),
  }),
  /**
   * Groups of photos that are one picture in several files (copied, recompressed, scaled), largest group first; in each
   * the one with most pixels first. `count`: of the group, of which at most 100 are given.
   */
  duplicates: call({
    input: v.strictObject({ offset, limit: limit(100) }),
    output: v.strictObject({
      total: whole(0, 1e9),
      groups: v.array(
        v.strictObject({
          /** All files have the very same bytes. */ identical: v.boolean(),
          count: whole(2, 1e9),
          photos: v.array(Photo),
        }),
      ),
    }),
  }),
  /** Photos that look alike, nearest first: `distance` 0..64 bits of their perceptual hashes differ. */
  alike: call({
    input: v.strictObject({ photo: id, within: v.optional(whole(0, 16), 8), limit: limit() }),
    output: v.array(v.strictObject({ photo: Photo, distance: whole(0, 64) })),
  }),
});

export const library = slice('library', {
  folders: call({ input: v.strictObject({}), output: v.array(LibraryFolder) }),
  /** Folders below a library folder that hold photos, one level down. */
  directories: call({
    input: v.strictObject({ folder: id, below: v.optional(text(10_000), '') }),
    output: v.array(v.strictObject({ name: text(500), directory: text(10_000), photos: whole(0, 1e9) })),
  }),
  /** Takes a folder out of the library. Nothing on disk changes, and all that is known returns when it is added again. */
  removeFolder: call({ input: v.strictObject({ folder: id }), output: nothing }),
  /** Looks for what is new, changed, moved or gone; all folders without `folders`. Joins a scan that runs already. */
  scan: stream({
    input: v.strictObject({ folders: v.optional(ids(1000)) }),
    item: ScanProgress,
    latest: true,
  }),
  stopScan: call({ input: v.strictObject({}), output: nothing }),
  stats: call({
    input: v.strictObject({}),
    output: v.strictObject({
      photos: whole(0, 1e9),
      bytes: number(0, Number.MAX_SAFE_INTEGER),
      cacheBytes: number(0, Number.MAX_SAFE_INTEGER),
      missing: whole(0, 1e9),
      restored: whole(0, 1e9),
    }),
  }),
});

/**
 * What only a host may ask: paths, which it has from a dialog of its own or from its command line. Never put into the
 * contract that a window or a browser is served.
 */
export const libraryHost = slice('libraryHost', {
  /** Adds a folder, or takes one up again; does not scan. */
  addFolder: call({ input: v.strictObject({ path: text(10_000) }), output: LibraryFolder }),
  /** The same folder at another place (another drive letter, a restored copy): everything known moves along. */
  relocateFolder: call({ input: v.strictObject({ folder: id, path: text(10_000) }), output: LibraryFolder }),
  /** The file to serve for photo://thumb/ID/SIDE, made where it is not there; null where the photo cannot be read. */
  thumbnail: call({
    input: v.strictObject({ photo: id, side: v.picklist([256, 1024]) }),
    output: v.nullable(v.strictObject({ file: v.string() })),
  }),
  /** The original's file, for full-size display and for jobs; null while it is missing. */
  original: call({
    input: v.strictObject({ photo: id }),
    output: v.nullable(v.strictObject({ file: v.string(), mime: v.string() })),
  }),
});
