/**
 * Plain data: the values that every transport carries alike, so that a call that works in a test works through a socket.
 * client.ts makes inputs plain, serve.ts outputs; transports/frames.ts writes them as bytes.
 */

/** Deeper than any schema of the contract, far below where recursion hurts. */
const maxDepth = 64;

/**
 * A copy of `value` with JSON values (NaN and infinities too), Uint8Arrays (not copied) and without what is undefined.
 * Proxies (Svelte's $state) become what they stand for. Throws `internal: ...` for anything else, cycles included.
 */
export function plain(value: unknown, depth = 0): unknown {
  if (value === null || value === undefined) return value;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value !== 'object') throw new Error(`internal: a ${typeof value} is not plain data`);
  if (value instanceof Uint8Array) return value;
  if (depth === maxDepth) throw new Error(`internal: data nested deeper than ${maxDepth}`);
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  // Object.prototype of any realm, or none.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw new Error(`internal: an object of a class (${value.constructor.name}) is not plain data`);
  }
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, plain(item, depth + 1)]));
}
