/**
 * The studio put together: the database, every service, the workers of every kind of job, and the engine they ask. What
 * it answers is served by ../library.ts; each part is a file of its own.
 */
import { mkdir, open } from 'node:fs/promises';
import { arch, availableParallelism, platform, release } from 'node:os';
import { join } from 'node:path';
import { Broadcast, changesOf, mergeChanges } from '../../contract/events.ts';
import type { Changes } from '../../contract/events.ts';
import type { HostsHandlers, WindowsHandlers } from '../../contract/studio.ts';
import { UserError } from '../../domain/errors.ts';
import { placeFace } from '../../faces/place.ts';
import { lookAt, manyAtATime } from '../../imaging/library/look.ts';
import { AlbumsService } from '../../services/albums/albums.service.ts';
import { Sidecars } from '../../services/db/sidecars.ts';
import { sweepTemporaries } from '../../services/db/write.ts';
import { addTarget, exportsService } from '../../services/exports/exports.service.ts';
import { ExportWorker } from '../../services/exports/write.ts';
import { History } from '../../services/history/history.service.ts';
import type { Tell } from '../../services/history/history.service.ts';
import { Keeper } from '../../services/history/keeper.ts';
import { JobsService } from '../../services/jobs/jobs.service.ts';
import { Speeds } from '../../services/jobs/speeds.ts';
import { PeopleService } from '../../services/people/people.service.ts';
import { AlikeIndex } from '../../services/photos/alike.ts';
import { LibraryService } from '../../services/photos/library.service.ts';
import { photosService } from '../../services/photos/photos.service.ts';
import { ThumbnailCache } from '../../services/photos/thumbnails.ts';
import { RenditionsService } from '../../services/renditions/renditions.service.ts';
import { SettingsService } from '../../services/settings/settings.service.ts';
import type { DeviceReport } from '../../services/settings/settings.service.ts';
import { logFile } from '../logs.ts';
import type { Log } from '../logs.ts';
import type { ProcessOptions } from '../options.ts';
import { appVersion } from '../version.ts';
import { EngineProcess } from './engine-process.ts';
import type { StartEngine } from './engine-process.ts';
import { writePicture } from './exporting.ts';
import { albumWorker, finetunePlan, finetuneWorker } from './learning.ts';
import { facesWorker } from './looking.ts';
import { Masks } from './masks.ts';
import { Offers, modelsService } from './models.ts';
import { PictureFinder } from './pictures.ts';
import { backUpDaily, beginRecovery, goOnRecovering, isRecovering, openOrRecover } from './recovery.ts';
import { restoreWorker } from './restoring.ts';
import { scanWorker } from './scanning.ts';
import { Setups } from './setup.ts';
import { sweepWork } from './work.ts';
import type { WorkParts } from './work.ts';

export interface Studio {
  readonly windows: WindowsHandlers;
  readonly hosts: HostsHandlers;
  /** Puts down what is at work, so that it can be gone on from, and closes the database in order. */
  close(): Promise<void>;
}

/** Thumbnails that a scan makes: of the grid. Larger ones are made when they are looked at. */
const SCAN_SIDES = [256] as const;
const MOST_LOG = 100_000;

/** This process must be the only one on its data folder (lock.ts). Throws UserError as openDatabase does. */
export async function openStudio(
  options: ProcessOptions,
  log: Log,
  startEngine: StartEngine,
): Promise<Studio> {
  const { data: dataFolder, resources, patience, steps, recover } = options;
  await mkdir(dataFolder, { recursive: true });
  const { opened, recovery } = openOrRecover(dataFolder, recover, {
    slow: (sql, ms) => log.logger.warn({ sql: sql.slice(0, 200), ms: Math.round(ms) }, 'a slow query'),
  });
  const { db } = opened;
  if (recovery) log.logger.warn(recovery, 'the database was damaged');
  manyAtATime();
  const changes = new Broadcast<Changes>(mergeChanges);
  const tell: Tell = (topic, ids) => changes.publish({ changed: [{ topic, ids: ids && [...ids] }] });
  const failed = (error: unknown): void => void log.failure(error, 'in the background');

  const sidecars = new Sidecars(dataFolder, failed);
  const keeper = new Keeper({ db, sidecars, failed });
  const history: History = new History({
    ...{ db, tell },
    touched: (rows) => {
      people.touched(rows);
      keeper.keepTouched(rows);
    },
  });
  const engine = new EngineProcess(startEngine, (how) => log.logger.error({ how }, 'the engine ended'));
  let device: DeviceReport = null;
  const settings: SettingsService = new SettingsService({
    ...{ db, tell },
    ports: {
      ...{
        version: appVersion(),
        platform: `${platform()} ${arch()} ${release()}`,
        cores: availableParallelism(),
      },
      device: () => device,
      cache: {
        bytes: () => thumbnails.bytes + pictures.bytes,
        empty: async () => {
          await thumbnails.clear();
          await pictures.clear();
        },
      },
      logs: () => Promise.all((['library', 'engine'] as const).map((name) => tailOf(dataFolder, name))),
      versions: { node: process.versions.node, v8: process.versions.v8 },
      changed: ({ cacheBytes }) => {
        thumbnails.setMaxBytes(cacheBytes).catch(failed);
        void askDevice();
      },
    },
  });
  /** Where it computes, for the page that says so. */
  async function askDevice(): Promise<void> {
    const { device: wanted, threads } = settings.current();
    try {
      const report = await engine.use((client) => client.device({ device: wanted, threads }));
      device = { chosen: report.chosen, threads: report.threads, trials: report.trials };
      tell('settings', null);
    } catch (error) {
      if (!(error instanceof UserError)) failed(error);
    }
  }

  const folders = { bundled: join(resources, 'models'), added: join(dataFolder, 'models') };
  const setups = new Setups(folders, () => settings.current());
  const thumbnails = new ThumbnailCache(db, dataFolder, settings.current().cacheBytes);
  const alike = new AlikeIndex(db);
  const library = new LibraryService({
    ...{ db, sidecars, thumbnails, alike, lookAt, changed: tell, failed },
    // one more than cores: while one is being written down, they have something to do
    ...{ abreast: availableParallelism() + 1, sides: SCAN_SIDES },
  });
  const common = { db, dataFolder, history, keeper, tell };
  const people = new PeopleService({
    ...{ ...common, failed },
    landmarksOf: ({ leftEye, rightEye, mouth }, photo) => [
      ...placeFace({ eyes: [leftEye, rightEye], mouth }, photo),
    ],
  });
  const albums = new AlbumsService({ ...common, sidecars });
  const renditions = new RenditionsService({ ...common, sidecars });
  const pictures = new PictureFinder({
    ...{ db, dataFolder, library, renditions },
    // beside the thumbnails
    maxBytes: () => settings.current().cacheBytes / 4,
  });
  const speeds = new Speeds(db);
  const masks = new Masks({ db, dataFolder, engine, sidecars });
  const jobs = new JobsService({
    ...{ db, speeds, patience, changed: tell },
    log: (error, what) => log.failure(error, what),
    planOf: (choice) => finetunePlan(setups.model, choice),
    keepMask: (photo, png) => masks.keep(photo, png),
  });
  const offers = new Offers();
  const work: WorkParts = { db, dataFolder, engine, setups, speeds, people, albums, renditions, steps };
  const stopScan = (): void => void library.handlers.stopScan({}, nobody);

  const windows: WindowsHandlers = {
    events: { changes: ({ topics }, { signal }) => changesOf(changes.subscribe(signal), topics) },
    library: {
      ...library.handlers,
      scan: (input, { signal }) => {
        jobs.scan(input.folders, 'Library');
        return library.scan(input.folders, signal);
      },
    },
    photos: photosService({ db, alike, sidecars, changed: tell, remember: history.remember }),
    people: {
      ...people.handlers,
      delete: async (input, context) => {
        // a finetune at work would bring something of the person back
        await jobs.endOf(input.person);
        return people.handlers.delete(input, context);
      },
    },
    albums: albums.handlers,
    jobs: jobs.handlers,
    renditions: renditions.handlers,
    damage: masks.handlers,
    exports: exportsService({ db, jobs, changed: tell }),
    models: modelsService({ folders, engine, tell, offered: offers.find }),
    history: history.handlers,
    settings: {
      ...settings.handlers,
      about: (input, context) => {
        if (device === null) void askDevice();
        return settings.handlers.about(input, context);
      },
    },
  };
  const watch = (): void => {
    if (options.watch) library.watch().catch(failed);
  };
  const hosts: HostsHandlers = {
    ...windows,
    libraryHost: {
      ...library.hostHandlers,
      addFolder: async (input, context) => {
        const folder = await library.hostHandlers.addFolder(input, context);
        watch();
        return folder;
      },
    },
    files: {
      picture: async ({ kind, id, side }) => (await pictures.find(kind, id, side)) ?? null,
      addTarget: async ({ path }) => {
        const target = await addTarget(db, path);
        tell('exports', null);
        return target;
      },
      recovery: () => recovery,
      offer: ({ id, path }) => {
        offers.offer(id, path);
        return undefined;
      },
    },
  };

  // nothing runs yet: what killed processes left behind is nobody's
  await sweep();
  if (isRecovering(db)) await beginRecovery(db, sidecars);
  await jobs.start({
    scan: scanWorker(library, stopScan, () => goOnRecovering(db, sidecars, tell)),
    faces: facesWorker(work),
    restore: restoreWorker(work),
    finetune: finetuneWorker(work),
    album: albumWorker(work),
    export: new ExportWorker({ db, dataFolder, write: writePicture, changed: tell }),
  });
  if (isRecovering(db)) jobs.scan(undefined, 'Library');
  watch();
  const backups = backUpDaily(db, dataFolder, failed);
  log.logger.info('the library is open');

  async function sweep(): Promise<void> {
    await sweepWork(db, dataFolder);
    for (const place of ['renditions', 'adapters', 'masks', 'sidecars', 'cache'])
      await sweepTemporaries(join(dataFolder, place), 0);
    await albums.sweep();
    await renditions.sweep();
    await masks.sweep();
    await thumbnails.sweep();
    await pictures.tidy();
    await renditions.emptyBin();
    await keeper.writeMissing();
  }

  return {
    windows,
    hosts,
    async close() {
      await jobs.close();
      await library.close();
      await engine.close();
      await people.close();
      await keeper.flush();
      await sidecars.settled();
      await backups.stop();
      changes.end();
      db.pragma('wal_checkpoint(TRUNCATE)');
      opened.close();
    },
  };
}

const nobody = { signal: new AbortController().signal, client: 'library' };

async function tailOf(dataFolder: string, name: 'library' | 'engine') {
  const path = logFile(dataFolder, name);
  const file = await open(path).catch(() => undefined);
  if (!file) return { process: name, tail: '' };
  try {
    const { size } = await file.stat();
    const length = Math.min(size, MOST_LOG);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return { process: name, tail: buffer.subarray(0, bytesRead).toString('utf8') };
  } finally {
    await file.close();
  }
}
