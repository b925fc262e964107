/**
 * What the database knows of a folder's files, held in memory while the folder is walked: about 130 bytes a photo.
 * scan.ts asks it about each file that is found.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import type { Database } from '../db/database.ts';
import type { FoundFile } from './walk.ts';

interface KnownRow {
  readonly key: number;
  readonly path: string;
  readonly size: number;
  readonly mtime: number;
  readonly state: string;
}

/** Rows read at once: a few milliseconds, then others have their turn. */
const CHUNK = 10_000;

export class KnownFiles {
  readonly #index = new Map<string, number>();
  /** By index: key, size, mtime. */
  #numbers = new Float64Array(3 * 1024);
  /** By index: whether the file is there by the database, and whether it was found now. */
  #present = new Uint8Array(1024);
  #found = new Uint8Array(1024);

  static async of(db: Database, folder: string): Promise<KnownFiles> {
    const known = new KnownFiles();
    const next = db.query<KnownRow>(
      `SELECT key, path, size, mtime, state FROM photos WHERE folder = ? AND path > ? ORDER BY path LIMIT ${CHUNK}`,
    );
    for (let after = '', rows = next.all(folder, after); rows.length > 0; rows = next.all(folder, after)) {
      for (const row of rows) known.#add(row);
      after = rows.at(-1)?.path ?? after;
      await breathe();
    }
    return known;
  }

  get count(): number {
    return this.#index.size;
  }

  get found(): number {
    let found = 0;
    for (let i = 0; i < this.#index.size; i++) found += this.#found[i]!;
    return found;
  }

  /** Marks a file as found, and says what that means. */
  see({
    path,
    size,
    mtime,
  }: FoundFile): { kind: 'new' } | { kind: 'same' | 'returned' | 'changed'; key: number; size: number } {
    const i = this.#index.get(path);
    if (i === undefined) return { kind: 'new' };
    this.#found[i] = 1;
    const [key, oldSize, oldTime] = [
      this.#numbers[3 * i]!,
      this.#numbers[3 * i + 1]!,
      this.#numbers[3 * i + 2]!,
    ];
    if (oldSize !== size || oldTime !== mtime) return { kind: 'changed', key, size: oldSize };
    return { kind: this.#present[i] === 1 ? 'same' : 'returned', key, size: oldSize };
  }

  /** Keys of files that should be there and were not found, except below folders of which nothing is known. */
  gone(unreadable: readonly string[]): number[] {
    const keys: number[] = [];
    for (const [path, i] of this.#index) {
      if (this.#found[i] === 1 || this.#present[i] === 0) continue;
      if (!unreadable.some((folder) => folder === '' || path.startsWith(`${folder}/`)))
        keys.push(this.#numbers[3 * i]!);
    }
    return keys;
  }

  #add({ key, path, size, mtime, state }: KnownRow): void {
    const i = this.#index.size;
    if (i === this.#present.length) {
      this.#numbers = grown(this.#numbers, new Float64Array(6 * i));
      this.#present = grown(this.#present, new Uint8Array(2 * i));
      this.#found = grown(this.#found, new Uint8Array(2 * i));
    }
    this.#index.set(path, i);
    this.#numbers.set([key, size, mtime], 3 * i);
    this.#present[i] = Number(state === 'present');
  }
}

function grown<T extends Float64Array | Uint8Array>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}
