/**
 * The thumbnail cache: bounded, and sound after a kill at any moment. Look-alikes, by comparing with every other.
 */
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AlikeIndex } from '../../../src/services/photos/alike.ts';
import { ThumbnailCache } from '../../../src/services/photos/thumbnails.ts';
import { addPhotoRow, openLibrary } from './helpers.ts';

const hash = (n: number): Buffer => Buffer.alloc(32, n);
const hour = 3_600_000;

describe('the thumbnail cache', () => {
  it('gives back what was put, and nothing that was damaged or deleted', async () => {
    const { thumbnails } = await openLibrary();
    const path = await thumbnails.put(hash(1), 256, Buffer.from('one'));
    expect(await thumbnails.find(hash(1), 256)).toBe(path);
    expect(await thumbnails.find(hash(1), 1024)).toBeUndefined();
    expect(readFileSync(path, 'utf8')).toBe('one');
    truncateSync(path, 1);
    expect(await thumbnails.find(hash(1), 256)).toBeUndefined();
    rmSync(await thumbnails.put(hash(1), 256, Buffer.from('one')));
    expect(await thumbnails.find(hash(1), 256)).toBeUndefined();
    expect(thumbnails.bytes).toBe(0);
  });

  it('stays below its bound and keeps what was used last', async () => {
    const { db, dataFolder } = await openLibrary();
    const cache = new ThumbnailCache(db, dataFolder, 10_000);
    for (let n = 0; n < 10; n++) await cache.put(hash(n), 256, Buffer.alloc(1000), n);
    await cache.find(hash(0), 256, 2 * hour);
    await cache.put(hash(10), 256, Buffer.alloc(1000), 2 * hour);
    expect(cache.bytes).toBe(9000);
    const left = Array.from({ length: 11 }, (_, n) => n).filter((n) => cache.has(hash(n), 256));
    expect(left).toEqual([0, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(filesBelow(dataFolder)).toHaveLength(9);
    expect(new ThumbnailCache(db, dataFolder, 1).bytes).toBe(9000);
    await cache.setMaxBytes(3000);
    expect(cache.bytes).toBeLessThanOrEqual(3000);
    await cache.put(hash(1), 256, Buffer.alloc(700));
    await cache.clear();
    expect([cache.bytes, filesBelow(dataFolder)]).toEqual([0, []]);
  });

  it('sweeps what a killed process left', async () => {
    const { dataFolder, thumbnails } = await openLibrary();
    const kept = await thumbnails.put(hash(1), 256, Buffer.from('kept'));
    const folder = join(dataFolder, 'cache/thumbnails/02');
    mkdirSync(folder, { recursive: true });
    const orphan = join(folder, `${hash(2).toString('hex')}-256.webp`);
    const temporary = join(folder, '.albumen-01234567-89ab-cdef-0123-456789abcdef.tmp');
    const fresh = join(folder, `${hash(3).toString('hex')}-256.webp`);
    for (const path of [orphan, temporary, fresh]) writeFileSync(path, 'x');
    for (const path of [orphan, temporary, kept]) utimesSync(path, 1, 1);
    await thumbnails.sweep();
    expect([kept, orphan, temporary, fresh].map((path) => existsSync(path))).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });
});

describe('look-alikes', () => {
  /** 64 bits with some of them set. */
  const bitsSet = (...places: number[]): Buffer => {
    const bits = Buffer.alloc(8);
    for (const place of places) bits[place >> 3]! |= 1 << (place & 7);
    return bits;
  };
  const base = [0, 3, 9, 17, 25, 33, 41, 49, 57, 63];

  it('are found by how many bits differ, nearest first', async () => {
    const { db } = await openLibrary();
    const hashes = [
      bitsSet(...base),
      bitsSet(...base),
      bitsSet(...base, 1, 2),
      bitsSet(...base.slice(1)),
      bitsSet(1, 2, 4, 5, 6, 7, 8),
    ];
    const keys = hashes.map((dhash) => {
      const id = addPhotoRow(db, { dhash });
      return db.column<number>('SELECT key FROM photos WHERE id = ?').get(id) ?? 0;
    });
    const index = new AlikeIndex(db);
    const near = index.near(keys[0] ?? 0, bitsSet(...base), 4, 10);
    expect(near.map(({ key, distance }) => [keys.indexOf(key), distance])).toEqual([
      [1, 0],
      [3, 1],
      [2, 2],
    ]);
    expect(index.near(keys[0] ?? 0, bitsSet(...base), 4, 1)).toHaveLength(1);
    expect((await index.groups()).map((group) => group.map((key) => keys.indexOf(key)).sort())).toEqual([
      [0, 1, 2, 3],
    ]);
    addPhotoRow(db, { dhash: Buffer.alloc(8, 0xff) });
    addPhotoRow(db, { dhash: Buffer.alloc(8, 0xff) });
    index.forget();
    expect(index.near(-1, Buffer.alloc(8, 0xff), 16, 10)).toEqual([]);
    expect(await index.groups()).toHaveLength(1);
  });

  it('are grouped in large buckets too, with copies that have no hash, without those that are not shown', async () => {
    const { db } = await openLibrary();
    let state = 7;
    const next = (below: number): number => (state = (state * 48271) % 2147483647) % below;
    // 300 that share 16 bits, far apart otherwise; each fifth has a twin three bits away
    const hashes = Array.from({ length: 300 }, () => {
      const hash = Buffer.from(Array.from({ length: 8 }, () => next(256)));
      hash.writeUInt16BE(0x0ff0, 4);
      return hash;
    });
    const twin = (hash: Buffer): Buffer => {
      const near = Buffer.from(hash);
      for (const byte of [0, 2, 7]) near[byte]! ^= 1 << next(8);
      return near;
    };
    const ids = db.transaction(() =>
      hashes.flatMap((dhash, i) =>
        (i % 5 === 0 ? [dhash, twin(dhash)] : [dhash]).map((hash) => addPhotoRow(db, { dhash: hash })),
      ),
    );
    const content = Buffer.alloc(32, 9);
    const copies = [1, 2].map(() => addPhotoRow(db, { hash: content }));
    const groups = await new AlikeIndex(db).groups();
    expect(groups).toHaveLength(61);
    expect(groups.every(({ length }) => length === 2)).toBe(true);
    const keyOf = (id: string) => db.column<number>('SELECT key FROM photos WHERE id = ?').get(id);
    expect(groups).toContainEqual(copies.map(keyOf));
    db.run(`UPDATE photos SET state = 'removed' WHERE id IN (?, ?)`, ids[0] ?? '', copies[0] ?? '');
    expect(await new AlikeIndex(db).groups()).toHaveLength(59);
  });

  it('are all those that are near, in groups too', async () => {
    const { db } = await openLibrary();
    let state = 1;
    const next = (below: number): number => (state = (state * 48271) % 2147483647) % below;
    const hashes = Array.from({ length: 400 }, () => bitsSet(...base, next(64), next(64), next(64)));
    db.transaction(() => {
      for (const dhash of hashes) addPhotoRow(db, { dhash });
    });
    const differing = (a: Buffer, b: Buffer): number =>
      [...a].reduce((sum, byte, i) => sum + (byte ^ b[i]!).toString(2).replaceAll('0', '').length, 0);
    const index = new AlikeIndex(db);
    const [probe = Buffer.alloc(8)] = hashes;
    expect(index.near(-1, probe, 3, 1000)).toHaveLength(
      hashes.filter((other) => differing(other, probe) <= 3).length,
    );
    // groups by brute force: everything reachable in steps of at most 3 bits
    const group = new Set([0]);
    for (const i of group) hashes.forEach((other, k) => differing(other, hashes[i]!) <= 3 && group.add(k));
    expect((await index.groups()).some((found) => found.length === group.size && found.includes(1))).toBe(
      true,
    );
  });
});

function filesBelow(dataFolder: string): string[] {
  const names = readdirSync(join(dataFolder, 'cache'), { recursive: true }) as string[];
  return names.filter((name) => name.endsWith('.webp'));
}
