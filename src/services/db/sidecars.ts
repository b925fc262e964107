/**
 * Sidecars: what cannot be found again by looking at photos, as small JSON files in `sidecars/` of the data folder, so
 * that a lost database costs a scan and nothing else. Photos are named by content hash; rebuild.ts reads them back.
 */
import { readFile, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as v from 'valibot';
import { Sha256 } from '../../domain/catalog.ts';
import { invariant, UserError } from '../../domain/errors.ts';
import { id, list, name, number, text, whole } from '../../domain/fields.ts';
import { AnchorReason, BirthYear, FaceBox, FaceLandmarks, LossPoint } from '../../domain/person.ts';
import { CapturedAt, DatePrecision, Rating } from '../../domain/photo.ts';
import { FaceEvidence } from '../../domain/rendition.ts';
import { quoted } from '../../domain/text.ts';
import { textInPieces } from './sidecar-text.ts';
import { writeWhole } from './write.ts';

const Time = whole(0, Number.MAX_SAFE_INTEGER);
const Size = whole(0, Number.MAX_SAFE_INTEGER);
/** Below the data folder, with `/`; never upwards, never absolute. */
const DataFile = v.pipe(
  text(1000),
  v.regex(/^(?!\/)(?!.*(^|\/)\.{1,2}(\/|$))[^\\\p{Cc}:]+$/u, 'a path below the data folder'),
);

/** JSON as text, as a row has it. */
const Json = (max: number) =>
  v.pipe(
    text(max),
    v.check((json) => {
      try {
        JSON.parse(json);
        return true;
      } catch {
        return false;
      }
    }, 'JSON'),
  );

/** A library folder: `folders/<id>.json`. */
const FolderSidecar = v.object({ kind: v.literal('folder'), id, path: text(10_000), title: text(500) });

const FaceOf = { id, box: FaceBox, landmarks: FaceLandmarks, score: number(0, 1), byHand: v.boolean() };

/** What was said of a photo: `photos/<hash>.json`; only for photos of which something was said. */
const PhotoSidecar = v.object({
  kind: v.literal('photo'),
  hash: Sha256,
  rating: Rating,
  note: text(10_000),
  place: text(500),
  captured: v.nullable(v.object({ at: CapturedAt, precision: DatePrecision })),
  /** Hash of the front this is the back of, by hand; null: kept apart by hand; absent: nothing was said. */
  front: v.optional(v.nullable(Sha256)),
  /** Faces nobody is named for: placed by hand, ignored, or said not to be somebody. Those named are in people. */
  faces: v.optional(
    list(v.object({ ...FaceOf, ignored: v.boolean(), rejected: list(id, 1000) }), 10_000),
    [],
  ),
});

/** A confirmed face of a person. */
const PersonFace = v.object({
  ...FaceOf,
  /** Of the photo. */
  hash: Sha256,
});

/** A person with album: `people/<id>.json`. */
const PersonHead = v.object({
  kind: v.literal('person'),
  id,
  name: name(),
  birthYear: v.nullable(BirthYear),
  hidden: v.boolean(),
  note: text(10_000),
  cover: v.nullable(id),
  created: Time,
  anchors: list(
    v.object({
      face: id,
      position: whole(0, 1e6),
      reasons: list(AnchorReason, 16),
      chosenBy: v.picklist(['albumen', 'you']),
    }),
    10_000,
  ),
});
const PersonSidecar = v.object({ ...PersonHead.entries, faces: list(PersonFace, 1_000_000) });

/** A finetuned adapter: `adapters/<id>.json`. */
const AdapterSidecar = v.object({
  kind: v.literal('adapter'),
  id,
  person: v.nullable(id),
  file: DataFile,
  sha256: Sha256,
  weights: v.picklist(['adapter', 'full']),
  base: text(200),
  baseSha256: Sha256,
  recipe: Json(1_000_000),
  photos: whole(0, 1e6),
  steps: whole(0, 1e9),
  bytes: Size,
  curve: list(LossPoint, 5000),
  created: Time,
});

/** A restored version: `renditions/<id>.json`. */
const RenditionSidecar = v.object({
  kind: v.literal('rendition'),
  id,
  /** Of the photo. */
  hash: Sha256,
  file: DataFile,
  variation: v.nullable(DataFile),
  sha256: Sha256,
  bytes: Size,
  width: whole(1, 1e6),
  height: whole(1, 1e6),
  recipe: Json(10_000_000),
  evidence: list(FaceEvidence, 1000),
  people: list(id, 1000),
  chosen: v.boolean(),
  rating: Rating,
  note: text(10_000),
  created: Time,
  deleted: v.nullable(Time),
});

const schemas = {
  folder: FolderSidecar,
  photo: PhotoSidecar,
  person: PersonSidecar,
  adapter: AdapterSidecar,
  rendition: RenditionSidecar,
} as const;

export type SidecarKind = keyof typeof schemas;
export type SidecarOf<K extends SidecarKind> = v.InferOutput<(typeof schemas)[K]>;
type PersonFace = v.InferOutput<typeof PersonFace>;
/** A person to be written, whose faces are asked for as they are. */
export type PersonToWrite = v.InferOutput<typeof PersonHead> & { readonly faces: Iterable<PersonFace> };
export type Sidecar =
  { [K in Exclude<SidecarKind, 'person'>]: SidecarOf<K> }[Exclude<SidecarKind, 'person'>] | PersonToWrite;

const folders: Readonly<Record<SidecarKind, string>> = {
  folder: 'folders',
  photo: 'photos',
  person: 'people',
  adapter: 'adapters',
  rendition: 'renditions',
};
const VERSION = 1;
const MOST_WRITERS = 4;
const MAX_BYTES = 500e6;

/** The JSON, checked. */
function textOf(sidecar: Sidecar): string | AsyncGenerator<string> {
  if (sidecar.kind !== 'person')
    return `${JSON.stringify({ version: VERSION, ...v.parse(schemas[sidecar.kind], sidecar) }, null, 1)}\n`;
  const { faces, ...head } = sidecar;
  return textInPieces({ version: VERSION, ...v.parse(PersonHead, head) }, 'faces', checkedFaces(faces));
}

function* checkedFaces(faces: Iterable<PersonFace>): Generator<PersonFace> {
  for (const face of faces) yield v.parse(PersonFace, face);
}

export class Sidecars {
  readonly #folder: string;
  /** The write in progress of a file, so that two of one file keep their order. */
  readonly #writing = new Map<string, Promise<void>>();

  readonly #waiting: Sidecar[] = [];
  #writers = 0;
  readonly #failed: (error: unknown) => void;

  /** `failed` hears of what `later` could not write. */
  constructor(dataFolder: string, failed: (error: unknown) => void = () => undefined) {
    this.#folder = join(dataFolder, 'sidecars');
    this.#failed = failed;
  }

  /** Writes one whole, after the row it is about is committed. Throws `output.unwritable`. */
  async write(sidecar: Sidecar): Promise<void> {
    const path = this.#path(
      sidecar.kind,
      'hash' in sidecar && sidecar.kind === 'photo' ? sidecar.hash : sidecar.id,
    );
    await this.#inOrder(path, () => writeWhole(path, textOf(sidecar)));
  }

  /** As `write`, without waiting: what goes wrong is told to `failed`, and the database still has everything. */
  later(sidecar: Sidecar): void {
    this.#waiting.push(sidecar);
    if (this.#writers < MOST_WRITERS) this.#pump();
  }

  /** Removes one; `key` is the id, or a photo's hash. */
  async remove(kind: SidecarKind, key: string): Promise<void> {
    const path = this.#path(kind, key);
    await this.#inOrder(path, () => rm(path, { force: true }));
  }

  /** All of a kind; what is no sidecar (damaged, of another version) is told to `bad` and passed over. */
  async *all<K extends SidecarKind>(kind: K, bad: (error: UserError) => void): AsyncGenerator<SidecarOf<K>> {
    for (const file of await this.#names(kind)) {
      const read = await this.#read(kind, join(this.#folder, folders[kind], file));
      if (read instanceof UserError) bad(read);
      else yield read;
    }
  }

  /** Of all of a kind by their files alone: ids, or hashes of photos. */
  async ids(kind: SidecarKind): Promise<Set<string>> {
    const names = await this.#names(kind);
    return new Set(names.map((file) => basename(file, '.json')));
  }

  /** Waits for what is being written, and what waits to be. */
  async settled(): Promise<void> {
    while (this.#writers > 0 || this.#writing.size > 0) {
      await Promise.allSettled(this.#writing.values());
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** One more writer, until nothing waits. */
  #pump(): void {
    this.#writers++;
    const work = async (): Promise<void> => {
      for (let next = this.#waiting.shift(); next; next = this.#waiting.shift())
        await this.write(next).catch((error: unknown) => this.#failed(error));
      this.#writers--;
    };
    void work();
  }

  /** Below the folder of the kind, in order. */
  async #names(kind: SidecarKind): Promise<string[]> {
    const folder = join(this.#folder, folders[kind]);
    const names = await readdir(folder, { recursive: true }).catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw error;
    });
    return names.filter((file) => file.endsWith('.json')).sort();
  }

  async #read<K extends SidecarKind>(kind: K, path: string): Promise<SidecarOf<K> | UserError> {
    const unreadable = (why: string, cause?: unknown) =>
      new UserError(
        'missing',
        `The sidecar ${quoted(path)} ${why}.`,
        'What it says is lost; the rest is not.',
        {
          cause,
        },
      );
    try {
      const bytes = await readFile(path);
      if (bytes.length > MAX_BYTES) return unreadable('is too large');
      const json: unknown = JSON.parse(bytes.toString('utf8'));
      const head = v.safeParse(v.object({ version: v.number() }), json);
      if (!head.success || head.output.version !== VERSION) return unreadable('is of another version');
      const parsed = v.safeParse(schemas[kind], json);
      if (!parsed.success) return unreadable('is damaged');
      return parsed.output;
    } catch (cause) {
      return unreadable('cannot be read', cause);
    }
  }

  #path(kind: SidecarKind, key: string): string {
    invariant(/^[A-Za-z0-9_-]{1,64}$/.test(key), `no sidecar is called ${key}`);
    // photos are many: two letters of the hash keep folders small
    const place = kind === 'photo' ? join(folders.photo, key.slice(0, 2)) : folders[kind];
    return join(this.#folder, place, `${key}.json`);
  }

  async #inOrder(path: string, work: () => Promise<void>): Promise<void> {
    const before = this.#writing.get(path) ?? Promise.resolve();
    const mine = before.catch(() => undefined).then(work);
    this.#writing.set(path, mine);
    try {
      await mine;
    } finally {
      if (this.#writing.get(path) === mine) this.#writing.delete(path);
    }
  }
}
