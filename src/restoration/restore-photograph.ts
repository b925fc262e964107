/**
 * A whole photograph restored as its recipe says: the print first (tone, damage, grain), then each face by the prior, put
 * back where it came from. plan.ts makes recipes; faces.ts runs the network; print.ts repairs the print.
 */
import { invariant } from '../domain/errors.ts';
import type { Recipe } from '../domain/recipe.ts';
import type { Recogniser } from '../faces/recogniser.ts';
import { faceRegion } from '../imaging/paste/geometry.ts';
import type { PastedFace } from '../imaging/paste/several.ts';
import type { Photograph, Rect } from '../imaging/photograph.ts';
import type { Mask } from '../imaging/repair/mask.ts';
import { cropOf, mapOf } from './crops.ts';
import { pixelSourceOf } from './detectors.ts';
import { compareFaces, embedFaces } from './evidence.ts';
import type { AlbumEmbedding, Evidence } from './evidence.ts';
import { restoreFaces } from './faces.ts';
import type { FaceResult, FaceWork } from './faces.ts';
import { inCrop, inRegion } from './holes.ts';
import type { Networks } from './networks.ts';
import { keepPatch } from './patches.ts';
import type { Patch } from './patches.ts';
import { putBack } from './put-back.ts';
import { repairPrint } from './print.ts';
import type { PrintProgress } from './print.ts';

/** What a restoration is done with. */
export interface Equipment {
  readonly networks: Networks;
  /** Damage as a person edited it, instead of what would be found. */
  readonly mask?: Mask;
  /** Without one there is no evidence. */
  readonly recogniser?: Recogniser;
  readonly album?: AlbumEmbedding;
  /** Aborting ends the work between steps with UserError `cancelled`. */
  readonly signal?: AbortSignal;
}

export interface RestorationProgress {
  readonly stage: 'print' | 'faces';
  /** Which repair of the print. */
  readonly doing?: PrintProgress['doing'];
  /** `step` of `of` of this stage is done. */
  readonly step: number;
  readonly of: number;
  /** Faces as the prior sees them now, [3,S,S] in [-1,1]; `face` is the place in the recipe, from 0. */
  readonly previews: readonly { readonly face: number; readonly image: Float32Array }[];
}

export interface RestoredFace {
  /** The place in the recipe, from 0. */
  readonly face: number;
  /** [3,S,S] in [-1,1]: what the prior saw and what it made of it, one for each candidate. */
  readonly crop: Float32Array;
  readonly candidates: readonly Float32Array[];
  /** Where the candidates differ, [S,S] (engine/restore.ts); absent with one. */
  readonly variation?: Float32Array;
}

/**
 * Restores the photograph, whose pixels are changed in place. Yields as it goes.
 * Where nothing is to be done (strength 0, faces off, no repairs) every pixel stays as it is.
 */
export async function* restorePhotograph(
  photo: Photograph,
  recipe: Recipe,
  equipment: Equipment,
): AsyncGenerator<RestorationProgress, RestoredPhotograph> {
  const { networks, recogniser, signal } = equipment;
  invariant(
    photo.width === recipe.photo.width && photo.height === recipe.photo.height,
    'the photograph is the recipe’s',
  );
  const before = recogniser ? await embedFaces(photo, recipe.faces, recogniser) : undefined;
  const mask = yield* printStage(repairPrint(photo, recipe, equipment));
  const works: FaceWork[] = [];
  const source = pixelSourceOf(photo);
  for (const [face, choice] of recipe.faces.entries()) {
    if (!choice.on || choice.strength === 0) continue;
    const map = mapOf(choice.where, networks.size, photo);
    const crop = clipped(await cropOf(source, map, networks.size));
    const unknown = mask && inCrop(mask, map, networks.size);
    works.push({ face, choice, crop, ...(unknown && { unknown }) });
  }
  const run = restoreFaces(works, recipe, { networks, signal });
  let results: Map<number, FaceResult>;
  for (;;) {
    const next = await run.next();
    if (next.done) {
      results = next.value;
      break;
    }
    yield { stage: 'faces', ...next.value };
  }
  const done = new RestoredPhotograph({ photo, mask }, recipe, { works, results, before, equipment });
  await done.choose();
  return done;
}

async function* printStage(
  run: AsyncGenerator<PrintProgress, Mask | undefined>,
): AsyncGenerator<RestorationProgress, Mask | undefined> {
  for (;;) {
    const next = await run.next();
    if (next.done) return next.value;
    yield { stage: 'print', ...next.value, previews: [] };
  }
}

interface Work {
  readonly works: readonly FaceWork[];
  readonly results: ReadonlyMap<number, FaceResult>;
  readonly before: ReadonlyMap<number, Float32Array> | undefined;
  readonly equipment: Equipment;
}

/** The result: the photograph with the recipe's candidates in it, and with others on demand. */
export class RestoredPhotograph {
  /** The faces that were restored, in the recipe's order. */
  readonly faces: readonly RestoredFace[];
  /** The damage that was repaired, where any was looked for. */
  readonly mask: Mask | undefined;
  readonly #photo: Photograph;
  readonly #recipe: Recipe;
  readonly #work: Work;
  /** What was under the faces, where there are other candidates. */
  #patches: readonly Patch[] = [];

  constructor(print: { photo: Photograph; mask: Mask | undefined }, recipe: Recipe, work: Work) {
    this.#photo = print.photo;
    this.mask = print.mask;
    this.#recipe = recipe;
    this.#work = work;
    this.faces = work.works.map(({ face, crop }) => {
      const result = work.results.get(face);
      invariant(result, 'a result for every face');
      return { face, crop, ...result };
    });
  }

  get photo(): Photograph {
    return this.#photo;
  }

  /**
   * Puts candidate `which` (from 0) of every face into the photograph, in place of those that were in it; without one,
   * each face's own choice. Once, where there is one candidate.
   */
  async choose(which?: number): Promise<void> {
    for (const patch of this.#patches) patch.restore();
    const { size } = this.#work.equipment.networks;
    const placed = this.faces.map((one): PastedFace & { rect: Rect } => {
      const choice = this.#recipe.faces[one.face];
      const restored = one.candidates[which ?? choice?.candidate ?? 0];
      invariant(choice && restored, `a candidate ${which ?? 0} of a face of the recipe`);
      const map = mapOf(choice.where, size, this.#photo);
      const rect = faceRegion(map, size, this.#photo);
      const mended = this.mask && inRegion(this.mask, rect);
      const options = {
        ...this.#recipe.paste,
        shape: choice.where.kind === 'face' ? 'oval' : 'rounded',
        seed: choice.seed,
        ...(mended && { mended }),
      } as const;
      return { input: one.crop, restored: clipped(restored), map, rect, options };
    });
    const inside = placed.filter(({ rect }) => rect.width > 0 && rect.height > 0);
    const others = this.#recipe.candidates > 1;
    this.#patches = others ? inside.map(({ rect }) => keepPatch(this.#photo, rect)) : [];
    await putBack(this.#photo, inside);
  }

  /** Of the candidates that are in the photograph now, by the place in the recipe; empty without a recogniser. */
  async evidence(): Promise<Map<number, Evidence>> {
    const { before, equipment } = this.#work;
    const { recogniser, album } = equipment;
    if (!recogniser || !before) return new Map();
    const after = await embedFaces(this.#photo, this.#recipe.faces, recogniser);
    const all = await compareFaces(this.#recipe, before, after, album);
    const restored = new Set(this.faces.map(({ face }) => face));
    return new Map([...all].filter(([face]) => restored.has(face)));
  }
}

/** Filters ring: values a little beyond [-1,1]. */
function clipped(image: Float32Array): Float32Array {
  return image.map((value) => Math.max(-1, Math.min(1, value)));
}
