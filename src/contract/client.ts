/**
 * The consuming side of one connection: a function for each call and stream of a contract. serve.ts is the other side;
 * everything that is thrown here is a UserError.
 */
import { UserError } from '../domain/errors.ts';
import { isAnswer } from './messages.ts';
import type { Answer, Question } from './messages.ts';
import { plain } from './plain.ts';
import type { CallOptions, Contract, ContractClient } from './rpc.ts';
import type { Transport } from './transports/transport.ts';

export interface Connection<C extends Contract> {
  /** `connection.client.photos.page({ ... }, { signal })`. */
  readonly client: ContractClient<C>;
  /** Everything still asked is rejected as `disconnected`, and stopped on the serving side. */
  readonly close: () => void;
  /** Resolves with the reason once the connection is closed, by whichever side. */
  readonly closed: Promise<string>;
}

/** What waits for the answers to one question. */
interface Waiting {
  answer(answer: Answer): void;
  fail(error: UserError): void;
}

const cancelled = () => new UserError('cancelled', 'It was cancelled.');
const disconnected = (why: string) =>
  new UserError(
    'disconnected',
    'The connection to Albumen was lost.',
    'Open the window or page again; what was finished is kept, and jobs go on where they were.',
    { data: { why } },
  );

/** Consumes `contract` from whoever serves it at the other end of `transport`. */
export function connect<C extends Contract>(contract: C, transport: Transport): Connection<C> {
  const pending = new Map<number, Waiting>();
  let last = 0;
  let lost: string | undefined;
  let tellClosed: (why: string) => void;
  const closed = new Promise<string>((resolve) => (tellClosed = resolve));

  transport.start({
    message: (message) => {
      if (isAnswer(message)) pending.get(message.id)?.answer(message);
    },
    closed: (why) => {
      lost = why;
      const all = [...pending.values()];
      pending.clear();
      for (const waiting of all) waiting.fail(disconnected(why));
      tellClosed(why);
    },
  });

  const tell = (question: Question): void => {
    if (lost === undefined) transport.send(question);
  };

  /** Asks; after `leave`, nothing is answered. Throws a UserError where it cannot be asked at all. */
  function ask(
    name: string,
    input: unknown,
    signal: AbortSignal | undefined,
    waiting: Waiting,
  ): { id: number; leave: () => void } {
    if (signal?.aborted) throw cancelled();
    if (lost !== undefined) throw disconnected(lost);
    const id = ++last;
    const forget = () => {
      pending.delete(id);
      signal?.removeEventListener('abort', abort);
    };
    const leave = () => {
      if (pending.has(id)) tell({ kind: 'cancel', id });
      forget();
    };
    const abort = () => {
      leave();
      waiting.fail(cancelled());
    };
    pending.set(id, {
      answer: (answer) => {
        if (answer.kind !== 'item') forget();
        waiting.answer(answer);
      },
      fail: (error) => {
        forget();
        waiting.fail(error);
      },
    });
    try {
      tell({ kind: 'call', id, name, input: plain(input) });
    } catch (error) {
      forget();
      throw new UserError('usage', `${name} cannot be asked with this input.`, undefined, { cause: error });
    }
    signal?.addEventListener('abort', abort, { once: true });
    return { id, leave };
  }

  const call = (name: string) => (input?: unknown, options?: CallOptions) =>
    new Promise<unknown>((resolve, reject) => {
      ask(name, input, options?.signal, {
        answer: (answer) => {
          if (answer.kind === 'result') resolve(answer.output);
          else if (answer.kind === 'error') reject(UserError.fromPlain(answer.error));
        },
        fail: reject,
      });
    });

  async function* items(name: string, input: unknown, options: CallOptions | undefined): AsyncGenerator {
    const inbox: unknown[] = [];
    let ended = false;
    let failure: UserError | undefined;
    let wake: () => void = () => undefined;
    const { id, leave } = ask(name, input, options?.signal, {
      answer: (answer) => {
        if (answer.kind === 'item') inbox.push(answer.item);
        else if (answer.kind === 'error') failure = UserError.fromPlain(answer.error);
        else ended = true;
        wake();
      },
      fail: (error) => {
        failure = error;
        // What is cancelled or lost is over at once, whatever is still in the inbox.
        inbox.length = 0;
        wake();
      },
    });
    try {
      for (;;) {
        while (inbox.length > 0) {
          yield inbox.shift();
          // Back for more: there is room for another.
          tell({ kind: 'ack', id });
        }

        if (failure) throw failure;
        // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- the same
        if (ended) return;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      leave();
    }
  }

  const client: Record<string, Record<string, unknown>> = {};
  for (const [sliceName, { definitions }] of Object.entries(contract)) {
    const part: Record<string, unknown> = {};
    for (const [key, { kind }] of Object.entries(definitions)) {
      const name = `${sliceName}.${key}`;
      part[key] =
        kind === 'call'
          ? call(name)
          : (input?: unknown, options?: CallOptions) => items(name, input, options);
    }
    client[sliceName] = part;
  }
  return { client: client as ContractClient<C>, close: () => transport.close(), closed };
}
