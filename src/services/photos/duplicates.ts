/**
 * Groups of photos that are one picture in several files: the same bytes, or hashes that differ in at most 3 of 64 bits
 * (recompressed, scaled), in chains. alike.ts has the hashes, photos.service.ts answers the call.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import type { Database } from '../db/database.ts';

/** Hashes of all photos; `high` and `low` are their halves, in order of the hash. */
export interface Hashes {
  readonly keys: Float64Array;
  readonly high: Uint32Array;
  readonly low: Uint32Array;
}

const NEAR = 3;
/** A bucket with more is parted once more: half a sky in every second photo makes large ones. */
const LARGE = 64;
/** Comparisons between which others have their turn. */
const SLICE = 100_000;

/**
 * Groups of two and more keys, in no order. By the pigeonhole principle hashes that differ in at most 3 bits agree in one
 * of four 16-bit parts, and of the other 48 bits in one of four 12-bit parts.
 */
export async function groupsOf(db: Database, hashes: Hashes): Promise<number[][]> {
  const { keys, high, low } = hashes;
  const groups = new Groups(keys.length);
  // equal hashes are beside each other: one of them stands for all
  const all = new Uint32Array(keys.length);
  let count = 0;
  for (let i = 0; i < keys.length; i++) {
    if (i > 0 && high[i] === high[i - 1] && low[i] === low[i - 1]) groups.join(i, i - 1);
    else all[count++] = i;
  }
  const standing = all.subarray(0, count);
  const comparing = new Comparing(groups, hashes);
  for (let part = 0; part < 4; part++) {
    await breathe();
    for (const bucket of bucketsOf(standing, 1 << 16, (i) => sixteen(high[i]!, low[i]!, part))) {
      if (bucket.length <= LARGE) await comparing.all(bucket);
      else
        for (let rest = 0; rest < 4; rest++)
          for (const smaller of bucketsOf(bucket, 1 << 12, (i) => twelve(high[i]!, low[i]!, part, rest)))
            await comparing.all(smaller);
    }
  }
  return withCopies(db, keys, groups);
}

/** Files of the same content, also where it has no hash, or one that says nothing. */
async function withCopies(db: Database, keys: Float64Array, groups: Groups): Promise<number[][]> {
  const found = new Map<number, number[]>();
  const grouped = new Set<number>();
  for (let i = 0; i < keys.length; i++) {
    const top = groups.top(i);
    if (groups.single(i)) continue;
    grouped.add(keys[i]!);
    const group = found.get(top);
    if (group) group.push(keys[i]!);
    else found.set(top, [keys[i]!]);
  }
  await breathe();
  const members = db.column<number>('SELECT key FROM photos WHERE hash = ? AND shown = 1 ORDER BY key');
  const contents = db.column<Uint8Array>('SELECT hash FROM photos GROUP BY hash HAVING count(*) > 1').all();
  const apart: number[][] = [];
  for (const [i, hash] of contents.entries()) {
    const same = members.all(hash);
    if (same.length > 1 && same.every((key) => !grouped.has(key))) apart.push(same);
    if (i % 1000 === 999) await breathe();
  }
  return [...found.values(), ...apart];
}

class Comparing {
  readonly #groups: Groups;
  readonly #hashes: Hashes;
  #compared = 0;

  constructor(groups: Groups, hashes: Hashes) {
    this.#groups = groups;
    this.#hashes = hashes;
  }

  /** Each with each. */
  async all(bucket: Uint32Array): Promise<void> {
    const { high, low } = this.#hashes;
    for (let a = 0; a < bucket.length; a++) {
      const i = bucket[a]!;
      for (let b = a + 1; b < bucket.length; b++) {
        const k = bucket[b]!;
        if (bits(high[i]! ^ high[k]!) + bits(low[i]! ^ low[k]!) <= NEAR) this.#groups.join(i, k);
      }
      this.#compared += bucket.length - a;
      if (this.#compared < SLICE) continue;
      this.#compared = 0;
      await breathe();
    }
  }
}

/** Union-find over indexes (Tarjan 1975), with path halving. */
class Groups {
  readonly #parent: Int32Array;
  readonly #size: Int32Array;

  constructor(count: number) {
    this.#parent = Int32Array.from({ length: count }, (_, i) => i);
    this.#size = new Int32Array(count).fill(1);
  }

  top(i: number): number {
    const parent = this.#parent;
    while (parent[i] !== i) {
      parent[i] = parent[parent[i]!]!;
      i = parent[i]!;
    }
    return i;
  }

  join(i: number, k: number): void {
    let [a, b] = [this.top(i), this.top(k)];
    if (a === b) return;
    if (this.#size[a]! < this.#size[b]!) [a, b] = [b, a];
    this.#parent[b] = a;
    this.#size[a]! += this.#size[b]!;
  }

  single(i: number): boolean {
    return this.#size[this.top(i)] === 1;
  }
}

/** Those of two and more, `part` being below `parts`: a counting sort, as a million arrays would fill the memory. */
function* bucketsOf(
  indexes: Uint32Array,
  parts: number,
  partOf: (i: number) => number,
): Generator<Uint32Array> {
  const ends = new Uint32Array(parts + 1);
  for (const i of indexes) ends[partOf(i) + 1]!++;
  for (let part = 0; part < parts; part++) ends[part + 1]! += ends[part]!;
  const starts = ends.slice(0, parts);
  const next = starts.slice();
  const sorted = new Uint32Array(indexes.length);
  for (const i of indexes) sorted[next[partOf(i)]!++] = i;
  for (let part = 0; part < parts; part++)
    if (ends[part + 1]! - starts[part]! > 1) yield sorted.subarray(starts[part], ends[part + 1]);
}

/** Part 0 to 3 of 64 bits. */
function sixteen(high: number, low: number, part: number): number {
  return ((part < 2 ? high : low) >>> (part % 2 === 0 ? 16 : 0)) & 0xffff;
}

/** Part 0 to 3 of the 48 bits that are left without a 16-bit part. */
function twelve(high: number, low: number, without: number, part: number): number {
  const a = sixteen(high, low, without === 0 ? 1 : 0);
  const b = sixteen(high, low, without < 2 ? 2 : 1);
  const c = sixteen(high, low, without === 3 ? 2 : 3);
  if (part === 0) return a >>> 4;
  if (part === 1) return ((a & 0xf) << 8) | (b >>> 8);
  return part === 2 ? ((b & 0xff) << 4) | (c >>> 12) : c & 0xfff;
}

/** Bits set in a 32-bit number (Warren, Hacker's Delight, 5-1). */
export function bits(x: number): number {
  x -= (x >>> 1) & 0x55555555;
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
