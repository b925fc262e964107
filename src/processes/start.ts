/**
 * Starts the library's process as a child of this one, for hosts under Node: the browser host, tests, the command line.
 * library.ts is the process; Electron's host starts the same entry as a utility process.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openChannels } from '../contract/transports/mux.ts';
import { childPort } from '../contract/transports/port.ts';
import type { Transport } from '../contract/transports/transport.ts';
import { libraryEnvironment, optionsText } from './options.ts';
import type { GivenOptions } from './options.ts';

export interface LibraryProcess {
  readonly child: ChildProcess;
  /** One more connection: `host` for the host itself, any other name for a window. */
  readonly open: (name: string) => Transport;
  /** Resolves when the process is gone, with how: `SIGKILL`, `exit code 1`. */
  readonly gone: Promise<string>;
  /** Asks it to put everything down and leave; after `wait` milliseconds (20,000) it is ended. */
  close(wait?: number): Promise<void>;
}

export function startLibrary(options: GivenOptions): LibraryProcess {
  const child = fork(fileURLToPath(new URL('./library.ts', import.meta.url)), [optionsText(options)], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [],
    env: libraryEnvironment(),
  });
  const gone = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code ?? 'unknown'}`));
  });
  const trunk = childPort(child);
  const open = openChannels(trunk);
  return {
    ...{ child, open, gone },
    async close(wait = 20_000) {
      trunk.close();
      const late = new AbortController();
      void setTimeout(wait, undefined, { signal: late.signal }).then(
        () => child.kill('SIGKILL'),
        () => undefined,
      );
      await gone;
      late.abort();
    },
  };
}
