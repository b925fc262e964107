/**
 * Scans of files: `scan.ts make-photos FOLDER COUNT` makes 12-megapixel JPEGs, `scan.ts 256 FOLDER` and `scan.ts both
 * FOLDER` read them; `scan.ts tree FOLDER` looks again over 100,000 files that have not changed. One line of JSON.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { ScanProgress } from '../../src/domain/library.ts';
import type { ThumbnailSide } from '../../src/domain/look.ts';
import { lookAt, manyAtATime } from '../../src/imaging/library/look.ts';
import { openDatabase } from '../../src/services/db/open.ts';
import { Sidecars } from '../../src/services/db/sidecars.ts';
import { addFolder } from '../../src/services/photos/folders.ts';
import type { LookAt } from '../../src/services/photos/ports.ts';
import { scanFolders } from '../../src/services/photos/scan.ts';
import type { ScannedFolder } from '../../src/services/photos/scan.ts';
import { ThumbnailCache } from '../../src/services/photos/thumbnails.ts';

const PICTURES = 16;

/** Files of one content each: 16 different pictures, told apart by bytes after the end, which decoders pass over. */
async function makePhotos(folder: string, count: number): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const pictures = [];
  for (let n = 0; n < PICTURES; n++) pictures.push(await madeUpPhoto(n));
  for (let i = 0; i < count; i++) {
    const end = Buffer.alloc(8);
    end.writeUInt32BE(i);
    writeFileSync(
      join(folder, `IMG_${String(i).padStart(4, '0')}.jpg`),
      Buffer.concat([pictures[i % PICTURES]!, end]),
    );
  }
}

/** 4000 x 3000 of soft shapes and grain, about 4 MB, with EXIF. */
async function madeUpPhoto(seed: number): Promise<Buffer> {
  const [width, height] = [1600, 1200];
  const data = Buffer.alloc(3 * width * height);
  let state = seed + 1;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    data[i] = 120 + 80 * Math.sin(x / (40 + seed) + (i % 3)) * Math.cos(y / 70) + (state >>> 27) - 16;
  }
  return sharp(data, { raw: { width, height, channels: 3 } })
    .resize(4000, 3000, { kernel: 'cubic' })
    .withExif({ IFD0: { Make: 'Acme', Model: 'One' }, IFD2: { DateTimeOriginal: '1998:07:06 05:04:03' } })
    .jpeg({ quality: 90 })
    .toBuffer();
}

function makeTree(folder: string, count: number): void {
  for (let i = 0; i < count; i++) {
    const place = join(folder, String(Math.floor(i / 10_000)), String(Math.floor(i / 100) % 100));
    if (i % 100 === 0) mkdirSync(place, { recursive: true });
    writeFileSync(join(place, `IMG_${i}.jpg`), `photo ${i}`);
  }
}

/** Knows nothing of pictures, for where only files matter. */
const notLooking: LookAt = async () => ({
  ...{ size: null, format: null, orientation: 1, captured: null, digitized: null, camera: null, gps: null },
  ...{ dhash: null, thumbnails: new Map(), damage: null },
});

async function scan(dataFolder: string, root: string, look: LookAt, sides: readonly ThumbnailSide[]) {
  using opened = openDatabase(dataFolder);
  const { db } = opened;
  await addFolder(db, new Sidecars(dataFolder), root);
  const thumbnails = new ThumbnailCache(db, dataFolder, 1e12);
  const folders = db.query<ScannedFolder>(`SELECT id, path, drive FROM folders WHERE path = ?`).all(root);
  const [begin, used] = [performance.now(), process.cpuUsage()];
  const parts = { db, lookAt: look, thumbnails, abreast: availableParallelism() + 1, sides };
  let last: ScanProgress | undefined;
  let longestMs = 0;
  let before = begin;
  const timer = setInterval(() => {
    longestMs = Math.max(longestMs, performance.now() - before - 5);
    before = performance.now();
  }, 5);
  for await (const now of scanFolders(parts, folders, new AbortController().signal)) last = now;
  clearInterval(timer);
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(used);
  return {
    seconds,
    cpuSeconds: (user + system) / 1e6,
    added: last?.added,
    seen: last?.seen,
    troubled: last?.troubled,
    longestMs,
  };
}

const [what, folder = '', count = '200'] = process.argv.slice(2);
// as processes/library.ts: several pictures at a time, a thread each
manyAtATime();
const photos = join(folder, 'photos');
const tree = join(folder, 'tree');
let result: unknown;
if (what === 'make-photos') await makePhotos(photos, Number(count));
else if (what === 'tree') {
  makeTree(tree, 100_000);
  const first = await scan(join(folder, 'data-tree'), tree, notLooking, []);
  const again = [];
  for (let i = 0; i < 3; i++) again.push(await scan(join(folder, 'data-tree'), tree, notLooking, []));
  result = { first, again };
} else
  result = await scan(
    join(folder, `data-${what ?? ''}`),
    photos,
    lookAt,
    what === 'both' ? [256, 1024] : [256],
  );
console.log(JSON.stringify({ result, maxRssMB: process.resourceUsage().maxRSS / 1000 }));
