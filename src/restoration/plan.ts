/**
 * From a photograph and what was asked for to a recipe: the faces are found (or were placed by hand), numbered from left
 * to right, and each gets its choices. restore-photograph.ts follows the recipe.
 */
import { UserError } from '../domain/errors.ts';
import { MAX_FACES } from '../domain/recipe.ts';
import type { Geometry, PersonChoice, Recipe, RecipeFace } from '../domain/recipe.ts';
import { stepsFor } from '../domain/sampling.ts';
import { counted, printable } from '../domain/text.ts';
import type { SamplerName } from '../engine/diffusion/samplers/index.ts';
import type { ProviderName } from '../engine/runtime/session.ts';
import type { FaceDetector } from '../faces/face.ts';
import { placeFace } from '../faces/place.ts';
import type { Point } from '../faces/align.ts';
import type { PhotoFormat, Photograph } from '../imaging/photograph.ts';
import { mapOf, sideOfSquare } from './crops.ts';
import { pixelSourceOf } from './detectors.ts';

/** What may be chosen for one face; what is absent is as for all. */
export interface FaceChoice {
  /** By default faces are restored that are not too small (LEAST_SQUARE) and surely faces (NamedDetector). */
  readonly on?: boolean;
  readonly strength?: number;
  readonly seed?: number;
  readonly candidate?: number;
  /** Null: nobody's, where the others' is somebody's. */
  readonly person?: PersonChoice | null;
}

/** A face or square that a person placed, in pixels of the photo. */
export type Placed =
  | { readonly kind: 'face'; readonly eyes: readonly [Point, Point]; readonly mouth: Point }
  | { readonly kind: 'square'; readonly centre: Point; readonly side: number; readonly rotation?: number };

export interface NamedDetector {
  readonly detector: FaceDetector;
  /** Of the network's file. */
  readonly sha256?: string;
  /** Faces of a lower score may be none: they are off unless they are asked for. 0 by default. */
  readonly sure?: number;
}

export interface PlanRequest {
  readonly app: string;
  readonly photo: { readonly name: string; readonly sha256: string; readonly bytes: number };
  readonly model: Recipe['model'];
  readonly device: { readonly provider: ProviderName; readonly threads: number; readonly batch: number };
  readonly sampler: SamplerName;
  readonly eta?: number;
  /** Sampling steps; stepsFor's without. */
  readonly steps?: number;
  readonly strength: number;
  readonly seed: number;
  readonly candidates: number;
  readonly person?: PersonChoice;
  /** By the number of a face, from 1. */
  readonly faces?: ReadonlyMap<number, FaceChoice>;
  /** Where there are any, no detector looks for others. */
  readonly placed?: readonly Placed[];
  readonly detector?: NamedDetector;
  readonly repair: Recipe['repair'];
  readonly paste?: Recipe['paste'];
  readonly output: { readonly format: PhotoFormat; readonly quality?: number; readonly depth: 8 | 16 };
  readonly signal?: AbortSignal;
}

export { sideOfSquare } from './crops.ts';

/** Photo pixels along a face's square below which nothing is left of a person to restore. */
export const LEAST_SQUARE = 64;
/** Detection wants at least this many pixels either way. */
const LEAST_PHOTO = 16;

/**
 * The recipe for a photograph. Throws UserError `usage` for a choice of a face that is not there or a placed one outside
 * the photo, `cancelled` where the signal aborts.
 */
export async function planPhoto(photo: Photograph, request: PlanRequest): Promise<Recipe> {
  const { placed = [], detector, faces: choices = new Map<number, FaceChoice>() } = request;
  const found =
    placed.length > 0
      ? placed.map((one) => geometryOf(one, photo))
      : await findFaces(photo, detector, request.signal);
  if (found.length > MAX_FACES)
    throw new UserError(
      'photo.unsuitable',
      `${counted(found.length, 'face')} were found, more than the ${MAX_FACES} of one recipe.`,
      'Crop the photo into parts.',
    );
  for (const number of choices.keys())
    if (number > found.length)
      throw new UserError(
        'usage',
        `There is no face ${number}: ${found.length === 0 ? 'none was found' : `${counted(found.length, 'face')} ${found.length === 1 ? 'was' : 'were'} found`}.`,
        'albumen faces FILE lists them with their numbers.',
      );
  const { app, model, device, sampler, eta, candidates, repair, paste = {}, output } = request;
  return {
    kind: 'albumen-recipe',
    version: 1,
    app,
    photo: {
      ...{ name: printable(request.photo.name).replace(/[/\\]/g, '?'), sha256: request.photo.sha256 },
      ...{ bytes: request.photo.bytes, width: photo.width, height: photo.height },
    },
    model,
    device,
    sampler,
    ...(eta !== undefined && { eta }),
    detection: detectionOf(placed.length > 0, detector),
    faces: found.map((where, i) => faceOf(where, choices.get(i + 1) ?? {}, request)),
    candidates,
    repair,
    paste,
    output,
  };
}

function detectionOf(placed: boolean, detector: NamedDetector | undefined): Recipe['detection'] {
  if (placed) return { kind: 'hand' };
  if (!detector) return { kind: 'none' };
  const { sha256 } = detector;
  return { kind: 'network', name: detector.detector.name, ...(sha256 !== undefined && { sha256 }) };
}

/** From left to right; none without a detector. Throws UserError `cancelled` where the signal aborts. */
export async function findFaces(
  photo: Photograph,
  detector: NamedDetector | undefined,
  signal: AbortSignal | undefined,
): Promise<Geometry[]> {
  if (!detector || Math.min(photo.width, photo.height) < LEAST_PHOTO) return [];
  let faces;
  try {
    faces = await detector.detector.detect(pixelSourceOf(photo), signal ? { signal } : {});
  } catch (cause) {
    if (signal?.aborted) throw new UserError('cancelled', 'Stopped; nothing was done.', undefined, { cause });
    throw cause;
  }
  return faces
    .map(({ landmarks, box, score }): Geometry => ({
      ...{ kind: 'face', landmarks: [...landmarks], box },
      score: Math.max(0, Math.min(1, score)),
    }))
    .sort((a, b) => centreOf(a) - centreOf(b));
}

/** Across the photo. */
function centreOf(where: Geometry): number {
  return where.kind === 'face' ? where.box.left + where.box.width / 2 : where.centre.x;
}

/** Throws UserError `usage` for what does not lie on the photo or is no face. */
function geometryOf(placed: Placed, photo: Photograph): Geometry {
  if (placed.kind === 'square') {
    const where = { ...placed, rotation: placed.rotation ?? 0 };
    mapOf(where, 1, photo);
    return where;
  }
  const landmarks = placeFace(placed, photo);
  const xs = landmarks.map(({ x }) => x);
  const ys = landmarks.map(({ y }) => y);
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const box = { left, top, width: Math.max(...xs) - left, height: Math.max(...ys) - top };
  return { kind: 'face', landmarks: [...landmarks], box };
}

function faceOf(where: Geometry, choice: FaceChoice, request: PlanRequest): RecipeFace {
  const {
    on = isWorthIt(where, request.detector),
    strength = request.strength,
    seed = request.seed,
  } = choice;
  const person = choice.person === undefined ? request.person : choice.person;
  return {
    ...{ where, on, strength, steps: stepsFor(request.sampler, strength, request.steps), seed },
    candidate: choice.candidate ?? 0,
    ...(person && { person }),
  };
}

/** What a person placed is. */
function isWorthIt(where: Geometry, detector: NamedDetector | undefined): boolean {
  if (where.kind === 'square' || where.score === undefined) return true;
  return sideOfSquare(where) >= LEAST_SQUARE && where.score >= (detector?.sure ?? 0);
}
