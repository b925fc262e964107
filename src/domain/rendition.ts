/**
 * A rendition: one restored version of a photo, with what made it and what speaks for it. The original stays as it is.
 * recipe.ts has everything needed to make it again; contract/renditions.ts the calls.
 */
import * as v from 'valibot';
import { id, list, number, text, whole } from './fields.ts';

/** How one face was restored, for people to read; similarity only where a recogniser is installed. */
export const FaceEvidence = v.strictObject({
  face: v.nullable(id),
  person: v.nullable(id),
  strength: whole(0, 1000),
  /** Cosine of the restored face to the face in the photo. */
  toInput: v.optional(number(-1, 1)),
  /** Cosine to the person's album: of the face in the photo, and of the restored one. */
  inputToAlbum: v.optional(number(-1, 1)),
  toAlbum: v.optional(number(-1, 1)),
  /** The restored face is further from the person than the photo was. */
  further: v.optional(v.boolean()),
  /** Mean standard deviation over candidates, 0..1 of the tonal range; absent with one candidate. */
  invented: v.optional(number(0, 1)),
});
export type FaceEvidence = v.InferOutput<typeof FaceEvidence>;

/** One restored version; strength (K), steps and seed are those of the first face that was restored. */
export const Rendition = v.strictObject({
  id,
  photo: id,
  job: v.nullable(id),
  /** Milliseconds since 1970. */
  created: whole(0, Number.MAX_SAFE_INTEGER),
  width: whole(1, 1e6),
  height: whole(1, 1e6),
  bytes: whole(0, Number.MAX_SAFE_INTEGER),
  strength: whole(0, 1000),
  steps: whole(0, 100_000),
  sampler: text(50),
  seed: whole(0, Number.MAX_SAFE_INTEGER),
  model: text(200),
  /** People whose adapters were used. */
  people: list(id, 1000),
  generative: v.boolean(),
  evidence: list(FaceEvidence, 1000),
  /** The map of what was invented is there to be shown. */
  hasVariation: v.boolean(),
  /** The one shown for its photo. */
  chosen: v.boolean(),
  rating: whole(0, 5),
  note: text(10_000),
});
export type Rendition = v.InferOutput<typeof Rendition>;
