/**
 * An order of faces in which those alike are beside each other: the set is split again and again between two faces that
 * are far apart, and what is left is walked from each to its nearest. unnamed.ts keeps the order, likeness.ts has the cosine.
 */
import { dot } from './likeness.ts';

/** Sets of this many are walked; larger ones are split. Cost is about N log2(N / LEAF) + N LEAF / 2 comparisons. */
const LEAF = 24;
/** Splits between two turns of the event loop, in faces compared. */
const SLICE = 4000;

/** Directions [N x dimensions], rounded to 1/127: a quarter of the memory, cosines to about 0.005. */
export interface Directions {
  readonly count: number;
  readonly dimensions: number;
  readonly values: Int8Array;
}

/** Of directions of length 1, all of one number of dimensions. */
export function roundedDirections(
  count: number,
  dimensions: number,
): Directions & {
  set(row: number, values: Float32Array): void;
} {
  const values = new Int8Array(count * dimensions);
  return {
    count,
    dimensions,
    values,
    set(row, direction) {
      let most = 1e-9;
      for (const value of direction) most = Math.max(most, Math.abs(value));
      for (let k = 0; k < dimensions; k++)
        values[row * dimensions + k] = Math.round((127 * direction[k]!) / most);
    },
  };
}

/** Rows in an order in which alike ones are beside each other; `pause` is awaited now and then. */
export async function alikeOrder(all: Directions, pause: () => Promise<void>): Promise<number[]> {
  const order: number[] = [];
  const waiting: number[][] = [Array.from({ length: all.count }, (_, row) => row)];
  const lengths = lengthsOf(all);
  const cosine = (a: number, b: number): number => {
    const { values, dimensions } = all;
    return dot(values, a * dimensions, values, b * dimensions, dimensions) / (lengths[a]! * lengths[b]!);
  };
  let work = 0;
  for (let rows = waiting.pop(); rows; rows = waiting.pop()) {
    if (rows.length <= LEAF) {
      order.push(...walked(rows, order.at(-1), cosine));
      work += (rows.length * rows.length) / 2;
    } else {
      waiting.push(...split(rows, order.at(-1), cosine));
      work += 3 * rows.length;
    }
    if (work > SLICE) {
      work = 0;
      await pause();
    }
  }
  return order;
}

type Cosine = (a: number, b: number) => number;

/** Two parts, the one to be done first last: that with the face nearer to `before`. */
function split(rows: readonly number[], before: number | undefined, cosine: Cosine): [number[], number[]] {
  const first = rows[0]!;
  const one = furthest(rows, first, cosine);
  const other = furthest(rows, one, cosine);
  const [near, far]: [number[], number[]] = [[], []];
  for (const row of rows) {
    if (row === other) far.push(row);
    else if (row === one || cosine(row, one) >= cosine(row, other)) near.push(row);
    else far.push(row);
  }
  return before !== undefined && cosine(before, other) > cosine(before, one) ? [near, far] : [far, near];
}

function furthest(rows: readonly number[], from: number, cosine: Cosine): number {
  let [found, least] = [rows[0]! === from ? rows[1]! : rows[0]!, Infinity];
  for (const row of rows) {
    const value = row === from ? Infinity : cosine(row, from);
    if (value < least) [found, least] = [row, value];
  }
  return found;
}

/** From the one nearest to `before`, each time to the nearest that is left. */
function walked(rows: readonly number[], before: number | undefined, cosine: Cosine): number[] {
  const left = [...rows];
  const order: number[] = [];
  let last = before;
  while (left.length > 0) {
    let [next, most] = [0, -Infinity];
    for (const [i, row] of left.entries()) {
      const value = last === undefined ? 0 : cosine(row, last);
      if (value > most) [next, most] = [i, value];
    }
    last = left[next]!;
    order.push(last);
    left.splice(next, 1);
  }
  return order;
}

function lengthsOf({ count, dimensions, values }: Directions): Float64Array {
  return Float64Array.from({ length: count }, (_, row) =>
    Math.max(1e-9, Math.sqrt(dot(values, row * dimensions, values, row * dimensions, dimensions))),
  );
}
