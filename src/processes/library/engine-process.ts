/**
 * The engine's process as the library sees it: started when it is needed, never two at once, started again when it has
 * died. engine.ts is the process itself; the workers beside this file use it.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setTimeout } from 'node:timers/promises';
import { connect } from '../../contract/client.ts';
import { forLibrary } from '../../contract/engine.ts';
import type { ContractClient } from '../../contract/rpc.ts';
import { childPort } from '../../contract/transports/port.ts';
import type { Transport } from '../../contract/transports/transport.ts';
import { UserError } from '../../domain/errors.ts';
import { WorkerDied } from '../../services/jobs/ports.ts';
import { withoutNames } from '../logs.ts';
import { optionsText } from '../options.ts';
import type { ProcessOptions } from '../options.ts';

export type EngineClient = ContractClient<typeof forLibrary>['engine'];

/** A started engine. */
export interface EngineLine {
  readonly transport: Transport;
  /** Ends it at once. */
  readonly kill: () => void;
  /** Resolves when the process is gone, with how: `SIGKILL`, `exit code 1`. */
  readonly gone: Promise<string>;
}

export type StartEngine = () => Promise<EngineLine>;

interface Running {
  readonly client: EngineClient;
  readonly line: EngineLine;
  readonly since: number;
  /** We ended it ourselves. */
  ended: boolean;
}

/** An engine that died sooner than this after its start is not started again at once. */
const SOON_MS = 3000;
const LONGEST_PAUSE_MS = 30_000;
/** An engine that is asked to leave has so long. */
const LEAVE_MS = 8000;

export class EngineProcess {
  readonly #start: StartEngine;
  readonly #log: (how: string) => void;
  #running: Promise<Running> | undefined;
  #failures = 0;
  #closed = false;

  /** `log` hears how an engine ended that nobody ended. */
  constructor(start: StartEngine, log: (how: string) => void) {
    this.#start = start;
    this.#log = log;
  }

  /** Throws what `work` throws, WorkerDied where the engine died meanwhile, `cancelled` where it was ended on purpose. */
  async use<T>(work: (engine: EngineClient) => Promise<T>): Promise<T> {
    const running = await this.#ensure();
    try {
      return await work(running.client);
    } catch (error) {
      if (!(error instanceof UserError && error.code === 'disconnected')) throw error;
      // its line may end before the process does
      running.line.kill();
      const how = await running.line.gone;
      if (running.ended) throw new UserError('cancelled', 'It was stopped.', undefined, { cause: error });
      throw new WorkerDied(how, { cause: error });
    }
  }

  /** Ends the engine at once; the next use starts another. */
  end(): void {
    void this.#running?.then((running) => {
      running.ended = true;
      running.line.kill();
    });
  }

  /** Asks the engine to leave, ends it where it does not, and starts no other. */
  async close(): Promise<void> {
    this.#closed = true;
    const running = await this.#running?.catch(() => undefined);
    if (!running) return;
    running.ended = true;
    running.line.transport.close('Albumen is closing');
    await Promise.race([running.line.gone, setTimeout(LEAVE_MS, undefined, { ref: false })]);
    running.line.kill();
    await running.line.gone;
  }

  #ensure(): Promise<Running> {
    if (this.#closed) throw new UserError('disconnected', 'Albumen is closing.');
    const running = this.#running ?? this.#launch();
    this.#running = running;
    return running;
  }

  async #launch(): Promise<Running> {
    const pause = this.#failures === 0 ? 0 : Math.min(LONGEST_PAUSE_MS, 500 * 2 ** this.#failures);
    try {
      if (pause > 0) await setTimeout(pause);
      const line = await this.#start();
      const { client } = connect(forLibrary, line.transport);
      const running = { client: client.engine, line, since: Date.now(), ended: false };
      void line.gone.then((how) => {
        this.#running = undefined;
        const soon = Date.now() - running.since < SOON_MS && !running.ended;
        this.#failures = soon ? this.#failures + 1 : 0;
        if (!running.ended) this.#log(how);
      });
      return running;
    } catch (error) {
      this.#running = undefined;
      this.#failures++;
      throw error;
    }
  }
}

/** The end of what it wrote to stderr is worth keeping. */
const MOST_STDERR = 2000;

/** Starts the engine as a child process of Node. `died` hears what it said last. */
export function forkEngine(options: ProcessOptions, died: (text: string) => void): StartEngine {
  return () => {
    const child = fork(fileURLToPath(new URL('../engine.ts', import.meta.url)), [optionsText(options)], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [],
    });
    let said = '';
    child.stderr
      ?.setEncoding('utf8')
      .on('data', (text: string) => (said = (said + text).slice(-MOST_STDERR)));
    const gone = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(withoutNames(error.message)));
      child.once('exit', (code, signal) => {
        if (code !== 0 && said !== '') died(said);
        resolve(signal ?? `exit code ${code ?? 'unknown'}`);
      });
    });
    return Promise.resolve({ transport: childPort(child), kill: () => child.kill('SIGKILL'), gone });
  };
}

/** An engine that the host starts (Electron): it opens a channel called `engine`, and another when that one is gone. */
export class GivenEngine {
  #next = Promise.withResolvers<Transport>();

  /** The host has opened a channel to a fresh engine. */
  give(channel: Transport): void {
    this.#next.resolve(channel);
  }

  readonly start: StartEngine = async () => {
    const channel = await this.#next.promise;
    this.#next = Promise.withResolvers<Transport>();
    const { promise: gone, resolve } = Promise.withResolvers<string>();
    const transport: Transport = {
      ...{ send: (message) => channel.send(message), close: (why) => channel.close(why) },
      start: (receiver) =>
        channel.start({
          message: (message) => receiver.message(message),
          closed: (why) => {
            receiver.closed(why);
            resolve(why);
          },
        }),
    };
    // the host ends the process of a channel that is closed
    return { transport, kill: () => channel.close('ended'), gone };
  };
}
