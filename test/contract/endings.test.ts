/**
 * How calls end other than well, over every transport alike: cancelled, closed, one of 10,000, or nonsense from the
 * start. contract.test.ts is the rest; the service is toy.ts.
 */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UserError } from '../../src/domain/errors.ts';
import type { Limits } from '../../src/contract/serve.ts';
import { lines } from './lines.ts';
import { all, errorOf, rig } from './toy.ts';
import type { Rig } from './toy.ts';

describe.each(lines)('over $name', ({ make }) => {
  const after: (() => void)[] = [];
  let r: Rig;
  const start = async (limits?: Partial<Limits>) => (r = rig(await make(after), limits));

  beforeEach(() => start());
  afterEach(async () => {
    r.close();
    await Promise.all([r.closed, r.served.closed]);
    for (const end of after.splice(0)) end();
  });

  describe('cancelling a call', () => {
    it('rejects at once and tells the serving side', async () => {
      const abort = new AbortController();
      const call = r.client.toy.wait({}, { signal: abort.signal });
      await vi.waitFor(() => expect(r.seen.started).toBe(1));
      abort.abort();
      expect((await errorOf(call)).code).toBe('cancelled');
      await vi.waitFor(() => expect(r.seen.aborted).toEqual(['wait']));
      expect(r.seen.problems).toEqual([]);
    });

    it('before it is asked asks nothing', async () => {
      expect((await errorOf(r.client.toy.wait({}, { signal: AbortSignal.abort() }))).code).toBe('cancelled');
      await r.client.toy.add({ a: 1, b: 1 });
      expect(r.seen.started).toBe(0);
    });

    it('that waits for its turn never starts it, and a deaf one keeps its place until it is done', async () => {
      r.close();
      await start({ running: 1, waiting: 10 });
      const abort = new AbortController();
      const first = r.client.toy.wait({ deaf: true }, { signal: abort.signal });
      const second = r.client.toy.wait({}, { signal: abort.signal });
      await vi.waitFor(() => expect(r.seen.started).toBe(1));
      abort.abort();
      expect((await errorOf(first)).code).toBe('cancelled');
      expect((await errorOf(second)).code).toBe('cancelled');
      const third = r.client.toy.add({ a: 1, b: 2 });
      await vi.waitFor(() => expect(r.seen.aborted).toEqual(['wait']));
      r.seen.openGates();
      expect(await third).toBe(3);
      expect(r.seen.started).toBe(1);
    });
  });

  describe('closing', () => {
    it.each(['consumer', 'serving side'] as const)('by the %s rejects and stops everything', async (side) => {
      const calls = [r.client.toy.wait({}), r.client.toy.wait({}), all(r.client.toy.never())];
      const errors = calls.map(errorOf);
      await vi.waitFor(() => expect(r.seen.started).toBe(2));
      await r.client.toy.add({ a: 1, b: 1 });
      if (side === 'consumer') r.close();
      else r.served.close();
      for (const error of await Promise.all(errors)) {
        expect(error.code).toBe('disconnected');
        expect(error.message).toBe('The connection to Albumen was lost.');
      }
      await Promise.all([r.closed, r.served.closed]);
      await vi.waitFor(() => expect(r.seen.left).toEqual(['never']));
      expect(r.seen.aborted).toEqual(['wait', 'wait']);
      expect((await errorOf(r.client.toy.add({ a: 1, b: 1 }))).code).toBe('disconnected');
      expect((await errorOf(all(r.client.toy.count({ to: 1 })))).code).toBe('disconnected');
      expect(r.seen.problems).toEqual([]);
    });

    it('gently lets the running calls end, ends the streams and refuses the rest', async () => {
      const running = r.client.toy.wait({});
      const items = errorOf(all(r.client.toy.never()));
      await vi.waitFor(() => expect(r.seen.started).toBe(1));
      await r.client.toy.add({ a: 1, b: 1 });
      const drained = r.served.drain();
      expect((await items).message).toBe('Albumen is closing.');
      expect((await errorOf(r.client.toy.add({ a: 1, b: 1 }))).code).toBe('disconnected');
      r.seen.openGates();
      await drained;
      expect(await running).toBe('done');
    });
  });

  describe('under a flood', () => {
    it('of 10,000 calls answers each, some with "busy", and goes on', async () => {
      r.close();
      await start({ running: 4, waiting: 100 });
      const answers = await Promise.allSettled(
        Array.from({ length: 10_000 }, (_, i) =>
          i < 4 ? r.client.toy.wait({}) : r.client.toy.add({ a: i, b: 1 }),
        ).concat(
          // The gates open only when the last of them has been refused.
          errorOf(r.client.toy.add({ a: 0, b: 0 })).then(({ code }) => {
            r.seen.openGates();
            return code;
          }),
        ),
      );
      const refused = answers.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
      expect(refused).toHaveLength(10_000 - 104);
      expect(new Set(refused.map(({ reason }) => (reason as UserError).code))).toEqual(new Set(['busy']));
      expect(answers.slice(4, 104)).toEqual(
        Array.from({ length: 100 }, (_, i) => ({ status: 'fulfilled', value: i + 5 })),
      );
      expect(await r.client.toy.add({ a: 1, b: 1 })).toBe(2);
    });

    it('of nonsense inputs answers each with one sentence', async () => {
      const calls = Object.values(r.client.toy) as ((input: unknown) => unknown)[];
      const nonsense = fc.oneof(
        fc.anything({ withBigInt: false, maxDepth: 5, withNullPrototype: true }),
        fc.constantFrom(
          JSON.parse('{"__proto__": {"polluted": 1}, "a": 1, "b": 2}') as unknown,
          { constructor: { prototype: { polluted: 1 } } },
          { a: Number.NaN, b: -0 },
          { name: 'x'.repeat(1 << 20) },
          { data: 'x', to: -1, of: 1e300 },
          Array.from({ length: 60 }).reduce((inner) => ({ inner }), {}),
          Array.from({ length: 1000 }).reduce((inner) => [inner], []),
        ),
      );
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...calls), nonsense, async (call, input) => {
          const asked = call(input);
          const abort = (error: unknown) => {
            expect(error).toBeInstanceOf(UserError);
            expect((error as UserError).code).toBe('usage');
            expect((error as UserError).message.length).toBeLessThan(400);
          };
          // By chance some are right: the calls without a required field.
          if (asked instanceof Promise) {
            r.seen.openGates();
            const settled = asked.catch(abort);
            const gate = setInterval(() => r.seen.openGates(), 1);
            await settled;
            clearInterval(gate);
          } else {
            await (asked as AsyncGenerator).next().catch(abort);
            await (asked as AsyncGenerator).return(undefined);
          }
        }),
        { numRuns: 300 },
      );
      expect(({} as { polluted?: number }).polluted).toBeUndefined();
      expect(r.seen.problems).toEqual([]);
      expect(await r.client.toy.add({ a: 1, b: 1 })).toBe(2);
    });
  });
});
