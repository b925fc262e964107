/**
 * What the catalog of models says (resources/models/catalog.json): which models there are, what each is for, where it
 * comes from and under which licence. services/models reads it, downloads by it, and finds what is installed.
 */
import * as v from 'valibot';

/** A prior restores, a detector finds faces, a recogniser says whose they are. */
export const MODEL_KINDS = ['prior', 'face-detector', 'face-recogniser'] as const;
/** One of them. */
export type ModelKind = (typeof MODEL_KINDS)[number];

/** For people, in the singular. */
export const KIND_NAMES: Readonly<Record<ModelKind, string>> = {
  prior: 'prior',
  'face-detector': 'face detector',
  'face-recogniser': 'face recogniser',
};

/** A model's id is a folder's name everywhere: a-z, 0-9 and single hyphens. */
export const ModelId = v.pipe(v.string(), v.maxLength(60), v.regex(/^[a-z0-9]+(-[a-z0-9]+)*$/));

/** A file beside a model.json: never a path. */
export const FileName = v.pipe(v.string(), v.maxLength(100), v.regex(/^[\w-][\w.-]*$/));

/** Of a file's bytes, 64 lower-case hexadecimal digits. */
export const Sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

const text = v.pipe(v.string(), v.minLength(1), v.maxLength(1000));
const size = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 40));

/** Under which terms a model may be used. */
export const Licence = v.strictObject({
  name: text,
  url: v.optional(v.pipe(v.string(), v.url())),
  /** A sentence or two for people; the licence itself is what counts. */
  summary: text,
  /** Must be accepted before a download. */
  accept: v.boolean(),
  noncommercial: v.boolean(),
});
export type Licence = v.InferOutput<typeof Licence>;

/** The one file of a model that its publisher offers. */
export const Download = v.strictObject({
  url: v.pipe(v.string(), v.url()),
  /** What it is called once it is installed. */
  file: FileName,
  /** The size where it is known to the byte; otherwise `aboutBytes`, as its publisher states it. */
  bytes: v.optional(size),
  aboutBytes: v.optional(size),
  /** Absent where the publisher's hash is not known: then the first download is unverified, and pinned. */
  sha256: v.optional(Sha256),
});
export type Download = v.InferOutput<typeof Download>;

const common = {
  id: ModelId,
  kind: v.picklist(MODEL_KINDS),
  title: text,
  /** What it is for, a sentence. */
  purpose: text,
  licence: Licence,
  /** Goes into the installed model.json: for a prior what engine/nn/hints.ts reads. */
  config: v.optional(v.record(v.string(), v.unknown()), {}),
};

/** Comes with Albumen: a folder beside the catalog. */
const BundledEntry = v.strictObject({ ...common, bundled: FileName });
/** Can be downloaded. */
export const DownloadEntry = v.strictObject({ ...common, download: Download });
/** Only from a file the user has; `fromFile` says which, a sentence. */
const FileEntry = v.strictObject({ ...common, fromFile: text });

/** One model; its last field says where it comes from. */
export const CatalogEntry = v.union([BundledEntry, DownloadEntry, FileEntry]);
export type CatalogEntry = v.InferOutput<typeof CatalogEntry>;
export type DownloadEntry = v.InferOutput<typeof DownloadEntry>;

/** The whole catalog, as its JSON has it. */
export const Catalog = v.strictObject({ models: v.array(CatalogEntry) });
export type Catalog = v.InferOutput<typeof Catalog>;

/** The size to show, and whether it is exact; undefined where nobody stated one. */
export function sizeOf({ bytes, aboutBytes }: Download): { bytes: number; exact: boolean } | undefined {
  if (bytes !== undefined) return { bytes, exact: true };
  return aboutBytes === undefined ? undefined : { bytes: aboutBytes, exact: false };
}
