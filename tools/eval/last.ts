/**
 * What a run of the engine returns, its events shown to whom it concerns. constrain.ts and restore-batch.ts run the
 * engine's generators with it.
 */

export async function last<E, R>(run: AsyncGenerator<E, R>, see?: (event: E) => void): Promise<R> {
  for (;;) {
    const next = await run.next();
    if (next.done) return next.value;
    see?.(next.value);
  }
}
