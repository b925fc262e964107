/**
 * The faces of a photo through the network: those that share an adapter and a walk in batches, each with its own noise.
 * restore-photograph.ts cuts the crops and puts the results back; engine/restore-batch.ts is the walk.
 */
import { setImmediate } from 'node:timers/promises';
import { invariant } from '../domain/errors.ts';
import type { Recipe, RecipeFace } from '../domain/recipe.ts';
import { variationOf } from '../engine/restore.ts';
import { restoreBatch } from '../engine/restore-batch.ts';
import type { Walk } from '../engine/restore-batch.ts';
import type { Networks } from './networks.ts';

export interface FaceWork {
  /** The face's place in the recipe, from 0. */
  readonly face: number;
  readonly choice: RecipeFace;
  /** [3,S,S] in [-1,1]. */
  readonly crop: Float32Array;
  /** [S,S] in 0..1: damage to be invented anew; absent where there is none worth it. */
  readonly unknown?: Float32Array;
}

export interface FaceResult {
  /** [3,S,S] in [-1,1] each. */
  readonly candidates: readonly Float32Array[];
  /** Where they differ, [S,S]; absent with one candidate (see engine/restore.ts). */
  readonly variation?: Float32Array;
}

export interface FacesProgress {
  /** Network evaluations of single images that are done, and all there will be. */
  readonly step: number;
  readonly of: number;
  /** The first candidates of the faces in the batch, as the prior sees them now. */
  readonly previews: readonly { readonly face: number; readonly image: Float32Array }[];
}

/** A hole is filled from this much noise at least: from less, the prior has no say in it. */
const HOLE_STRENGTH = 400;
/** A walk with a hole visits more noise, and takes so many times the steps. */
const HOLE_STEPS = 2;

interface Place {
  readonly work: FaceWork;
  readonly candidate: number;
}

interface Batch {
  readonly adapter: string | undefined;
  readonly places: readonly Place[];
}

/** Restores every face. Yields after each step; throws UserError `cancelled` between steps. */
export async function* restoreFaces(
  works: readonly FaceWork[],
  recipe: Recipe,
  { networks, signal }: { readonly networks: Networks; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<FacesProgress, Map<number, FaceResult>> {
  const candidates = new Map<number, Float32Array[]>(works.map(({ face }) => [face, []]));
  const batches = batchesOf(works, recipe);
  const of = batches.reduce((sum, batch) => sum + costOf(batch), 0);
  let done = 0;
  for (const batch of batches) {
    const [first] = batch.places;
    invariant(first, 'a batch has an image');
    const { choice, unknown } = first.work;
    const denoiser = await networks.of(batch.adapter, batch.places.length);
    const walk: Walk = {
      ...walkOf(first.work, networks.T),
      sampler: recipe.sampler,
      ...(recipe.eta !== undefined && { eta: recipe.eta }),
      ...(unknown && { unknown, release: choice.strength }),
      ...(signal && { signal }),
    };
    const photos = batch.places.map(({ work, candidate }) => ({
      ...{ photo: work.crop, seed: work.choice.seed, index: candidate },
    }));
    const run = restoreBatch(denoiser, photos, walk);
    for (;;) {
      // the network blocks the thread: let Ctrl-C and messages have their turn between steps
      await setImmediate();
      const next = await run.next();
      if (next.done) {
        batch.places.forEach(({ work, candidate }, i) => {
          const list = candidates.get(work.face);
          const image = next.value[i];
          invariant(list && image, 'a result for each image of the batch');
          list[candidate] = image.slice();
        });
        break;
      }
      const { step, previews } = next.value;
      const shown = batch.places.flatMap(({ work, candidate }, i) => {
        const image = previews[i];
        return candidate === 0 && image ? [{ face: work.face, image }] : [];
      });
      yield { step: done + step * batch.places.length, of, previews: shown };
    }
    done += costOf(batch);
  }
  const { size } = networks;
  return new Map(
    [...candidates].map(([face, list]) => [
      face,
      list.length > 1
        ? { candidates: list, variation: variationOf(list, size * size) }
        : { candidates: list },
    ]),
  );
}

/** K and steps; of a face with a hole, from further out. */
function walkOf({ choice, unknown }: FaceWork, T = Infinity): { readonly K: number; readonly steps: number } {
  const { strength, steps } = choice;
  if (!unknown) return { K: strength, steps };
  const K = Math.min(T, Math.max(strength, HOLE_STRENGTH));
  return { K, steps: Math.min(K, HOLE_STEPS * steps) };
}

function costOf({ places }: Batch): number {
  const [first] = places;
  return first ? places.length * walkOf(first.work).steps : 0;
}

/**
 * Groups of one adapter and one walk (a face with a hole is a group of its own), cut into as few batches as may be, of as
 * equal sizes as may be.
 */
function batchesOf(works: readonly FaceWork[], { candidates, device }: Recipe): Batch[] {
  const groups = new Map<string, { adapter: string | undefined; places: Place[] }>();
  for (const work of works) {
    const { strength, steps, person } = work.choice;
    const adapter = person?.adapter;
    const key = [adapter ?? '', strength, steps, work.unknown ? work.face : ''].join(' ');
    const group = groups.get(key) ?? { adapter, places: [] };
    groups.set(key, group);
    for (let candidate = 0; candidate < candidates; candidate++) group.places.push({ work, candidate });
  }
  // adapters one after the other: only one is held at a time
  const sorted = [...groups.values()].sort((a, b) => compare(a.adapter ?? '', b.adapter ?? ''));
  return sorted.flatMap(({ adapter, places }) => {
    const parts = Math.ceil(places.length / device.batch);
    return Array.from({ length: parts }, (_, i) => {
      const [from, to] = [i, i + 1].map((k) => Math.round((k * places.length) / parts));
      return { adapter, places: places.slice(from, to) };
    });
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
