/**
 * What a measuring process tells about itself: times of a piece of work run again and again, and its peak memory.
 * child.ts and growth-child.ts are those processes.
 */
import { readFileSync } from 'node:fs';

/** Peak resident memory of this process in MB (Linux; 0 elsewhere). */
export function peakMegabytes(): number {
  try {
    const line = /VmHWM:\s*(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'));
    return Number(line?.[1] ?? 0) / 1024;
  } catch {
    // no /proc on this system
    return 0;
  }
}

/** Milliseconds of each run, after one that is not counted. */
export async function time(runs: number, run: () => Promise<unknown>): Promise<number[]> {
  await run();
  const times: number[] = [];
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  return times;
}

/** What a run returns, its events passed over. */
export async function last<T, R>(run: AsyncGenerator<T, R>): Promise<R> {
  for (;;) {
    const next = await run.next();
    if (next.done) return next.value;
  }
}
