/**
 * What a person asks for when a photo is to be restored: the choices of the window and of its queue. recipe.ts is what
 * becomes of it once photo, faces, prior and adapters are known.
 */
import * as v from 'valibot';
import { id, list, number, whole } from './fields.ts';

/** Whose prior: nobody's, the person's, or one finetuned on an album generated from the photo itself. */
export const PriorChoice = v.variant('kind', [
  v.strictObject({ kind: v.literal('prior') }),
  v.strictObject({ kind: v.literal('generative') }),
  v.strictObject({ kind: v.literal('person'), person: id }),
]);
export type PriorChoice = v.InferOutput<typeof PriorChoice>;

const Strength = whole(0, 1000);
const Seed = whole(0, Number.MAX_SAFE_INTEGER);

/** What is different for one face. */
export const FaceChoice = v.strictObject({
  face: id,
  on: v.boolean(),
  prior: v.optional(PriorChoice),
  strength: v.optional(Strength),
  seed: v.optional(Seed),
});
export type FaceChoice = v.InferOutput<typeof FaceChoice>;

/** Repair of the print, 0 (off) to 1. */
export const RepairChoice = v.strictObject({
  tone: number(0, 1),
  scratches: number(0, 1),
  denoise: number(0, 1),
});

/** How one photo, or several alike, are to be restored. */
export const RestoreChoice = v.strictObject({
  /** Noise steps (K): how far the result may leave the photo. */
  strength: Strength,
  steps: whole(1, 1000),
  seed: Seed,
  candidates: whole(1, 16),
  prior: PriorChoice,
  repair: RepairChoice,
  /** Only faces that differ from the rest; others are restored as above. */
  faces: list(FaceChoice, 1000),
});
export type RestoreChoice = v.InferOutput<typeof RestoreChoice>;

/** How a person's prior is made (engine/finetune/recipes.ts). */
export const FinetuneChoice = v.strictObject({
  recipe: v.picklist(['fast', 'paper']),
  weights: v.picklist(['adapter', 'full']),
  /** Instead of the recipe's own number. */
  steps: v.exactOptional(whole(20, 20_000)),
});
export type FinetuneChoice = v.InferOutput<typeof FinetuneChoice>;

/** A face placed by hand: two eyes and the mouth, in pixels of the photo. */
export const HandPlaced = v.strictObject({
  leftEye: v.strictObject({ x: number(0, 1e6), y: number(0, 1e6) }),
  rightEye: v.strictObject({ x: number(0, 1e6), y: number(0, 1e6) }),
  mouth: v.strictObject({ x: number(0, 1e6), y: number(0, 1e6) }),
});
export type HandPlaced = v.InferOutput<typeof HandPlaced>;
