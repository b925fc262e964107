/**
 * The landmarks that many looks at one face agree on: coordinate by coordinate the median, which a few bad looks do not
 * move. relabel.ts makes the looks.
 */
import { invariant } from '../../src/domain/errors.ts';
import { five } from './points.ts';
import type { Label } from './portraits.ts';

/** x and y of five points. */
export type Places = readonly (readonly [x: number, y: number])[];

/** The medians over the looks, of which there is at least one, to a hundredth of a pixel. */
export function medianPlaces(looks: readonly Places[]): Label['faces'][number]['landmarks'] {
  invariant(looks.length > 0, 'a median of something');
  const at = (i: number, axis: 0 | 1): number =>
    Math.round(100 * median(looks.map((look) => look[i]![axis]))) / 100;
  return five((i) => [at(i, 0), at(i, 1)]);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((p, q) => p - q);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
