/**
 * Utility processes in memory for tests of the main process: what main sees, and the line as the process sees it.
 * broker.test.ts and index.test.ts start them.
 */
import { EventEmitter } from 'node:events';
import { changesOf, Broadcast, mergeChanges } from '../../src/contract/events.ts';
import type { Changes } from '../../src/contract/events.ts';
import type { Recovery } from '../../src/contract/hosts.ts';
import { serve } from '../../src/contract/serve.ts';
import { forHosts, forWindows } from '../../src/contract/studio.ts';
import type { HostsHandlers } from '../../src/contract/studio.ts';
import { acceptChannels } from '../../src/contract/transports/mux.ts';
import { Inlet } from '../../src/contract/transports/transport.ts';
import type { Transport } from '../../src/contract/transports/transport.ts';
import { UserError } from '../../src/domain/errors.ts';
import { fakeStudio } from '../window/fake/studio.ts';

export class FakeUtility extends EventEmitter {
  /** The line as the process has it. */
  readonly line: Transport;
  readonly #inlet = new Inlet();
  killed = false;

  constructor() {
    super();
    this.line = {
      start: (receiver) => this.#inlet.start(receiver),
      send: (message) => queueMicrotask(() => this.emit('message', message)),
      close: () => undefined,
    };
  }

  postMessage(message: unknown): void {
    queueMicrotask(() => this.#inlet.deliver(structuredClone(message)));
  }

  kill(): boolean {
    this.killed = true;
    this.exit(0);
    return true;
  }

  /** The process ends, whoever ended it. */
  exit(code: number): void {
    this.#inlet.close('gone');
    this.emit('exit', code);
  }
}

export interface FakeLibrary {
  readonly utility: FakeUtility;
  readonly folders: string[];
  readonly offered: Map<string, string>;
  /** Names of the channels that main has opened. */
  readonly channels: string[];
  /** The engines it was given, as it sees them. */
  readonly engines: Transport[];
}

/** A library's process that answers as the fake studio does; `file`: what every picture is; `recovery`: what was done. */
export function fakeLibrary(file = '/nowhere.png', recovery: Recovery | null = null): FakeLibrary {
  const utility = new FakeUtility();
  const { handlers } = fakeStudio(12);
  const changes = new Broadcast<Changes>(mergeChanges);
  const folders: string[] = [];
  const offered = new Map<string, string>();
  const channels: string[] = [];
  const engines: Transport[] = [];
  const folder = {
    id: 'folder-1',
    title: 'x',
    place: 'x',
    state: 'present',
    photos: 0,
    scannedAt: null,
  } as const;
  const hosts: HostsHandlers = {
    ...handlers,
    events: { changes: ({ topics }, { signal }) => changesOf(changes.subscribe(signal), topics) },
    libraryHost: {
      addFolder: ({ path }) => {
        folders.push(path);
        return folder;
      },
      relocateFolder: () => folder,
      thumbnail: () => ({ file }),
      original: ({ photo }) => (photo === 'gone' ? null : { file, mime: 'image/png' }),
    },
    files: {
      picture: ({ id }) => (id === 'none' ? null : { file, mime: 'image/png', immutable: true }),
      addTarget: ({ path }) => ({ id: 'target-1', title: path }),
      recovery: () => recovery,
      offer: ({ id, path }) => {
        if (offered.has(id)) throw new UserError('conflict', 'It was offered before.');
        offered.set(id, path);
        return undefined;
      },
    },
  };
  const log = (problem: unknown): never => {
    throw new Error('a handler failed', { cause: problem });
  };
  acceptChannels(utility.line, (channel, name) => {
    channels.push(name);
    if (name === 'engine') engines.push(channel);
    else if (name === 'host') serve(forHosts, hosts, channel, { client: name, log });
    else serve(forWindows, hosts, channel, { client: name, log });
  });
  return { utility, folders, offered, channels, engines };
}
