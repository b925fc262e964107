/**
 * The library's process and the engine's, started by main and joined to each other and to the windows: utility processes
 * cannot start one another. Each is started again when it dies; index.ts owns the broker, host.ts answers what is main's own.
 */
import { connect } from '../contract/client.ts';
import type { Connection } from '../contract/client.ts';
import type { Problem } from '../contract/failures.ts';
import { relay } from '../contract/relay.ts';
import type { ContractHandlers } from '../contract/rpc.ts';
import { serve } from '../contract/serve.ts';
import { forHosts, forWindows, studio } from '../contract/studio.ts';
import { openChannels } from '../contract/transports/mux.ts';
import { pipe } from '../contract/transports/transport.ts';
import type { Transport } from '../contract/transports/transport.ts';
import type { Way } from '../processes/library/recovery.ts';
import { utilityTransport } from './utility.ts';
import type { Utility } from './utility.ts';

export type Entry = 'library' | 'engine';
export type HostHandlers = ContractHandlers<typeof studio>['host'];
export type HostClient = Connection<typeof forHosts>['client'];

export interface BrokerOptions {
  /** Starts one of the two entries; a library with what to do where its database is damaged. */
  readonly fork: (entry: Entry, recover: Way | null) => Utility;
  readonly log: (what: Problem | { readonly ended: Entry; readonly why: string }) => void;
  /** Runs `work` after so many milliseconds. */
  readonly later: (work: () => void, ms: number) => void;
  /** Milliseconds since any moment. */
  readonly now: () => number;
  /** A fresh library is there: what was asked of the one before is lost. */
  readonly started?: () => void;
}

/** Who died sooner than this after its start is not started again at once. */
const SOON_MS = 5000;
const SHORTEST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** How long to wait before a process is started again: longer each time it died at once. */
export class Patience {
  #failures = 0;

  /** `livedMs`: how long it lived. */
  after(livedMs: number): number {
    this.#failures = livedMs < SOON_MS ? this.#failures + 1 : 0;
    return this.#failures === 0
      ? 0
      : Math.min(LONGEST_PAUSE_MS, SHORTEST_PAUSE_MS * 2 ** (this.#failures - 1));
  }
}

interface Library {
  readonly open: (name: string) => Transport;
  readonly host: Connection<typeof forHosts>;
  readonly trunk: Transport;
  gone: boolean;
}

export class Broker {
  readonly #options: BrokerOptions;
  readonly #patience = { library: new Patience(), engine: new Patience() };
  #library: Library;
  #engine: Transport | undefined;
  /** For the next library alone. */
  #recover: Way | null = null;
  #closed = false;

  constructor(options: BrokerOptions) {
    this.#options = options;
    this.#library = this.#startLibrary();
  }

  /** What main itself asks of the library's process that lives now. */
  get client(): HostClient {
    return this.#library.host.client;
  }

  /** Serves the studio to a window: its own slice from here, the rest from the library's process. */
  serveWindow(window: Transport, client: string, host: HostHandlers): void {
    const library = connect(forWindows, this.#library.open(client));
    const log = (problem: Problem): void => this.#options.log(problem);
    const served = serve(studio, { ...relay(forWindows, library.client), host }, window, { client, log });
    void served.closed.then(() => library.close());
    // The window connects again, to the library that lives then.
    void library.closed.then((why) => served.close(why));
  }

  /** Ends the library, and starts it again with what to do about its damaged database. */
  recover(way: Way): void {
    this.#recover = way;
    // its engine goes with it, and is not started again for it
    this.#library.gone = true;
    this.#library.trunk.close('the database is recovered');
  }

  /** Ends both; windows are told. */
  close(): void {
    this.#closed = true;
    this.#library.trunk.close('Albumen is closing');
    this.#engine?.close('Albumen is closing');
  }

  #startLibrary(): Library {
    const { fork, now, started } = this.#options;
    const child = fork('library', this.#recover);
    this.#recover = null;
    // Heard before the channels end, and with them its engine.
    child.on('exit', () => (library.gone = true));
    const trunk = utilityTransport(child);
    const since = now();
    const open = openChannels(trunk, (why) => {
      this.#again('library', now() - since, why, () => (this.#library = this.#startLibrary()));
    });
    const host = connect(forHosts, open('host'));
    const library: Library = { open, host, trunk, gone: false };
    this.#startEngine(library);
    started?.();
    return library;
  }

  /** One engine at a time, on a channel of the library's; where either end goes, the other goes too. */
  #startEngine(library: Library): void {
    const { fork, now } = this.#options;
    const since = now();
    const engine = utilityTransport(fork('engine', null));
    this.#engine = engine;
    const watched: Transport = {
      send: (message) => engine.send(message),
      close: (why) => engine.close(why),
      start: (receiver) =>
        engine.start({
          message: (message) => receiver.message(message),
          closed: (why) => {
            receiver.closed(why);
            if (library.gone) return;
            this.#again('engine', now() - since, why, () => {
              if (!library.gone) this.#startEngine(library);
            });
          },
        }),
    };
    pipe(library.open('engine'), watched);
  }

  #again(entry: Entry, lived: number, why: string, start: () => void): void {
    if (this.#closed) return;
    this.#options.log({ ended: entry, why });
    this.#options.later(() => {
      if (!this.#closed) start();
    }, this.#patience[entry].after(lived));
  }
}
