/**
 * Answers the calls on models: what is installed and what could be, downloads, a file of the user's. services/models
 * does the work; the engine's process opens what is untrusted.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Broadcast } from '../../contract/events.ts';
import type { models } from '../../contract/models.ts';
import type { Handlers } from '../../contract/rpc.ts';
import type { CatalogEntry } from '../../domain/catalog.ts';
import { UserError } from '../../domain/errors.ts';
import type { Tell } from '../../services/history/history.service.ts';
import { addModel, idFrom, refuseTaken, slug } from '../../services/models/add.ts';
import { entryToDownload, readCatalog } from '../../services/models/catalog.ts';
import { bytesBegun, downloadModel } from '../../services/models/download.ts';
import { modelsAtHand } from '../../services/models/installed.ts';
import type { ModelFolders } from '../../services/models/installed.ts';
import { removeModel } from '../../services/models/remove.ts';
import { speedometer } from '../../services/models/speed.ts';
import type { EngineProcess } from './engine-process.ts';

export interface ModelsParts {
  readonly folders: ModelFolders;
  readonly engine: EngineProcess;
  readonly tell: Tell;
  /** A file the host has opened, by its id. */
  readonly offered: (id: string) => string | undefined;
}

interface Progress {
  readonly done: number;
  readonly of: number | null;
  readonly bytesPerSecond: number | null;
}

export function modelsService(parts: ModelsParts): Handlers<typeof models> {
  const { folders, engine, tell, offered } = parts;
  const check = (kind: CatalogEntry['kind']) => async (weights: string, config: string) => {
    await engine.use((client) => client.check({ kind, path: weights, config }));
  };
  return {
    list: async () => ({ installed: await installed(folders), available: await available(folders) }),
    async *download({ model, acceptLicence }, { signal }) {
      const entry = entryToDownload(readCatalog(folders.bundled), model);
      const news = new Broadcast<Progress>();
      const meter = speedometer();
      const work = downloadModel(entry, folders, {
        ...{ signal, licenceAccepted: acceptLicence, check: check(entry.kind) },
        onBytes: (done, of) =>
          news.publish({
            done,
            of: of === undefined ? null : Math.max(done, Math.round(of)),
            bytesPerSecond: Math.round(meter(done)),
          }),
      }).finally(() => news.end());
      // heard below, after the last news
      work.catch(() => undefined);
      yield* news.subscribe(signal);
      await work;
      tell('models', [model]);
    },
    add: async ({ file, kind, title }, { signal }) => {
      const path = offered(file);
      if (path === undefined)
        throw new UserError('missing', 'This file is not open any more.', 'Choose it again.');
      const id = idFrom(slug(title) === '' ? 'model' : title);
      refuseTaken(id, false, folders);
      const { config, weights } = await engine.use((client) => client.check({ kind, path, config: null }));
      await addModel(
        path,
        {
          id,
          kind,
          title,
          licence: 'not stated',
          weights,
          config: JSON.parse(config) as Record<string, unknown>,
        },
        folders,
        {
          ...{ signal, overwrite: false },
          check: async (copied) => {
            await engine.use((client) =>
              client.check({ kind, path: copied, config: join(copied, '../model.json') }),
            );
          },
        },
      );
      tell('models', [id]);
      return undefined;
    },
    remove: async ({ model }) => {
      await removeModel(folders, model);
      tell('models', [model]);
      return undefined;
    },
  };
}

async function installed(folders: ModelFolders) {
  const { models, broken } = modelsAtHand(folders);
  const usable = models.map(async ({ id, kind, title, licence, origin, path }) => {
    const seen = await stat(path).catch(() => undefined);
    const problem = seen ? null : 'Its weights are not there.';
    return {
      id: id.slice(0, 60),
      kind,
      title: title.slice(0, 1000),
      licence: licence.slice(0, 1000),
      origin,
      bytes: seen?.size ?? 0,
      problem,
    };
  });
  const others = broken.map(({ id, origin, error }) => ({
    ...{ id: id.slice(0, 60), kind: 'prior' as const, title: id.slice(0, 1000), licence: 'not stated' },
    ...{ origin, bytes: 0, problem: error.message.slice(0, 2000) },
  }));
  return [...(await Promise.all(usable)), ...others];
}

/** What the catalog has and is not installed. */
async function available(folders: ModelFolders) {
  const here = new Set(modelsAtHand(folders).models.map(({ id }) => id));
  const entries = readCatalog(folders.bundled).filter(
    (entry) => !('bundled' in entry) && !here.has(entry.id),
  );
  return Promise.all(
    entries.map(async (entry) => {
      const { id, kind, title, purpose, licence } = entry;
      const download = 'download' in entry ? entry.download : undefined;
      return {
        ...{ id, kind, title, purpose, licence },
        bytes: download?.bytes ?? download?.aboutBytes ?? null,
        verified: download?.sha256 !== undefined,
        fromFile: 'fromFile' in entry ? entry.fromFile : null,
        resumable: 'download' in entry ? await bytesBegun(entry, folders) : 0,
      };
    }),
  );
}

/** Files the host has opened for a window, by the id it was given; the oldest are forgotten. */
export class Offers {
  readonly #paths = new Map<string, string>();

  offer(id: string, path: string): void {
    this.#paths.delete(id);
    this.#paths.set(id, path);
    const [oldest] = this.#paths.keys();
    if (this.#paths.size > MOST_OFFERS && oldest !== undefined) this.#paths.delete(oldest);
  }

  readonly find = (id: string): string | undefined => this.#paths.get(id);
}

const MOST_OFFERS = 100;
