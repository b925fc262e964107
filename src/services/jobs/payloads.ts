/**
 * What each kind of job is to do, as its row keeps it: read back through these schemas, since a row may come from an
 * earlier version. jobs.service.ts writes them, the workers of processes/library read them.
 */
import * as v from 'valibot';
import type { JobKind } from '../../domain/job.ts';
import { Sha256 } from '../../domain/catalog.ts';
import { UserError } from '../../domain/errors.ts';
import { ExportForm } from '../../domain/exporting.ts';
import { id, ids, list, whole } from '../../domain/fields.ts';
import { FinetuneChoice, RestoreChoice } from '../../domain/restoring.ts';

const ScanPayload = v.object({ folders: v.nullable(ids(1000)) });
const FacesPayload = v.object({ photos: ids(100_000) });
const RestorePayload = v.object({
  choice: RestoreChoice,
  /** The job that makes the albums this one restores with: done before this one begins. */
  needs: v.nullable(id),
  /** Of the mask that somebody painted for it, which is kept by its hash. */
  mask: v.optional(v.nullable(Sha256), null),
});
const FinetunePayload = v.object({ choice: FinetuneChoice });
const AlbumPayload = v.object({
  /** The restoration it is for: its faces that are to have one get an album. */
  restore: RestoreChoice,
  choice: FinetuneChoice,
  size: whole(2, 1000),
  steps: v.nullable(whole(1, 1000)),
});
const ExportPayload = v.object({ target: id, form: ExportForm });

const schemas = {
  scan: ScanPayload,
  faces: FacesPayload,
  restore: RestorePayload,
  finetune: FinetunePayload,
  album: AlbumPayload,
  export: ExportPayload,
} as const;

export type PayloadOf<K extends JobKind> = v.InferOutput<(typeof schemas)[K]>;

/** Throws UserError `internal` where the row is of another version. */
export function payloadOf<K extends JobKind>(kind: K, json: string): PayloadOf<K> {
  const parsed = v.safeParse(schemas[kind], JSON.parse(json));
  if (parsed.success) return parsed.output;
  throw new UserError('internal', 'This job was made by another version of Albumen.', 'Ask for it again.');
}

/** What an album job leaves for the restoration that needs it: the adapter of each face. */
export const AlbumResult = v.object({ adapters: list(v.object({ face: id, sha256: Sha256 }), 500) });
export type AlbumResult = v.InferOutput<typeof AlbumResult>;
