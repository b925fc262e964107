/**
 * A person's photos as crops to learn from: aligned crops as they are, and of any other photo its face, found and aligned as
 * a restoration would. albums.ts reads folders with it; restoration/crops.ts cuts.
 */
import { basename } from 'node:path';
import { UserError } from '../domain/errors.ts';
import type { Geometry } from '../domain/recipe.ts';
import { counted, quoted } from '../domain/text.ts';
import { chooseRuntime } from '../engine/runtime/providers.ts';
import { apply } from '../faces/align.ts';
import type { Affine, Point } from '../faces/align.ts';
import type { Photograph } from '../imaging/photograph.ts';
import { readPhotograph } from '../imaging/photograph/read.ts';
import { fromRaster, toRaster } from '../imaging/pixels.ts';
import { readAlignedCrop } from '../imaging/read.ts';
import type { AlignedCrop } from '../imaging/read.ts';
import { cropOf, mapOf, sideOfSquare } from '../restoration/crops.ts';
import { openDetector, pixelSourceOf } from '../restoration/detectors.ts';
import { LEAST_SQUARE, findFaces } from '../restoration/plan.ts';
import type { NamedDetector } from '../restoration/plan.ts';
import { findDetector } from './face-models.ts';
import type { Host } from './host.ts';

/** A face is the one that is meant where every other one is this many times smaller. */
const CLEARLY = 1.5;
/** A picture is an aligned crop where no corner of its face's square is further than this from its own, in sides. */
const ALIGNED = 0.15;

/** Opens the detector for the first photo that needs it, on the CPU, so that the same photos are always the same crops. */
export class AlbumPhotos implements AsyncDisposable {
  readonly #size: number;
  readonly #host: Pick<Host, 'env' | 'signal'>;
  readonly #opened = new AsyncDisposableStack();
  #detector: Promise<NamedDetector> | undefined;
  /** Photos whose face was found and cut out. */
  cut = 0;

  /** Crops of S = `size`. */
  constructor(size: number, host: Pick<Host, 'env' | 'signal'>) {
    this.#size = size;
    this.#host = host;
  }

  /**
   * [3,S,S] in [-1,1]. A square picture in which no face is found is taken for a crop. Throws UserError
   * `photo.unreadable`, or `photo.unsuitable` where it is not clear whose face is meant, or there is none.
   */
  async read(path: string): Promise<Float32Array> {
    const size = this.#size;
    const crop = await squareOrNone(path, size);
    if (crop?.source.width === size && crop.source.height === size) return crop.data;
    const photo = await readPhotograph(path, { signal: this.#host.signal });
    const detector = await (this.#detector ??= this.#open());
    const found = await findFaces(photo, detector, this.#host.signal);
    const faces = found.filter((face) => face.kind === 'face' && (face.score ?? 1) >= (detector.sure ?? 0));
    if (faces.length === 0 && crop) return crop.data;
    const face = theFace(faces, quoted(basename(path)));
    const map = mapOf(face, size, photo);
    if (crop && isWhole(map, size, photo)) return crop.data;
    const cut = (await cropOf(pixelSourceOf(photo), map, size)).map((v) => Math.max(-1, Math.min(1, v)));
    this.cut++;
    // as it is kept beside the weights, in 8 bits
    return fromRaster(toRaster(cut));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened.disposeAsync();
  }

  async #open(): Promise<NamedDetector> {
    const { choice, sure } = findDetector(undefined, this.#host.env);
    const { runtime } = await chooseRuntime('cpu');
    this.#opened.defer(() => runtime.release());
    const detector = await openDetector(choice, runtime);
    this.#opened.defer(() => detector.release());
    return { detector, sure };
  }
}

/** Undefined where the picture is not square, or too small to be a crop. */
async function squareOrNone(path: string, size: number): Promise<AlignedCrop | undefined> {
  try {
    return await readAlignedCrop(path, size);
  } catch (error) {
    if (error instanceof UserError && error.code === 'photo.unsuitable') return undefined;
    throw error;
  }
}

/** The largest, where it is clearly that. Throws `photo.unsuitable`. */
function theFace(faces: readonly Geometry[], name: string): Geometry {
  const [first, second] = faces.toSorted((a, b) => sideOfSquare(b) - sideOfSquare(a));
  const unsuitable = (sentence: string, advice: string): UserError =>
    new UserError('photo.unsuitable', sentence, advice);
  if (!first) throw unsuitable(`No face was found in ${name}.`, 'Crop it to a square around the face.');
  if (second && sideOfSquare(second) * CLEARLY > sideOfSquare(first))
    throw unsuitable(
      `${name} shows ${counted(faces.length, 'face')}, and none is clearly the largest.`,
      'Crop it to the person who is meant.',
    );
  if (sideOfSquare(first) < LEAST_SQUARE)
    throw unsuitable(
      `The face in ${name} is too small to learn from (a square of ${Math.round(sideOfSquare(first))} pixels).`,
      `Choose photos where it is ${LEAST_SQUARE} pixels or more.`,
    );
  return first;
}

/** Whether the face's square is all of the picture, so that cutting it out anew would only cost sharpness. */
function isWhole(map: Affine, size: number, { width, height }: Photograph): boolean {
  const side = Math.max(width, height);
  return [0, 1].every((u) =>
    [0, 1].every((v) => {
      const corner: Point = apply(map, { x: u * size, y: v * size });
      return Math.hypot(corner.x - u * width, corner.y - v * height) <= ALIGNED * side;
    }),
  );
}
