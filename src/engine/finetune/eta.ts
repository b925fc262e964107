/**
 * How long a run still takes, from what its parts took so far: the moving median of each, times how many are left.
 * The clock is a port, so that nothing here looks at one; finetune.ts times its steps with it.
 */

/** Seconds since any fixed moment; never runs backwards. */
export type Clock = () => number;

/** So many last measurements count: the first step also allocates, and a laptop slows down as it warms up. */
const WINDOW = 15;

/** Times work by kind (a step, a held-out loss, a checkpoint) and foretells the rest. */
export class Pace<Kind extends string> {
  readonly clock: Clock;
  readonly #seconds = new Map<Kind, number[]>();
  readonly #totals = new Map<Kind, number>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Notes what one piece of a kind took, in seconds. */
  add(kind: Kind, seconds: number): void {
    this.#seconds.set(kind, [...(this.#seconds.get(kind) ?? []), seconds].slice(-WINDOW));
    this.#totals.set(kind, this.total(kind) + seconds);
  }

  /** Seconds that all pieces of a kind took. */
  total(kind: Kind): number {
    return this.#totals.get(kind) ?? 0;
  }

  /** Does the work and notes how long it took, unless it throws. */
  async time<T>(kind: Kind, work: () => T | Promise<T>): Promise<T> {
    const begin = this.clock();
    const result = await work();
    this.add(kind, this.clock() - begin);
    return result;
  }

  /** The median of the last pieces of a kind in seconds; undefined before the first. */
  median(kind: Kind): number | undefined {
    const sorted = (this.#seconds.get(kind) ?? []).toSorted((a, b) => a - b);
    const [below, above] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
    return below === undefined || above === undefined ? undefined : (below + above) / 2;
  }

  /** Seconds for so many pieces of each kind; a kind not yet measured counts nothing. */
  eta(left: Readonly<Record<Kind, number>>): number {
    let sum = 0;
    for (const kind of this.#seconds.keys()) sum += (this.median(kind) ?? 0) * left[kind];
    return sum;
  }
}
