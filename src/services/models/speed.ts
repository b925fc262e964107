/**
 * How fast a download is, for whoever shows it.
 * download.ts tells how far it is.
 */

const WINDOW_MS = 5000;
const SAMPLE_MS = 100;

/** Bytes a second over the last seconds, from the bytes so far. */
export function speedometer(now: () => number = () => performance.now()): (bytes: number) => number {
  const seen: { readonly at: number; readonly bytes: number }[] = [];
  return (bytes) => {
    const at = now();
    const last = seen.at(-1);
    if (last === undefined || at - last.at >= SAMPLE_MS) seen.push({ at, bytes });
    while (seen.length > 2 && at - (seen[0]?.at ?? at) > WINDOW_MS) seen.shift();
    const [first] = seen;
    return first === undefined || at <= first.at
      ? 0
      : Math.max(0, (1000 * (bytes - first.bytes)) / (at - first.at));
  };
}
