/**
 * An export: which pictures go out, in which form, where to and under what names.
 * contract/exports.ts has the calls; imaging/photograph writes the files.
 */
import * as v from 'valibot';
import { id, ids, list, name, text, whole } from './fields.ts';

/** How pictures are written. */
export const ExportForm = v.strictObject({
  /** `same`: as the original, where it can be written. */
  format: v.picklist(['same', 'jpeg', 'png', 'tiff', 'webp', 'avif']),
  quality: whole(1, 100),
  depth: v.picklist([8, 16]),
  /** Longest side in pixels; null: as it is. */
  longest: v.nullable(whole(16, 100_000)),
  /** {name}, {date}, {person}, {n}: what the file is called, without its ending. */
  nameTemplate: name(200),
  /** The folders below the library's are made again below the target. */
  keepTree: v.boolean(),
  /** `number`: name-2; `skip`: what is there stays; `replace`: earlier exports are replaced, originals never. */
  collisions: v.picklist(['number', 'skip', 'replace']),
});
export type ExportForm = v.InferOutput<typeof ExportForm>;

/** A form under a name; built-in ones stay as they are. */
export const ExportPreset = v.strictObject({ id, name: name(), form: ExportForm, builtIn: v.boolean() });
export type ExportPreset = v.InferOutput<typeof ExportPreset>;

/** One export, as a person asks for it. */
export const ExportRequest = v.strictObject({
  photos: ids(100_000),
  /** Without one the chosen rendition of each photo, or the photo itself. */
  what: v.picklist(['chosen', 'original-too', 'all-renditions']),
  form: ExportForm,
  /** A folder the host has opened for writing, by its opaque id. */
  target: id,
});
export type ExportRequest = v.InferOutput<typeof ExportRequest>;

/** What an export would write, before it does; `bytes` null: nobody can say. */
export const ExportPreview = v.strictObject({
  files: list(
    v.strictObject({ photo: id, path: text(4096), bytes: v.nullable(whole(0, Number.MAX_SAFE_INTEGER)) }),
    1000,
  ),
  /** Of all files, also those not listed. */
  count: whole(0, 1e9),
  bytes: v.nullable(whole(0, Number.MAX_SAFE_INTEGER)),
});
export type ExportPreview = v.InferOutput<typeof ExportPreview>;
