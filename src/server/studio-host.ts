/**
 * The browser host without HTTP: the library's process, started again where it dies, one channel of it for each window,
 * and the host's own slice. server.ts carries windows and pictures; commands/serve.ts of the cli puts both together.
 */
import { setTimeout } from 'node:timers/promises';
import { connect } from '../contract/client.ts';
import type { Problem } from '../contract/failures.ts';
import type { host } from '../contract/host.ts';
import type { Recovery } from '../contract/hosts.ts';
import { relay } from '../contract/relay.ts';
import type { ContractClient, Handlers } from '../contract/rpc.ts';
import { serve } from '../contract/serve.ts';
import { forHosts, forWindows, studio } from '../contract/studio.ts';
import type { Transport } from '../contract/transports/transport.ts';
import { UserError } from '../domain/errors.ts';
import type { GivenOptions } from '../processes/options.ts';
import { startLibrary } from '../processes/start.ts';
import type { LibraryProcess } from '../processes/start.ts';
import { pictureTypes } from './files.ts';
import type { Picture, PictureAsked } from './files.ts';
import { HostPlaces } from './host-places.ts';

export interface StudioHostOptions {
  readonly library: GivenOptions;
  /** Hears, in a sentence, when the library's process was started again. */
  readonly note: (text: string) => void;
  readonly log: (problem: Problem) => void;
}

interface Running {
  readonly process: LibraryProcess;
  readonly client: ContractClient<typeof forHosts>;
}

/** A library that dies again and again is given more and more time. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;
const LONG_LIFE_MS = 60_000;

export class StudioHost {
  readonly #options: StudioHostOptions;
  readonly #places = new HostPlaces();
  #running: Running;
  #closed = false;
  #pause = FIRST_PAUSE_MS;

  constructor(options: StudioHostOptions) {
    this.#options = options;
    this.#running = this.#start();
  }

  /** Resolves when the library is open. Throws UserError, why it cannot be. */
  async ready(): Promise<void> {
    await this.#running.client.library.folders({});
  }

  /** What was done about a damaged database at the start, where `library.recover` says what to do. */
  recovery(): Promise<Recovery | null> {
    return this.#running.client.files.recovery({});
  }

  /** Serves a window until either side is gone; then it connects again. */
  connect(transport: Transport, client: string): void {
    const { log } = this.#options;
    const library = connect(forWindows, this.#running.process.open(client));
    const relayed = relay(forWindows, library.client);
    const handlers = {
      ...{ ...relayed, host: this.#own() },
      models: {
        ...relayed.models,
        add: async (input: {
          file: string;
          kind: 'prior' | 'face-detector' | 'face-recogniser';
          title: string;
        }) => {
          const { files } = this.#running.client;
          await files.offer({ id: input.file, path: this.#places.pathOf(input.file) });
          return library.client.models.add(input);
        },
      },
    };
    const served = serve(studio, handlers, transport, { client, log });
    void served.closed.then(() => library.close());
    void library.closed.then((why) => served.close(why));
  }

  /** Finds a picture by kind, id and side. */
  readonly picture = async ({ kind, id, variant, signal }: PictureAsked): Promise<Picture | undefined> => {
    const found = await this.#running.client.files.picture({ kind, id, side: variant ?? null }, { signal });
    const mime = pictureTypes.find((type) => type === found?.mime);
    return found && mime ? { path: found.file, mime, immutable: found.immutable } : undefined;
  };

  /** Everything is put down, and the processes are gone. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running.process.close();
  }

  #start(): Running {
    const process = startLibrary(this.#options.library);
    const since = Date.now();
    const { client } = connect(forHosts, process.open('host'));
    void process.gone.then((how) => this.#restart(how, Date.now() - since));
    return { process, client };
  }

  async #restart(how: string, lived: number): Promise<void> {
    if (this.#closed) return;
    this.#pause = lived > LONG_LIFE_MS ? FIRST_PAUSE_MS : Math.min(2 * this.#pause, LONGEST_PAUSE_MS);
    this.#options.note(`The library ended (${how}) and is started again; jobs go on where they were.`);
    await setTimeout(this.#pause);
    // closed meanwhile
    if (!this.#isClosed()) this.#running = this.#start();
  }

  #isClosed(): boolean {
    return this.#closed;
  }

  #own(): Handlers<typeof host> {
    const places = this.#places;
    return {
      about: () => ({ kind: 'browser', dialogs: false }),
      places: () => places.places(),
      children: ({ place, files }) => places.children(place, files),
      pickFolder: () => null,
      pickFile: () => null,
      addFolder: ({ place }) => this.#running.client.libraryHost.addFolder({ path: places.pathOf(place) }),
      addTarget: ({ place }) => this.#running.client.files.addTarget({ path: places.pathOf(place) }),
      reveal: () => {
        throw new UserError(
          'usage',
          'A browser cannot show files in the file manager.',
          'The details of the photo say where its file is.',
        );
      },
    };
  }
}
