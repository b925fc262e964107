/**
 * Photos that look alike: perceptual hashes that differ in few of their 64 bits. All hashes are held in memory (12 bytes
 * each), and one comparison is two XORs and two bit counts, so a million take some milliseconds.
 */
import type { Database } from '../db/database.ts';
import { bits, groupsOf } from './duplicates.ts';

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
  #grouping: Promise<readonly (readonly number[])[]> | undefined;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Photos were added, changed or removed: read anew when next asked. */
  forget(): void {
    this.#stale = true;
    this.#grouping = undefined;
  }

  /** Others within `within` bits of a photo's hash, nearest first. None where it has no hash, or one that says nothing. */
  near(key: number, hash: Uint8Array, within: number, limit: number): Alike[] {
    this.#refresh();
    const [high, low] = halves(hash);
    if (!saysSomething(high, low)) return [];
    const found: Alike[] = [];
    for (let i = 0; i < this.#count; i++) {
      const distance = bits(this.#high[i]! ^ high) + bits(this.#low[i]! ^ low);
      if (distance <= within && this.#keys[i] !== key) found.push({ key: this.#keys[i]!, distance });
    }
    return found.sort((a, b) => a.distance - b.distance || a.key - b.key).slice(0, limit);
  }

  /**
   * Groups of photos that are nearly certainly one picture in several files, largest first, by key; computed once, until
   * something is forgotten. At a million photos it takes a few seconds, in which others have their turn.
   */
  groups(): Promise<readonly (readonly number[])[]> {
    this.#refresh();
    this.#grouping ??= this.#group();
    return this.#grouping;
  }

  async #group(): Promise<readonly (readonly number[])[]> {
    const kept = new Uint32Array(this.#count);
    let count = 0;
    for (let i = 0; i < this.#count; i++) if (saysSomething(this.#high[i]!, this.#low[i]!)) kept[count++] = i;
    const saying = kept.subarray(0, count);
    const groups = await groupsOf(this.#db, {
      keys: Float64Array.from(saying, (i) => this.#keys[i]!),
      high: saying.map((i) => this.#high[i]!),
      low: saying.map((i) => this.#low[i]!),
    });
    return groups.sort((a, b) => b.length - a.length || a[0]! - b[0]!);
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
    // of removed folders, and backs: found in an index, where the other way round would read every row
    const hidden = new Set(this.#db.column<number>('SELECT key FROM photos WHERE shown = 0').all());
    for (let first = 0; first < 256; first++) {
      // longer than any hash, so that the last part has an end too
      const end = first < 255 ? Buffer.of(first + 1) : Buffer.alloc(9, 0xff);
      const row = part.get(Buffer.of(first), end);
      if (!row?.keys || !row.hashes) continue;
      const hashes = Buffer.from(row.hashes, 'hex');
      row.keys.split(',').forEach((key, i) => {
        if (hidden.has(Number(key))) return;
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

function saysSomething(high: number, low: number): boolean {
  const set = bits(high) + bits(low);
  return set >= SAYS_NOTHING && set <= 64 - SAYS_NOTHING;
}
