/**
 * A person and what is known of them: faces found in photos, the album of anchor photos, adapters finetuned on it.
 * Geometry is in pixels of the photo as it is seen; contract/people.ts and contract/albums.ts are the calls.
 */
import * as v from 'valibot';
import { coordinate, id, list, name, number, point, text, whole } from './fields.ts';

/** The year a person was born in. */
export const BirthYear = whole(1700, 2200);

/** A person of the library, with counts of what is known of them. */
export const Person = v.strictObject({
  id,
  name: name(),
  birthYear: v.nullable(BirthYear),
  hidden: v.boolean(),
  /** The face shown for the person. */
  cover: v.nullable(id),
  /** Photos with a confirmed face of the person. */
  photos: whole(0, 1e9),
  /** Faces suggested for the person and not yet answered. */
  suggestions: whole(0, 1e9),
  anchors: whole(0, 1e6),
  adapters: whole(0, 1e6),
});
export type Person = v.InferOutput<typeof Person>;

/** Image-left eye, image-right eye, nose, image-left and image-right corner of the mouth, in pixels of the photo. */
export const FaceLandmarks = v.strictTuple([point, point, point, point, point]);

/** The rectangle a face fills, in pixels of the photo. */
export const FaceBox = v.strictObject({
  left: coordinate,
  top: coordinate,
  width: number(0, 1e6),
  height: number(0, 1e6),
});

/** A face in a photo. */
export const PhotoFace = v.strictObject({
  id,
  photo: id,
  box: FaceBox,
  landmarks: FaceLandmarks,
  /** Of the detector, 0..1; 1 for a face placed by hand. */
  score: number(0, 1),
  byHand: v.boolean(),
  /** `confirmed`: a person said who it is. `suggested`: a recogniser thinks so. `unknown`: nobody said. */
  state: v.picklist(['unknown', 'suggested', 'confirmed', 'ignored']),
  person: v.nullable(id),
  /** Cosine to the person's faces, for a suggestion. */
  similarity: v.nullable(number(-1, 1)),
});
export type PhotoFace = v.InferOutput<typeof PhotoFace>;

/** Why a photo is in an album, or what speaks against it; the window has the words. */
export const AnchorReason = v.strictObject({
  kind: v.picklist([
    'sharp',
    'blurred',
    'large',
    'small',
    'frontal',
    'turned',
    'different',
    'alike',
    'near-in-time',
    'by-hand',
  ]),
  /** 0..1, how strongly. */
  weight: number(0, 1),
});

/** A photo of the person that a prior is finetuned on. */
export const Anchor = v.strictObject({
  face: id,
  photo: id,
  position: whole(0, 1e6),
  chosenBy: v.picklist(['albumen', 'you']),
  reasons: list(AnchorReason, 16),
});
export type Anchor = v.InferOutput<typeof Anchor>;

/** A finetune after `step` steps: the loss of that step, and of photos held out; null where it was not measured. */
export const LossPoint = v.strictObject({
  step: whole(0, 1e9),
  loss: v.nullable(number(0, 1e9)),
  heldOut: v.nullable(number(0, 1e9)),
});
export type LossPoint = v.InferOutput<typeof LossPoint>;

/** What a finetune left: a few MB that turn the prior into the person's. */
export const Adapter = v.strictObject({
  id,
  person: id,
  recipe: v.picklist(['fast', 'paper']),
  weights: v.picklist(['adapter', 'full']),
  /** The prior it belongs to. */
  base: text(200),
  photos: whole(0, 1e6),
  steps: whole(0, 1e9),
  bytes: whole(0, Number.MAX_SAFE_INTEGER),
  /** Milliseconds since 1970. */
  created: whole(0, Number.MAX_SAFE_INTEGER),
  curve: list(LossPoint, 5000),
});
export type Adapter = v.InferOutput<typeof Adapter>;
