/**
 * The window's connection to the studio: one client for all pages, taken up again when it breaks, and what changed told
 * to whoever shows it. App.svelte puts one into the context; pages take it out with useStudio().
 */
import { createContext } from 'svelte';
import type { Topic } from '../../contract/events.ts';
import { connect } from '../../contract/client.ts';
import type { Connection } from '../../contract/client.ts';
import { studio as contract } from '../../contract/studio.ts';
import type { StudioClient } from '../../contract/studio.ts';
import type { Transport } from '../../contract/transports/transport.ts';

/** Told what changed: ids, or null for anything of the topic. */
export type Listener = (ids: readonly string[] | null) => void;

const FIRST_WAIT = 250;
const LONGEST_WAIT = 5000;

export class Studio {
  status = $state<'connecting' | 'open' | 'lost'>('connecting');
  #connection: Connection<typeof contract>;
  readonly #open: () => Promise<Transport>;
  readonly #listeners = new Map<Topic, Set<Listener>>();
  #wait = FIRST_WAIT;

  private constructor(open: () => Promise<Transport>, first: Transport) {
    this.#open = open;
    this.#connection = connect(contract, first);
  }

  /** Connects; `open` is asked again whenever the connection was lost. */
  static async start(open: () => Promise<Transport>): Promise<Studio> {
    const studio = new Studio(open, await open());
    studio.#follow();
    return studio;
  }

  get client(): StudioClient {
    return this.#connection.client;
  }

  /** Calls `listener` when something of the topic changes, and after a lost connection; returns the way out. */
  on(topic: Topic, listener: Listener): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set<Listener>();
    this.#listeners.set(topic, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  #follow(): void {
    void this.#connection.closed.then(() => this.#again());
    void this.#listen().catch(() => undefined);
  }

  async #listen(): Promise<void> {
    const changes = this.client.events.changes({});
    for await (const { changed } of changes) {
      this.status = 'open';
      for (const { topic, ids } of changed) this.#tell(topic, ids);
    }
  }

  #tell(topic: Topic, ids: readonly string[] | null): void {
    for (const listener of this.#listeners.get(topic) ?? []) listener(ids);
  }

  async #again(): Promise<void> {
    this.status = 'lost';
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, this.#wait));
      this.#wait = Math.min(LONGEST_WAIT, 2 * this.#wait);
      try {
        this.#connection = connect(contract, await this.#open());
        // one answer shows that somebody is there
        await this.client.settings.get({});
        break;
      } catch {
        continue;
      }
    }
    this.#wait = FIRST_WAIT;
    this.status = 'open';
    this.#follow();
    for (const topic of this.#listeners.keys()) this.#tell(topic, null);
  }
}

export const [useStudio, provideStudio] = createContext<Studio>();
