/**
 * Answers the calls on settings and on the program itself. The contract is contract/settings.ts; what only processes know
 * (the device, the logs, the cache) comes through ports, and redact.ts keeps names and paths out of diagnostics.
 */
import * as v from 'valibot';
import type { settings } from '../../contract/settings.ts';
import type { Tell } from '../history/history.service.ts';
import type { Handlers } from '../../contract/rpc.ts';
import { DEFAULT_SETTINGS, Settings } from '../../domain/settings.ts';
import type { Database } from '../db/database.ts';
import { redacted, secretsOf } from './redact.ts';

export type DeviceReport = v.InferOutput<(typeof settings)['definitions']['about']['output']>['device'];

export interface SettingsPorts {
  readonly version: string;
  /** Operating system and processor: linux x64 6.1. */
  readonly platform: string;
  readonly cores: number;
  /** Where models run, as the engine last said. */
  readonly device: () => DeviceReport;
  readonly cache: { readonly bytes: () => number; readonly empty: () => Promise<void> };
  /** The ends of the logs, one text a process. */
  readonly logs: () => Promise<readonly { readonly process: string; readonly tail: string }[]>;
  /** Versions of what it is built on, by name. */
  readonly versions: Readonly<Record<string, string>>;
  /** Hears of every new setting: the cache, the engine and the window follow. */
  readonly changed?: (now: Settings) => void;
}

export interface SettingsParts {
  readonly db: Database;
  readonly tell: Tell;
  readonly ports: SettingsPorts;
}

type Name = keyof Settings;
const NAMES = Object.keys(DEFAULT_SETTINGS) as Name[];
const MOST_TEXT = 2_000_000;
const MOST_LOG = 200_000;

export class SettingsService {
  readonly #parts: SettingsParts;

  readonly handlers: Handlers<typeof settings>;

  constructor(parts: SettingsParts) {
    this.#parts = parts;
    const { ports } = parts;
    this.handlers = {
      get: () => this.current(),
      set: (wanted) => this.#set(wanted),
      about: () => ({
        version: ports.version,
        platform: ports.platform,
        cores: ports.cores,
        device: ports.device(),
        cache: { bytes: ports.cache.bytes(), limit: this.current().cacheBytes },
      }),
      emptyCache: async () => {
        await ports.cache.empty();
        return undefined;
      },
      diagnostics: () => this.#diagnostics(),
    };
  }

  /** As they are set; what is missing or damaged is as it was before anybody set it. */
  current(): Settings {
    const rows = this.#parts.db
      .query<{ name: string; value: string }>('SELECT name, value FROM settings')
      .all();
    const said = new Map(rows.map(({ name, value }) => [name, value]));
    const entries = NAMES.map((name) => [name, valueOf(name, said.get(name))]);
    return v.parse(Settings, Object.fromEntries(entries));
  }

  #set(wanted: { readonly [K in Name]?: Settings[K] | undefined }): Settings {
    const { db, tell, ports } = this.#parts;
    const given = NAMES.filter((name) => wanted[name] !== undefined);
    db.transaction(() => {
      for (const name of given)
        db.run(
          'INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
          name,
          JSON.stringify(wanted[name]),
        );
    });
    const now = this.current();
    if (given.length > 0) {
      ports.changed?.(now);
      tell('settings', null);
    }
    return now;
  }

  async #diagnostics(): Promise<string> {
    const { db, ports } = this.#parts;
    const secrets = secretsOf(db);
    const { version, platform, cores, versions } = ports;
    const counts = db
      .query<Record<string, number>>(
        `SELECT (SELECT count(*) FROM folders) AS folders, (SELECT count(*) FROM photos) AS photos,
                (SELECT count(*) FROM faces) AS faces, (SELECT count(*) FROM people) AS people,
                (SELECT count(*) FROM adapters) AS adapters, (SELECT count(*) FROM renditions) AS renditions,
                (SELECT count(*) FROM jobs) AS jobs`,
      )
      .get();
    const facts = {
      version,
      platform,
      cores,
      versions,
      device: ports.device(),
      counts,
      settings: this.current(),
    };
    const logs = (await ports.logs()).map(
      ({ process, tail }) => `--- ${process} ---\n${redacted(tail.slice(-MOST_LOG), secrets)}`,
    );
    const text = [JSON.stringify(facts, null, 1), ...logs].join('\n');
    return text.slice(0, MOST_TEXT);
  }
}

function valueOf(name: Name, json: string | undefined): unknown {
  if (json === undefined) return DEFAULT_SETTINGS[name];
  try {
    const parsed = v.safeParse(Settings.entries[name], JSON.parse(json));
    return parsed.success ? parsed.output : DEFAULT_SETTINGS[name];
  } catch {
    return DEFAULT_SETTINGS[name]; // no JSON at all: the same as nothing said
  }
}
