/**
 * The serving side of one connection: checks each question against its schema, runs it within limits, cancels it when
 * nobody waits any longer, and turns every failure into one sentence. client.ts is the other side.
 */
import * as v from 'valibot';
import { invariant, UserError } from '../domain/errors.ts';
import { quoted } from '../domain/text.ts';
import { closing, explained, stopped, unusable } from './failures.ts';
import type { Problem } from './failures.ts';
import { ahead, Credit, pour, pourLatest } from './flow.ts';
import { Question } from './messages.ts';
import type { Answer } from './messages.ts';
import { plain } from './plain.ts';
import type { Context, Contract, ContractHandlers, Definition, Stream } from './rpc.ts';
import type { Transport } from './transports/transport.ts';

export interface Limits {
  /** Calls of one connection at work at a time. */
  readonly running: number;
  /** Calls waiting for their turn; the answer to more is `busy`. */
  readonly waiting: number;
  /** Streams open at a time; the answer to more is `busy`. */
  readonly streams: number;
}

export const defaultLimits: Limits = { running: 64, waiting: 2000, streams: 128 };

export interface ServeOptions {
  readonly log: (problem: Problem) => void;
  /** Names this connection to the handlers and in the log. */
  readonly client?: string;
  readonly limits?: Partial<Limits>;
  /** Checks what handlers answer against the schema too: in tests and development. */
  readonly checkOutputs?: boolean;
}

export interface Served {
  /** Takes no more questions, ends the streams, and resolves once the running calls are answered. Does not close. */
  readonly drain: () => Promise<void>;
  readonly close: (why?: string) => void;
  /** Resolves with the reason once the transport is closed; all that ran has been told to stop. */
  readonly closed: Promise<string>;
}

type Run = (input: unknown, context: Context) => unknown;
interface Entry {
  readonly definition: Definition;
  readonly run: Run;
}

interface Work {
  readonly abort: AbortController;
  readonly credit: Credit | undefined;
}

/** `photos.page` -> its definition and its handler; a Map, so that no name reaches a prototype. */
function entriesOf(contract: Contract, handlers: Readonly<Record<string, unknown>>): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const [sliceName, { definitions }] of Object.entries(contract)) {
    const service = handlers[sliceName];
    invariant(typeof service === 'object' && service !== null, `nobody serves ${sliceName}`);
    for (const [key, definition] of Object.entries(definitions)) {
      const handler: unknown = Reflect.get(service, key);
      invariant(typeof handler === 'function', `nobody serves ${sliceName}.${key}`);
      const run: Run = (input, context) => Reflect.apply(handler, service, [input, context]) as unknown;
      entries.set(`${sliceName}.${key}`, { definition, run });
    }
  }
  return entries;
}

/** Serves a contract to whoever is at the other end of `transport`, until it closes. */
export function serve<C extends Contract>(
  contract: C,
  handlers: ContractHandlers<C>,
  transport: Transport,
  options: ServeOptions,
): Served {
  const entries = entriesOf(contract, handlers);
  const limits = { ...defaultLimits, ...options.limits };
  const { client = 'client', log, checkOutputs = false } = options;
  const work = new Map<number, Work>();
  const waiting = new Map<number, () => void>();
  let running = 0;
  let streams = 0;
  let open = true;
  let draining = false;
  const drained: (() => void)[] = [];
  let tellClosed: (why: string) => void;
  const closed = new Promise<string>((resolve) => (tellClosed = resolve));

  const explain = (error: unknown, call: string, signal?: AbortSignal) =>
    explained(error, { call, client, log, signal });

  function send(answer: Answer): void {
    if (open) transport.send(plain(answer));
  }

  function fail(id: number, error: unknown, call: string, signal?: AbortSignal): void {
    const told = explain(error, call, signal);
    try {
      send({ kind: 'error', id, error: told });
    } catch (unsendable) {
      // The error's own data was not plain, or too large.
      send({ kind: 'error', id, error: explain(unsendable, call) });
    }
  }

  function checked(schema: v.GenericSchema, value: unknown): unknown {
    if (checkOutputs) v.parse(schema, value);
    return value;
  }

  async function answer(id: number, name: string, { definition, run }: Entry, input: unknown): Promise<void> {
    const abort = new AbortController();
    const { signal } = abort;
    const context = { signal, client };
    if (definition.kind === 'call') {
      work.set(id, { abort, credit: undefined });
      try {
        const output = checked(definition.output, await run(input, context));
        if (!signal.aborted) send({ kind: 'result', id, output });
      } catch (error) {
        fail(id, error, name, signal);
      }
    } else {
      const credit = new Credit(definition.latest ? 1 : ahead);
      work.set(id, { abort, credit });
      try {
        await answerItems(id, definition, run(input, context), credit, signal);
        signal.throwIfAborted();
        send({ kind: 'end', id });
      } catch (error) {
        fail(id, error, name, signal);
      }
    }
    work.delete(id);
  }

  async function answerItems(
    id: number,
    { item: schema, latest }: Stream,
    source: unknown,
    credit: Credit,
    signal: AbortSignal,
  ): Promise<void> {
    invariant(isAsyncIterable(source), 'a stream is served by an async iterable');
    const iterator = source[Symbol.asyncIterator]();
    let left: Promise<unknown> | undefined;
    const leave = () => {
      credit.close();
      // A generator that waits returns after what it waits for; its signal is how it hears at once.
      left = (async () => iterator.return?.())();
      left.catch(() => undefined); // It is awaited, and told of, below.
    };
    signal.addEventListener('abort', leave, { once: true });
    try {
      const pouring = latest ? pourLatest : pour;
      await pouring(iterator, credit, (item) => send({ kind: 'item', id, item: checked(schema, item) }));
      await left;
    } catch (error) {
      if (!signal.aborted) await iterator.return?.();
      throw error;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  function next(): void {
    while (running < limits.running) {
      const [first] = waiting;
      if (!first) break;
      waiting.delete(first[0]);
      first[1]();
    }
    if (draining && running === 0 && streams === 0) for (const tell of drained.splice(0)) tell();
  }

  function runCall(id: number, name: string, entry: Entry, input: unknown): void {
    running += 1;
    void answer(id, name, entry, input).finally(() => {
      running -= 1;
      next();
    });
  }

  function runStream(id: number, name: string, entry: Entry, input: unknown): void {
    streams += 1;
    void answer(id, name, entry, input).finally(() => {
      streams -= 1;
      next();
    });
  }

  function ask({ id, name, input }: Extract<Question, { kind: 'call' }>): void {
    const entry = entries.get(name);
    if (!entry) return fail(id, new UserError('usage', `There is no call named ${quoted(name)}.`), name);
    if (draining) return fail(id, closing(), name);
    const full =
      entry.definition.kind === 'stream'
        ? streams >= limits.streams
        : running >= limits.running && waiting.size >= limits.waiting;
    if (full)
      return fail(id, new UserError('busy', `Too much was asked at once.`, 'Try again in a moment.'), name);
    const parsed = v.safeParse(entry.definition.input, input ?? {});
    if (!parsed.success) return fail(id, unusable(name, parsed.issues[0]), name);
    if (entry.definition.kind === 'stream') runStream(id, name, entry, parsed.output);
    else if (running < limits.running) runCall(id, name, entry, parsed.output);
    else waiting.set(id, () => runCall(id, name, entry, parsed.output));
  }

  function stopAll(): void {
    waiting.clear();
    for (const { abort } of work.values()) abort.abort(stopped());
  }

  transport.start({
    message: (message) => {
      const question = v.safeParse(Question, message);
      if (!question.success) return transport.close('that is not a message of the contract');
      const { output } = question;
      if (output.kind === 'ack') work.get(output.id)?.credit?.give();
      else if (output.kind === 'cancel') {
        waiting.delete(output.id);
        work.get(output.id)?.abort.abort(stopped());
      } else if (work.has(output.id) || waiting.has(output.id)) {
        transport.close('a number was used twice');
      } else ask(output);
    },
    closed: (why) => {
      open = false;
      stopAll();
      tellClosed(why);
    },
  });

  return {
    drain: () => {
      draining = true;
      for (const { abort, credit } of work.values()) if (credit) abort.abort(closing());
      return new Promise((resolve) => {
        drained.push(resolve);
        next();
      });
    },
    close: (why) => transport.close(why),
    closed,
  };
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
