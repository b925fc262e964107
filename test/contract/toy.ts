/**
 * A slice for the contract tests, its service and what the service saw. contract.test.ts runs it over every transport.
 */
import * as v from 'valibot';
import { UserError } from '../../src/domain/errors.ts';
import { connect } from '../../src/contract/client.ts';
import type { Connection } from '../../src/contract/client.ts';
import type { Problem } from '../../src/contract/failures.ts';
import {
  bytes,
  call,
  contract,
  list,
  name,
  nothing,
  number,
  slice,
  stream,
  text,
  whole,
} from '../../src/contract/rpc.ts';
import type { Handlers } from '../../src/contract/rpc.ts';
import { serve } from '../../src/contract/serve.ts';
import type { Limits, Served } from '../../src/contract/serve.ts';
import type { Transport } from '../../src/contract/transports/transport.ts';

const empty = v.strictObject({});

export const toySlice = slice('toy', {
  add: call({ input: v.strictObject({ a: number(-1e9, 1e9), b: number(-1e9, 1e9) }), output: v.number() }),
  greet: call({
    input: v.strictObject({ name: name(20), polite: v.optional(v.boolean(), true) }),
    output: v.string(),
  }),
  nest: call({
    input: v.strictObject({
      kind: v.picklist(['leaf', 'branch']),
      tags: v.optional(list(text(10), 3)),
      inner: v.optional(v.strictObject({ at: whole(0, 10), note: v.nullable(text(10)) })),
    }),
    output: v.string(),
  }),
  fail: call({
    input: v.strictObject({ how: v.picklist(['user', 'bug', 'not an error', 'class', 'wrong output']) }),
    output: nothing,
  }),
  odd: call({
    input: empty,
    output: v.strictObject({ values: v.array(v.union([v.number(), v.nan()])), gone: v.optional(v.string()) }),
  }),
  wait: call({ input: v.strictObject({ deaf: v.optional(v.boolean(), false) }), output: v.string() }),
  turn: call({
    input: v.strictObject({ data: bytes(24 << 20) }),
    output: v.strictObject({ data: v.instance(Uint8Array), sum: v.number() }),
  }),
  count: stream({
    input: v.strictObject({ to: whole(0, 1e6), failAt: v.optional(whole(0, 1e6)) }),
    item: v.number(),
  }),
  never: stream({ input: empty, item: v.number() }),
  steps: stream({
    input: v.strictObject({ of: whole(1, 1000) }),
    item: v.strictObject({ step: v.number(), preview: v.instance(Uint8Array) }),
    latest: true,
  }),
});
export const toy = contract(toySlice);

/** What the service saw, and the gates a test opens. */
export class Seen {
  readonly problems: Problem[] = [];
  readonly clients: string[] = [];
  readonly aborted: string[] = [];
  readonly left: string[] = [];
  started = 0;
  counted = 0;
  stepped = 0;
  /** Whoever waits in `wait`. */
  readonly gates: (() => void)[] = [];

  openGates(): void {
    for (const open of this.gates.splice(0)) open();
  }
}

/** The sum of all bytes, modulo 2^32. */
export function sumOf(data: Uint8Array): number {
  let sum = 0;
  for (const byte of data) sum = (sum + byte) >>> 0;
  return sum;
}

export function toyService(seen: Seen): Handlers<typeof toySlice> {
  return {
    add: ({ a, b }) => a + b,
    greet: async ({ name, polite }, { client }) => {
      seen.clients.push(client);
      return polite ? `Good day, ${name}` : name;
    },
    nest: (input) => JSON.stringify(input),
    fail: ({ how }) => {
      if (how === 'user') {
        throw new UserError('missing', 'There is no such person.', 'Choose another.', { data: { id: 'p1' } });
      }
      // A path in a message of our own must not reach the consumer.
      if (how === 'bug') throw new TypeError('cannot read /home/anna/secret');
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- that is what is tested
      if (how === 'not an error') throw 'a string';
      const wrong: unknown = how === 'class' ? new Map() : 7;
      return wrong as undefined;
    },
    odd: () => ({ values: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.1] }),
    wait: ({ deaf }, { signal }) =>
      new Promise((resolve, reject) => {
        seen.started += 1;
        seen.gates.push(() => resolve('done'));
        signal.addEventListener('abort', () => {
          seen.aborted.push('wait');
          if (!deaf) reject(signal.reason as Error);
        });
      }),
    turn: ({ data }) => ({ data: data.toReversed(), sum: sumOf(data) }),
    async *count({ to, failAt }, { signal }) {
      try {
        for (let i = 0; i < to; i++) {
          if (i === failAt) throw new UserError('conflict', 'It stops here.');
          seen.counted += 1;
          yield i;
        }
      } finally {
        seen.left.push(signal.aborted ? 'count, aborted' : 'count');
      }
    },
    async *never(_, { signal }) {
      try {
        yield 1;
        await new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        });
      } finally {
        seen.left.push('never');
      }
    },
    async *steps({ of }) {
      for (let step = 1; step <= of; step++) {
        seen.stepped = step;
        yield { step, preview: new Uint8Array(1000).fill(step) };
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

/** Every item of a stream. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** The error a promise is rejected with; fails where it is not. */
export async function errorOf(promise: Promise<unknown>): Promise<UserError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof UserError) return error;
  throw new Error('it was not rejected with a UserError', { cause: error });
}

export interface Rig extends Connection<typeof toy> {
  readonly seen: Seen;
  readonly served: Served;
}

/** The toy served at one end and consumed at the other. */
export function rig([near, far]: readonly [Transport, Transport], limits: Partial<Limits> = {}): Rig {
  const seen = new Seen();
  const served = serve({ ...toy }, { toy: toyService(seen) }, far, {
    log: (problem) => seen.problems.push(problem),
    client: 'test-1',
    limits,
    checkOutputs: true,
  });
  return { ...connect(toy, near), seen, served };
}
