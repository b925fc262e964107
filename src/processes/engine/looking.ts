/**
 * The faces of a photo as the library keeps them: where they are, how good they would be as anchors, and what a
 * recogniser says of them. restoration/detectors.ts finds them.
 */
import type { FacesFound, FoundFace, Setup } from '../../contract/engine.ts';
import { cropOf, mapOf, recogniserCrop } from '../../restoration/crops.ts';
import { pixelSourceOf } from '../../restoration/detectors.ts';
import { findFaces } from '../../restoration/plan.ts';
import type { Geometry } from '../../domain/recipe.ts';
import { readPhotograph } from '../../imaging/photograph/read.ts';
import type { Workshop } from './workshop.ts';

/** Sharpness is judged on crops of this many pixels a side: a smaller face is blurred on it. */
const SIDE = 128;
/** The mean absolute Laplacian, on the scale [-1,1], that counts as all sharp: only the order of faces matters. */
const SHARP = 0.12;
const MOST_FACES = 500;

/** Throws UserError as readPhotograph does, and `cancelled`. */
export async function lookForFaces(
  workshop: Workshop,
  { setup, photo: { file } }: { readonly setup: Setup; readonly photo: { readonly file: string } },
  signal: AbortSignal,
): Promise<FacesFound> {
  const photo = await readPhotograph(file, { signal });
  const detector = await workshop.detector(setup);
  const recogniser = await workshop.recogniser(setup);
  const source = pixelSourceOf(photo);
  const faces: FoundFace[] = [];
  for (const where of (await findFaces(photo, { detector }, signal)).slice(0, MOST_FACES)) {
    if (where.kind !== 'face') continue;
    const crop = await cropOf(source, mapOf(where, SIDE, photo), SIDE);
    const seen = recogniser && (await recogniserCrop(source, where));
    const embedding = seen && (await recogniser.embed(seen));
    faces.push({
      ...{ box: where.box, landmarks: [...where.landmarks], score: where.score ?? 1 },
      ...{ sharpness: sharpnessOf(crop), frontal: frontalOf(where) },
      embedding: embedding ? bytesOf(embedding) : null,
    });
  }
  return { by: detector.name, embeddedBy: recogniser?.name ?? null, faces };
}

/** Mean absolute Laplacian of the middle of a crop [3,S,S], as a share of SHARP, at most 1. */
export function sharpnessOf(crop: Float32Array): number {
  const side = Math.round(Math.sqrt(crop.length / 3));
  const [from, to] = [Math.floor(side / 4), Math.ceil((3 * side) / 4)];
  const at = (x: number, y: number): number => {
    const p = y * side + x;
    return (crop[p]! + crop[p + side * side]! + crop[p + 2 * side * side]!) / 3;
  };
  let sum = 0;
  for (let y = from; y < to; y++)
    for (let x = from; x < to; x++)
      sum += Math.abs(4 * at(x, y) - at(x - 1, y) - at(x + 1, y) - at(x, y - 1) - at(x, y + 1));
  return Math.min(1, sum / (to - from) ** 2 / SHARP);
}

/** 1 where the nose is in the middle between the eyes, 0 where it is beside one of them. */
export function frontalOf({ landmarks }: Extract<Geometry, { kind: 'face' }>): number {
  const [left, right, nose] = landmarks;
  const [dx, dy] = [right.x - left.x, right.y - left.y];
  const length = dx * dx + dy * dy;
  if (length === 0) return 0;
  // how far along the line from eye to eye the nose is
  const along = ((nose.x - left.x) * dx + (nose.y - left.y) * dy) / length;
  return Math.max(0, 1 - 2 * Math.abs(along - 0.5));
}

/** Float32, little-endian. */
function bytesOf(values: Float32Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setFloat32(4 * i, value, true));
  return bytes;
}
