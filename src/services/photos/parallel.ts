/**
 * Work on many things, a few at a time. scan.ts reads files with it.
 */

/**
 * Results as they come, at most `abreast` under way; nothing new is begun once `signal` is aborted. `work` handles its
 * own errors: one that throws ends it all.
 */
export async function* inParallel<T, R>(
  items: Iterable<T>,
  abreast: number,
  work: (item: T) => Promise<R>,
  signal: AbortSignal,
): AsyncGenerator<R> {
  const under = new Map<number, Promise<[number, R]>>();
  const source = items[Symbol.iterator]();
  let started = 0;
  const begin = (): boolean => {
    const next = signal.aborted ? { done: true as const } : source.next();
    if (next.done) return false;
    const mine = started++;
    const result = work(next.value).then((value): [number, R] => [mine, value]);
    under.set(mine, result);
    return true;
  };
  try {
    for (;;) {
      while (under.size < abreast && begin());
      if (under.size === 0) return;
      const [which, result] = await Promise.race(under.values());
      under.delete(which);
      yield result;
    }
  } finally {
    await Promise.allSettled(under.values());
  }
}
