/**
 * Photos that look alike: perceptual hashes that differ in few of their 64 bits. All hashes are held in memory (12 bytes
 * each), and one comparison is two XORs and two bit counts, so a million take some milliseconds.
 */
import type { Database } from '../db/database.ts';

export interface Alike {
  readonly key: number;
  /** Bits that differ, 0..64. */
  readonly distance: number;
}

/** Hashes of pictures with nearly nothing in them (a blank page) say nothing: fewer bits than this, or all but so few. */
const SAYS_NOTHING = 4;

export class AlikeIndex {
  readonly #db: Database;
  #keys = new Float64Array(0);
  #high = new Uint32Array(0);
  #low = new Uint32Array(0);
  #count = 0;
  #stale = true;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Photos were added, changed or removed: read anew when next asked. */
  forget(): void {
    this.#stale = true;
  }

  /** Others within `within` bits of a photo's hash, nearest first. None where it has no hash, or one that says nothing. */
  near(key: number, hash: Uint8Array, within: number, limit: number): Alike[] {
    this.#refresh();
    const [high, low] = halves(hash);
    const set = bits(high) + bits(low);
    if (set < SAYS_NOTHING || set > 64 - SAYS_NOTHING) return [];
    const found: Alike[] = [];
    for (let i = 0; i < this.#count; i++) {
      const distance = bits(this.#high[i]! ^ high) + bits(this.#low[i]! ^ low);
      if (distance <= within && this.#keys[i] !== key) found.push({ key: this.#keys[i]!, distance });
    }
    return found.sort((a, b) => a.distance - b.distance || a.key - b.key).slice(0, limit);
  }

  /**
   * Groups of photos that are nearly certainly one picture in several files (recompressed, scaled): chains of hashes that
   * differ in at most 3 bits. By the pigeonhole principle two such hashes agree in one of four 16-bit parts.
   */
  groups(): number[][] {
    this.#refresh();
    const parent = Int32Array.from({ length: this.#count }, (_, i) => i);
    for (const [half, shift] of [
      [this.#high, 16],
      [this.#high, 0],
      [this.#low, 16],
      [this.#low, 0],
    ] as const)
      this.#join(parent, half, shift);
    const groups = new Map<number, number[]>();
    for (let i = 0; i < this.#count; i++) {
      const top = root(parent, i);
      const group = groups.get(top);
      if (group) group.push(this.#keys[i]!);
      else groups.set(top, [this.#keys[i]!]);
    }
    return [...groups.values()].filter((group) => group.length > 1).sort((a, b) => b.length - a.length);
  }

  /** Compares those that agree in 16 bits of `half`. */
  #join(parent: Int32Array, half: Uint32Array, shift: number): void {
    const buckets = new Map<number, number[]>();
    for (let i = 0; i < this.#count; i++) {
      const set = bits(this.#high[i]!) + bits(this.#low[i]!);
      if (set < SAYS_NOTHING || set > 64 - SAYS_NOTHING) continue;
      const part = (half[i]! >>> shift) & 0xffff;
      const bucket = buckets.get(part);
      if (bucket) bucket.push(i);
      else buckets.set(part, [i]);
    }
    for (const bucket of buckets.values())
      for (let a = 0; a < bucket.length; a++)
        for (let b = a + 1; b < bucket.length; b++) {
          const [i, k] = [bucket[a]!, bucket[b]!];
          const distance = bits(this.#high[i]! ^ this.#high[k]!) + bits(this.#low[i]! ^ this.#low[k]!);
          if (distance <= 3) parent[root(parent, i)] = root(parent, k);
        }
  }

  /** In 256 parts, each as two long texts: a row for each hash would take ten times as long. */
  #refresh(): void {
    if (!this.#stale) return;
    const count = this.#db.column<number>('SELECT count(*) FROM photos WHERE dhash IS NOT NULL').get() ?? 0;
    this.#keys = new Float64Array(count);
    this.#high = new Uint32Array(count);
    this.#low = new Uint32Array(count);
    this.#count = 0;
    const part = this.#db.query<{ keys: string | null; hashes: string | null }>(
      `SELECT group_concat(key, ',') AS keys, group_concat(hex(dhash), '') AS hashes
       FROM photos INDEXED BY photos_dhash WHERE dhash IS NOT NULL AND dhash >= ? AND dhash < ?`,
    );
    for (let first = 0; first < 256; first++) {
      // longer than any hash, so that the last part has an end too
      const end = first < 255 ? Buffer.of(first + 1) : Buffer.alloc(9, 0xff);
      const row = part.get(Buffer.of(first), end);
      if (!row?.keys || !row.hashes) continue;
      const hashes = Buffer.from(row.hashes, 'hex');
      row.keys.split(',').forEach((key, i) => {
        this.#keys[this.#count] = Number(key);
        this.#high[this.#count] = hashes.readUInt32BE(8 * i);
        this.#low[this.#count++] = hashes.readUInt32BE(8 * i + 4);
      });
    }
    this.#stale = false;
  }
}

function halves(hash: Uint8Array): [number, number] {
  const view = new DataView(hash.buffer, hash.byteOffset, 8);
  return [view.getUint32(0), view.getUint32(4)];
}

/** Bits set in a 32-bit number (Warren, Hacker's Delight, 5-1). */
function bits(x: number): number {
  x -= (x >>> 1) & 0x55555555;
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function root(parent: Int32Array, i: number): number {
  while (parent[i] !== i) {
    parent[i] = parent[parent[i]!]!;
    i = parent[i]!;
  }
  return i;
}
