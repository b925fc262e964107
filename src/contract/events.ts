/**
 * What changed, told to every window: the slice `events`, and the Broadcast behind it and behind a job's previews.
 * A subscriber that is slow costs one merged item, never a growing queue.
 */
import * as v from 'valibot';
import { list, slice, stream } from './rpc.ts';

export const topics = [
  'library',
  'photos',
  'faces',
  'people',
  'albums',
  'adapters',
  'jobs',
  'renditions',
  'exports',
  'models',
  'settings',
] as const;
export const Topic = v.picklist(topics);
export type Topic = v.InferOutput<typeof Topic>;

/** What changed of each topic: ids, or null for "anything of it, ask again". */
export const Changes = v.strictObject({
  changed: v.array(v.strictObject({ topic: Topic, ids: v.nullable(v.array(v.string())) })),
});
export type Changes = v.InferOutput<typeof Changes>;

export const events = slice('events', {
  /** Changes from now on, of these topics (all, where none is named). Not `latest`: a lost change is a stale view. */
  changes: stream({
    input: v.strictObject({ topics: v.optional(list(Topic, topics.length)) }),
    item: Changes,
  }),
});

/** More ids than this of one topic say no more than "all of it". */
const mostIds = 500;

/** Two changes as one. */
export function mergeChanges(older: Changes, newer: Changes): Changes {
  const all = new Map<Topic, Set<string> | null>();
  for (const { topic, ids } of [...older.changed, ...newer.changed]) {
    const known = all.get(topic);
    if (ids === null || known === null) all.set(topic, null);
    else {
      const union = new Set([...(known ?? []), ...ids]);
      all.set(topic, union.size > mostIds ? null : union);
    }
  }
  return { changed: [...all].map(([topic, ids]) => ({ topic, ids: ids && [...ids] })) };
}

/** The changes of some topics only; what is of no interest is not sent. */
export async function* changesOf(
  source: AsyncIterable<Changes>,
  wanted: readonly Topic[] = topics,
): AsyncGenerator<Changes> {
  for await (const { changed } of source) {
    const kept = changed.filter(({ topic }) => wanted.includes(topic));
    if (kept.length > 0) yield { changed: kept };
  }
}

/**
 * One source, any number of subscribers, late ones too. What a subscriber has not yet taken is one item: `merge` makes
 * it of the older and the newer; without `merge`, the newer replaces the older.
 */
export class Broadcast<T> {
  readonly #merge: (older: T, newer: T) => T;
  readonly #subscribers = new Set<Subscriber<T>>();
  #ended = false;

  constructor(merge: (older: T, newer: T) => T = (_, newer) => newer) {
    this.#merge = merge;
  }

  get subscribers(): number {
    return this.#subscribers.size;
  }

  publish(item: T): void {
    for (const subscriber of this.#subscribers) subscriber.put(item);
  }

  /** No more items: every subscriber ends after what it has yet to take. */
  end(): void {
    this.#ended = true;
    for (const subscriber of this.#subscribers) subscriber.end();
  }

  /**
   * Items from now on, after `first` where one is given (the state a late subscriber starts from). Subscribes at once,
   * not at the first `next`, so that nothing falls between; ends when `signal` is aborted.
   */
  subscribe(signal: AbortSignal, ...first: [] | [T]): AsyncIterableIterator<T> {
    const subscriber = new Subscriber<T>(this.#merge, () => this.#subscribers.delete(subscriber));
    if (first.length > 0) subscriber.put(first[0] as T);
    if (this.#ended || signal.aborted) subscriber.end();
    else {
      this.#subscribers.add(subscriber);
      signal.addEventListener('abort', () => void subscriber.return(), { once: true });
    }
    return subscriber;
  }
}

/** One subscriber: at most one item waiting. */
class Subscriber<T> implements AsyncIterableIterator<T> {
  readonly #merge: (older: T, newer: T) => T;
  readonly #leave: () => void;
  #waiting: { item: T } | undefined;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(merge: (older: T, newer: T) => T, leave: () => void) {
    this.#merge = merge;
    this.#leave = leave;
  }

  put(item: T): void {
    this.#waiting = { item: this.#waiting ? this.#merge(this.#waiting.item, item) : item };
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#leave();
    this.#wake?.();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    while (!this.#waiting && !this.#ended) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const taken = this.#waiting;
    this.#waiting = undefined;
    return taken ? { done: false, value: taken.item } : { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#waiting = undefined;
    this.end();
    return { done: true, value: undefined };
  }
}
