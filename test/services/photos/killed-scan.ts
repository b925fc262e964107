/**
 * A scan in a process of its own, for kill.test.ts to kill: `killed-scan.ts DATA_FOLDER`. Says `reading` with every
 * file it has read.
 */
import { openDatabase } from '../../../src/services/db/open.ts';
import { scanFolders } from '../../../src/services/photos/scan.ts';
import type { ScannedFolder } from '../../../src/services/photos/scan.ts';
import { ThumbnailCache } from '../../../src/services/photos/thumbnails.ts';

const [dataFolder = ''] = process.argv.slice(2);
const { db } = openDatabase(dataFolder);
const thumbnails = new ThumbnailCache(db, dataFolder, 1e9);
const folders = db.query<ScannedFolder>('SELECT id, path, drive FROM folders').all();
const parts = {
  ...{ db, thumbnails, abreast: 2, sides: [256] as const },
  lookAt: async (_name: string, input: Uint8Array | string) => {
    process.stdout.write('reading\n');
    await new Promise((resolve) => setTimeout(resolve, 2));
    const webp = Buffer.from(`thumbnail of ${Buffer.from(input).toString()}`);
    return {
      ...{ size: { width: 4, height: 3 }, format: 'jpeg', orientation: 1, captured: null, digitized: null },
      ...{ camera: null, gps: null, dhash: null, thumbnails: new Map([[256, webp]] as const), damage: null },
    };
  },
};
for await (const { stage } of scanFolders(parts, folders, new AbortController().signal))
  process.stdout.write(`${stage}\n`);
process.exit(0);
