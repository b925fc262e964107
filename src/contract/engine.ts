/**
 * What the library's process asks of the engine's process: find faces, restore, finetune, generate an album. Only these
 * two talk this way, so files go by path; processes/engine answers, processes/library asks.
 */
import * as v from 'valibot';
import { MODEL_KINDS } from '../domain/catalog.ts';
import { Corners } from '../domain/job.ts';
import { FaceBox, FaceLandmarks, LossPoint } from '../domain/person.ts';
import { FaceEvidence } from '../domain/rendition.ts';
import { FinetuneChoice, RepairChoice } from '../domain/restoring.ts';
import { Settings } from '../domain/settings.ts';
import { MOST_MASK } from './damage.ts';
import { bytes, call, contract, id, list, nothing, number, slice, stream, text, whole } from './rpc.ts';

const path = text(10_000);
const size = whole(0, Number.MAX_SAFE_INTEGER);
const count = whole(0, 1e9);
const MOST_FACES = 500;
const Sha256 = v.pipe(v.string(), v.maxLength(64), v.regex(/^[0-9a-f]{64}$/));

/** Where to compute, and with which prior. The engine keeps what it has opened for the next question. */
export const Setup = v.strictObject({
  device: Settings.entries.device,
  threads: Settings.entries.threads,
  model: v.strictObject({ id: text(200), path, config: v.nullable(path), sha256: Sha256 }),
  /** An ONNX face detector of the user's instead of the bundled one. */
  detector: v.nullable(path),
  recogniser: v.nullable(v.strictObject({ path, name: text(200) })),
});
export type Setup = v.InferOutput<typeof Setup>;

const Photo = v.strictObject({ file: path, name: text(500), sha256: Sha256, bytes: size });

const FoundFace = v.strictObject({
  box: FaceBox,
  landmarks: FaceLandmarks,
  score: number(0, 1),
  /** 0..1, for the choice of anchors. */
  sharpness: number(0, 1),
  frontal: number(0, 1),
  /** Float32, little-endian. */
  embedding: v.nullable(bytes(1 << 16)),
});
export type FoundFace = v.InferOutput<typeof FoundFace>;

export const FacesFound = v.strictObject({
  /** The detector's name, and the recogniser's. */
  by: text(200),
  embeddedBy: v.nullable(text(200)),
  faces: list(FoundFace, MOST_FACES),
});
export type FacesFound = v.InferOutput<typeof FacesFound>;

const Where = v.strictObject({ box: FaceBox, landmarks: FaceLandmarks, score: number(0, 1) });

/** A finetuned prior by its file. */
const Finetuned = v.strictObject({
  kind: v.picklist(['person', 'generative']),
  name: text(255),
  sha256: Sha256,
  file: path,
});

export const RestoreOrder = v.strictObject({
  /** The job: what `stop` names. */
  order: id,
  setup: Setup,
  photo: Photo,
  /** Empty but for what an earlier run left; results are put here. */
  folder: path,
  faces: list(
    v.strictObject({
      id,
      person: v.nullable(id),
      where: Where,
      /** Null: where it is large enough. */
      on: v.nullable(v.boolean()),
      strength: whole(0, 1000),
      seed: size,
      prior: v.nullable(Finetuned),
    }),
    MOST_FACES,
  ),
  /** Who found them; null: all of them were placed by hand. */
  foundBy: v.nullable(text(200)),
  strength: whole(0, 1000),
  steps: whole(1, 1000),
  seed: size,
  candidates: whole(1, 16),
  repair: RepairChoice,
  /** The damage as somebody painted it, instead of what is found: a PNG. */
  mask: v.nullable(v.strictObject({ file: path, sha256: Sha256 })),
  /** Of each adapter in use, its album as the recogniser sees it. */
  albums: list(v.strictObject({ adapter: Sha256, embedding: bytes(1 << 16) }), MOST_FACES),
});
export type RestoreOrder = v.InferOutput<typeof RestoreOrder>;

const progress = v.strictObject({
  kind: v.literal('progress'),
  stage: text(100),
  done: count,
  of: count,
  etaSeconds: v.nullable(number(0, 1e9)),
});

const preview = v.strictObject({
  kind: v.literal('preview'),
  step: count,
  of: count,
  face: v.nullable(id),
  corners: v.nullable(Corners),
  /** WebP, at most 512 px. */
  image: bytes(2_000_000),
});

/** One candidate, in the order's folder. */
const Restored = v.strictObject({
  file: text(100),
  sha256: Sha256,
  bytes: size,
  width: whole(1, 1e6),
  height: whole(1, 1e6),
  /** domain/recipe.ts, as JSON. */
  recipe: text(10_000_000),
  evidence: list(FaceEvidence, MOST_FACES),
});

export const RestoreNews = v.variant('kind', [
  progress,
  preview,
  v.strictObject({
    kind: v.literal('done'),
    results: list(Restored, 16),
    variation: v.nullable(text(100)),
    mask: v.nullable(text(100)),
    /** Network evaluations of this run, and how long one took. */
    evaluations: count,
    secondsPerEvaluation: v.nullable(number(0, 1e6)),
  }),
]);
export type RestoreNews = v.InferOutput<typeof RestoreNews>;

const learning = {
  order: id,
  setup: Setup,
  /** Where the run is kept between processes, and its result put. */
  folder: path,
  choice: FinetuneChoice,
  /** Instead of the recipe's own number; null: as the recipe has it. */
  most: v.nullable(whole(1, 1e6)),
  secondsPerStep: v.nullable(number(0, 1e6)),
};

export const FinetuneOrder = v.strictObject({
  ...learning,
  name: text(200),
  anchors: list(v.strictObject({ file: path, name: text(500), where: Where }), 1000),
});
export type FinetuneOrder = v.InferOutput<typeof FinetuneOrder>;

export const AlbumOrder = v.strictObject({
  ...learning,
  photo: Photo,
  faces: list(v.strictObject({ id, where: Where }), MOST_FACES),
  /** Images of each face's album. */
  size: whole(2, 1000),
  /** Network evaluations an image; null: all, as published. */
  steps: v.nullable(whole(1, 1000)),
});
export type AlbumOrder = v.InferOutput<typeof AlbumOrder>;

/** What a finetune left, in the order's folder. */
export const Learned = v.strictObject({
  /** Of an album: whose. */
  face: v.nullable(id),
  file: text(300),
  /** Beside it, where it is a whole model: its model.json. */
  config: v.nullable(text(300)),
  sha256: Sha256,
  bytes: size,
  base: text(200),
  baseSha256: Sha256,
  /** engine/finetune/recipes.ts, as JSON. */
  recipe: text(10_000),
  photos: whole(0, 1e6),
  steps: count,
  curve: list(LossPoint, 5000),
  secondsPerStep: v.nullable(number(0, 1e6)),
});
export type Learned = v.InferOutput<typeof Learned>;

export const LearnNews = v.variant('kind', [
  progress,
  preview,
  v.strictObject({ kind: v.literal('loss'), point: LossPoint }),
  /** The run is on the disk as far as this step. */
  v.strictObject({ kind: v.literal('checkpoint'), step: count }),
  v.strictObject({ kind: v.literal('done'), learned: list(Learned, MOST_FACES) }),
]);
export type LearnNews = v.InferOutput<typeof LearnNews>;

const Report = v.strictObject({
  chosen: text(50),
  threads: whole(0, 4096),
  trials: v.array(v.strictObject({ provider: text(50), outcome: text(50), reason: text(1000) })),
});
export type Report = v.InferOutput<typeof Report>;

export const engine = slice('engine', {
  /** Tries where to compute, once for each device and number of threads. */
  device: call({
    input: v.strictObject({ device: Settings.entries.device, threads: Settings.entries.threads }),
    output: Report,
  }),
  /** Opens a model file completely; what its model.json must say, as JSON, and what its copy is called. */
  check: call({
    input: v.strictObject({ kind: v.picklist(MODEL_KINDS), path, config: v.nullable(path) }),
    output: v.strictObject({ config: text(100_000), weights: text(100) }),
  }),
  faces: call({ input: v.strictObject({ setup: Setup, photo: Photo }), output: FacesFound }),
  /** Where the print is damaged, with fading corrected by `tone`; a PNG of at most MASK_SIDE (damage.ts). */
  damage: call({
    input: v.strictObject({ photo: Photo, faces: list(FaceBox, MOST_FACES), tone: number(0, 1) }),
    output: v.strictObject({ png: bytes(4 * MOST_MASK) }),
  }),
  restore: stream({ input: RestoreOrder, item: RestoreNews }),
  finetune: stream({ input: FinetuneOrder, item: LearnNews }),
  album: stream({ input: AlbumOrder, item: LearnNews }),
  /** Ends an order between steps: its stream then fails with `cancelled`, after what can be gone on from is on the disk. */
  stop: call({ input: v.strictObject({ order: id }), output: nothing }),
});

export const forLibrary = contract(engine);
