/**
 * A recipe: everything needed to make a restored photo again from its original, and nothing that is not (no date, no
 * path). restoration/plan.ts writes one, restoration/restore-photograph.ts follows it; it may come back from anywhere.
 */
import * as v from 'valibot';
import { Sha256 } from './catalog.ts';
import { UserError } from './errors.ts';
import { coordinate, list, number, point, text, whole } from './fields.ts';
import { FaceLandmarks } from './person.ts';
import { quoted } from './text.ts';

/** Recipes of another version are refused in words. */
const VERSION = 1;
/** More faces than any photo has, and far more than any recipe file that is not an attack. */
export const MAX_FACES = 500;
/** As many results of one photo as one batch sensibly holds. */
export const MAX_CANDIDATES = 16;
/** UTF-16 units of a recipe's text. */
const MAX_TEXT = 4e6;

const label = v.pipe(text(255), v.nonEmpty());
const length = v.pipe(number(0, 1e6), v.minValue(1e-3));
const share = number(0, 1);
const seed = whole(0, Number.MAX_SAFE_INTEGER);

const Rectangle = v.strictObject({ left: coordinate, top: coordinate, width: length, height: length });

/** Where a face is: five landmarks, or a square (of something that is no face) by its centre, side and rotation. */
export const Geometry = v.variant('kind', [
  v.strictObject({
    kind: v.literal('face'),
    landmarks: FaceLandmarks,
    box: Rectangle,
    /** Of the detector, 0..1; absent where a person placed it. */
    score: v.exactOptional(share),
  }),
  v.strictObject({
    kind: v.literal('square'),
    centre: point,
    side: length,
    /** Degrees, clockwise as seen. */
    rotation: number(-360, 360),
  }),
]);
export type Geometry = v.InferOutput<typeof Geometry>;

/** Whose prior restores a face: a file that a finetune made, by its hash. */
export const PersonChoice = v.strictObject({
  /** A person of the library, a folder of photos, or an album generated from the face itself. */
  kind: v.picklist(['person', 'album', 'generative']),
  name: label,
  adapter: Sha256,
});
export type PersonChoice = v.InferOutput<typeof PersonChoice>;

/** One face: where it is, and how it is restored. */
export const RecipeFace = v.pipe(
  v.strictObject({
    where: Geometry,
    /** False: this face stays as it is. */
    on: v.boolean(),
    /** Noise steps (K), 0 to the model's. */
    strength: whole(0, 65536),
    /** Sampling steps, 1 to the strength (0 with strength 0). */
    steps: whole(0, 65536),
    seed,
    /** Which of the candidates is in the picture, from 0. */
    candidate: whole(0, MAX_CANDIDATES - 1),
    person: v.exactOptional(PersonChoice),
  }),
  v.check(
    ({ strength, steps }) => steps <= strength && (strength === 0 || steps > 0),
    'steps fit the strength',
  ),
);
export type RecipeFace = v.InferOutput<typeof RecipeFace>;

/** Imaging's RepairSettings, and the mask that was used instead of the one found, where a person edited it. */
const Repair = v.strictObject({
  tone: share,
  scratches: share,
  denoise: share,
  /** A sepia print becomes grey. */
  neutral: v.exactOptional(v.boolean()),
  mask: v.exactOptional(v.strictObject({ sha256: Sha256 })),
});

/** Of imaging's PasteOptions, those that are chosen. */
const Paste = v.strictObject({
  widen: v.exactOptional(number(-0.5, 0.5)),
  detail: v.exactOptional(share),
  colour: v.exactOptional(share),
  grain: v.exactOptional(share),
});

const Output = v.strictObject({
  format: v.picklist(['jpeg', 'png', 'tiff', 'webp', 'avif']),
  /** 1..100, of formats that lose something. */
  quality: v.exactOptional(whole(1, 100)),
  depth: v.picklist([8, 16]),
});

/** The whole recipe, as its JSON has it. */
export const Recipe = v.pipe(
  v.strictObject({
    kind: v.literal('albumen-recipe'),
    version: v.literal(VERSION),
    /** The version of the application. */
    app: v.pipe(text(40), v.nonEmpty()),
    /** The file, not a place: a name without folders. */
    photo: v.strictObject({
      name: v.pipe(label, v.regex(/^[^/\\\p{Cc}]+$/u)),
      sha256: Sha256,
      bytes: whole(1, 2 ** 40),
      /** As it is meant to be seen (orientation applied). */
      width: whole(1, 1e6),
      height: whole(1, 1e6),
    }),
    model: v.strictObject({ id: label, sha256: Sha256 }),
    /** Where it was computed: the same picture is promised on the same provider. */
    device: v.strictObject({
      provider: v.picklist(['cpu', 'webgpu', 'cuda', 'dml', 'coreml']),
      threads: whole(1, 4096),
      /** The most images in one batch. */
      batch: whole(1, 64),
    }),
    sampler: v.picklist(['ddpm', 'ddim', 'dpmpp', 'dpmpp-sde']),
    eta: v.exactOptional(share),
    /** Who found the faces. */
    detection: v.variant('kind', [
      v.strictObject({ kind: v.literal('network'), name: label, sha256: v.exactOptional(Sha256) }),
      v.strictObject({ kind: v.literal('hand') }),
      /** Nobody looked: the print alone is repaired. */
      v.strictObject({ kind: v.literal('none') }),
    ]),
    faces: list(RecipeFace, MAX_FACES),
    /** Results of each face; where they differ is what was invented. */
    candidates: whole(1, MAX_CANDIDATES),
    repair: Repair,
    paste: Paste,
    output: Output,
  }),
  v.check(
    ({ faces, candidates }) => faces.every(({ candidate }) => candidate < candidates),
    'chosen candidates exist',
  ),
);
export type Recipe = v.InferOutput<typeof Recipe>;

/** The one text of a recipe: entries in the order above, so that equal recipes are equal texts. Throws `internal:`. */
export function recipeText(recipe: Recipe, indent: 0 | 1 = 1): string {
  return `${JSON.stringify(v.parse(Recipe, recipe), null, indent)}${indent === 0 ? '' : '\n'}`;
}

/**
 * Reads a recipe's text, untrusted; `name` is what to call it. Throws UserError `recipe.unreadable`.
 */
export function parseRecipe(source: string, name: string): Recipe {
  const bad = (what: string, advice: string, cause?: unknown): UserError =>
    new UserError('recipe.unreadable', `${quoted(name)} ${what}.`, advice, { cause });
  const another = 'Give the .recipe.json that was written beside a restored photo.';
  if (source.length > MAX_TEXT) throw bad('is too large to be a recipe', another);
  let json: unknown;
  try {
    json = JSON.parse(source);
  } catch (cause) {
    throw bad('is not a recipe', another, cause);
  }
  const head = v.safeParse(v.object({ kind: v.literal('albumen-recipe'), version: whole(1, 1e9) }), json);
  if (!head.success) throw bad('is not a recipe', another);
  if (head.output.version !== VERSION)
    throw bad(
      `is a recipe of version ${head.output.version}, and this Albumen knows version ${VERSION}`,
      'Use the Albumen that wrote it, or a newer one.',
    );
  const parsed = v.safeParse(Recipe, json);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw bad(
      `is damaged or was changed: ${v.getDotPath(issue) ?? 'its beginning'} is not as it should be`,
      another,
    );
  }
  return parsed.output;
}
