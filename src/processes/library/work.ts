/**
 * What the workers of all kinds of jobs share: their parts, a folder for each job, and an order that is followed to its
 * end or stopped between its steps.
 */
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { LearnNews, RestoreNews } from '../../contract/engine.ts';
import { invariant } from '../../domain/errors.ts';
import type { AlbumsService } from '../../services/albums/albums.service.ts';
import type { Database } from '../../services/db/database.ts';
import type { JobRow } from '../../services/jobs/rows.ts';
import type { Working } from '../../services/jobs/ports.ts';
import type { Speeds } from '../../services/jobs/speeds.ts';
import type { PeopleService } from '../../services/people/people.service.ts';
import type { RenditionsService } from '../../services/renditions/renditions.service.ts';
import type { EngineClient, EngineProcess } from './engine-process.ts';
import type { Setups } from './setup.ts';

export interface WorkParts {
  readonly db: Database;
  readonly dataFolder: string;
  readonly engine: EngineProcess;
  readonly setups: Setups;
  readonly speeds: Speeds;
  readonly people: PeopleService;
  readonly albums: AlbumsService;
  readonly renditions: RenditionsService;
  /** Steps of every finetune, instead of its recipe's. */
  readonly steps: number | null;
}

/** Where a job keeps what it is in the middle of. */
export const workFolder = (dataFolder: string, job: string): string => join(dataFolder, 'work', job);

export async function freshFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
}

/** At the start: folders of jobs that will not be gone on with. */
export async function sweepWork(db: Database, dataFolder: string): Promise<void> {
  for (const job of await readdir(join(dataFolder, 'work')).catch(() => [])) {
    const state = db.column<string>('SELECT state FROM jobs WHERE id = ? AND cleared = 0').get(job);
    if (state === undefined || state === 'done')
      await rm(workFolder(dataFolder, job), { recursive: true, force: true });
  }
}

/** Puts a whole file in its place below the data folder. */
export async function moveInto(dataFolder: string, from: string, file: string): Promise<void> {
  const to = join(dataFolder, file);
  await mkdir(dirname(to), { recursive: true });
  await rename(from, to);
}

type News = RestoreNews | LearnNews;
type Done<N extends News> = Extract<N, { kind: 'done' }>;

/**
 * Follows an order: progress and previews go to the job, the rest to `hear`; resolves with how it ended. When the job is
 * told to stop, the engine is, and this throws once it has.
 */
export async function follow<N extends News>(
  { engine }: WorkParts,
  { job, signal, progress, preview }: Working,
  ask: (client: EngineClient) => AsyncIterable<N>,
  hear: (news: N) => void = () => undefined,
): Promise<Done<N>> {
  return engine.use(async (client) => {
    signal.throwIfAborted();
    const stop = (): void => {
      // where the engine is gone, so is the order
      client.stop({ order: job.id }).catch(() => undefined);
    };
    signal.addEventListener('abort', stop, { once: true });
    try {
      let done: Done<N> | undefined;
      for await (const news of ask(client)) {
        if (news.kind === 'progress') {
          const { stage, done: at, of, etaSeconds } = news;
          progress({ stage, done: at, of, etaSeconds });
        } else if (news.kind === 'preview') {
          const { step, of, face, corners, image } = news;
          preview({ step, of, face, corners, image, mime: 'image/webp' });
        } else if (news.kind === 'done') done = news as Done<N>;
        else hear(news);
      }
      invariant(done, 'an order ends with what came of it');
      return done;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  });
}

/** Removes what a job that goes for good was in the middle of. */
export async function dropWork(dataFolder: string, { id }: JobRow): Promise<void> {
  await rm(workFolder(dataFolder, id), { recursive: true, force: true });
}
