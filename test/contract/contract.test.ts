/**
 * The contract, over every transport alike: calls, their errors, and streams. Cancelling, closing and floods are
 * endings.test.ts; what is peculiar to one transport is tested beside it; the service is toy.ts.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Limits } from '../../src/contract/serve.ts';
import { lines } from './lines.ts';
import { all, errorOf, rig, sumOf } from './toy.ts';
import type { Rig } from './toy.ts';

describe.each(lines)('over $name', ({ make, hops }) => {
  const after: (() => void)[] = [];
  let r: Rig;
  const start = async (limits?: Partial<Limits>) => (r = rig(await make(after), limits));

  beforeEach(() => start());
  afterEach(async () => {
    r.close();
    await Promise.all([r.closed, r.served.closed]);
    for (const end of after.splice(0)) end();
  });

  describe('calls', () => {
    it('answer, with defaults filled in and the client named', async () => {
      expect(await r.client.toy.add({ a: 2, b: 3 })).toBe(5);
      expect(await r.client.toy.greet({ name: '  anna ' })).toBe('Good day, anna');
      expect(r.seen.clients).toEqual(['test-1']);
    });

    it('carry numbers that JSON cannot say, and leave out what is undefined', async () => {
      const { values, ...rest } = await r.client.toy.odd();
      expect(values).toEqual([Number.NaN, Infinity, -Infinity, 0.1]);
      expect(rest).toEqual({});
    });

    it('carry bytes, many and none, both ways', async () => {
      for (const size of [0, 1, 8 << 20]) {
        const data = new Uint8Array(size).fill(7, size >> 1);
        const answer = await r.client.toy.turn({ data });
        expect(answer.sum).toBe(sumOf(data));
        expect(answer.data.length).toBe(size);
        expect(answer.data[0]).toBe(size === 0 ? undefined : 7);
        expect(data.length).toBe(size); // It was copied, not taken.
      }
    });

    it('take what a proxy stands for', async () => {
      const inner = new Proxy({ at: 3, note: null }, {});
      expect(JSON.parse(await r.client.toy.nest(new Proxy({ kind: 'leaf', inner } as const, {})))).toEqual({
        kind: 'leaf',
        inner: { at: 3, note: null },
      });
    });

    it('are answered in any order', async () => {
      const slow = r.client.toy.wait({});
      expect(await r.client.toy.add({ a: 1, b: 1 })).toBe(2);
      await vi.waitFor(() => expect(r.seen.gates).toHaveLength(1));
      r.seen.openGates();
      expect(await slow).toBe('done');
    });
  });

  describe('errors', () => {
    it('of users arrive as they are', async () => {
      expect((await errorOf(r.client.toy.fail({ how: 'user' }))).toPlain()).toEqual({
        code: 'missing',
        message: 'There is no such person.',
        advice: 'Choose another.',
        data: { id: 'p1' },
      });
      expect(r.seen.problems).toEqual([]);
    });

    it.each(['bug', 'not an error', 'class', 'wrong output'] as const)(
      'of our own (%s) tell only a reference, which the log has too',
      async (how) => {
        const error = await errorOf(r.client.toy.fail({ how }));
        expect(error.code).toBe('internal');
        expect(error.message).toMatch(/^Something went wrong inside Albumen \(reference \w{6}\)\.$/);
        expect(JSON.stringify(error.toPlain())).not.toMatch(/anna|TypeError|at /);
        expect(r.seen.problems).toHaveLength(1);
        expect(r.seen.problems[0]).toMatchObject({ ...error.data, call: 'toy.fail', client: 'test-1' });
        expect(await r.client.toy.add({ a: 1, b: 1 })).toBe(2);
      },
    );

    it('of a wrong input name the field in one sentence', async () => {
      const wrong = [
        [r.client.toy.add({ a: 1, b: Number.NaN }), 'b'],
        [r.client.toy.add({ a: 1, b: Infinity }), 'b'],
        [r.client.toy.add({ a: 1 } as { a: number; b: number }), 'b'],
        [r.client.toy.greet({ name: 'x'.repeat(21) }), 'name'],
        [r.client.toy.greet({ name: '   ' }), 'name'],
        [r.client.toy.greet({ name: 'x', extra: 1 } as { name: string }), 'extra'],
        [r.client.toy.nest({ kind: 'tree' as 'leaf' }), 'kind'],
        [r.client.toy.nest({ kind: 'leaf', tags: ['a', 'b', 'x'.repeat(11)] }), 'tags.2'],
        [r.client.toy.nest({ kind: 'leaf', tags: ['a', 'b', 'c', 'd'] }), 'tags'],
        [r.client.toy.nest({ kind: 'leaf', inner: { at: 1.5, note: null } }), 'inner.at'],
      ] as const;
      for (const [promise, field] of wrong) {
        const error = await errorOf(promise);
        expect(error.code).toBe('usage');
        expect(error.message).toContain(`cannot use "${field}": Invalid`);
        expect(error.message.length).toBeLessThan(300);
        expect(error.data).toMatchObject({ field });
      }
    });

    it('of a wrong input stay one line, whatever they quote', async () => {
      const input: unknown = 'one\ntwo\u2028three\u202e';
      const error = await errorOf(r.client.toy.add(input as { a: number; b: number }));
      expect(error.message).toContain('"one two');
      expect(error.message).not.toMatch(/[\n\u2028\u202e]/);
    });

    it('of an input that is no plain data are told before it is sent', async () => {
      const input: unknown = { a: new Date(), b: 1 };
      expect((await errorOf(r.client.toy.add(input as { a: number; b: number }))).code).toBe('usage');
    });
  });

  describe('streams', () => {
    it('bring every item in order, and end', async () => {
      expect(await all(r.client.toy.count({ to: 100 }))).toEqual(Array.from({ length: 100 }, (_, i) => i));
      expect(await all(r.client.toy.count({ to: 0 }))).toEqual([]);
      expect(r.seen.left).toEqual(['count', 'count']);
    });

    it('that fail bring what came before, then the error', async () => {
      const got: number[] = [];
      const error = await errorOf(
        (async () => {
          for await (const item of r.client.toy.count({ to: 10, failAt: 3 })) got.push(item);
        })(),
      );
      expect(got).toEqual([0, 1, 2]);
      expect(error.code).toBe('conflict');
    });

    it('do not run ahead of a slow consumer', async () => {
      const items = r.client.toy.count({ to: 1000 })[Symbol.asyncIterator]();
      expect(await items.next()).toEqual({ done: false, value: 0 });
      await vi.waitFor(() => expect(r.seen.counted).toBe(15 * hops + 1));
      expect(await r.client.toy.add({ a: 1, b: 1 })).toBe(2); // Everything sent by now has arrived.
      expect(r.seen.counted).toBe(15 * hops + 1);
      for (let i = 1; i < 1000; i++) expect((await items.next()).value).toBe(i);
      expect((await items.next()).done).toBe(true);
    });

    it('stop on the serving side when the consumer leaves', async () => {
      for await (const item of r.client.toy.count({ to: 1e6 })) if (item === 20) break;
      await vi.waitFor(() => expect(r.seen.left).toEqual(['count, aborted']));
      expect(r.seen.counted).toBeLessThan(60);
      for await (const item of r.client.toy.never()) if (item === 1) break;
      await vi.waitFor(() => expect(r.seen.left).toContain('never'));
      expect(r.seen.problems).toEqual([]);
    });

    it('are cancelled by a signal, waiting or not', async () => {
      const abort = new AbortController();
      const items = all(r.client.toy.never({}, { signal: abort.signal }));
      await r.client.toy.add({ a: 1, b: 1 });
      abort.abort();
      expect((await errorOf(items)).code).toBe('cancelled');
      await vi.waitFor(() => expect(r.seen.left).toEqual(['never']));
      expect((await errorOf(all(r.client.toy.never({}, { signal: abort.signal })))).code).toBe('cancelled');
    });

    it('of the latest skip what nobody came to see, and always bring the last', async () => {
      const got: number[] = [];
      for await (const { step, preview } of r.client.toy.steps({ of: 50 })) {
        expect(preview).toEqual(new Uint8Array(1000).fill(step));
        got.push(step);
        // Until the source is done, the consumer is busy with what it got first.
        if (got.length === 1) await vi.waitFor(() => expect(r.seen.stepped).toBe(50));
      }
      expect(got[0]).toBe(1);
      expect(got.at(-1)).toBe(50);
      expect(got.length).toBeLessThanOrEqual(2 + hops);
    });

    it('may be many at once, up to a limit', async () => {
      r.close();
      await start({ streams: 3 });
      const open = Array.from({ length: 3 }, () => r.client.toy.never()[Symbol.asyncIterator]());
      for (const items of open) expect((await items.next()).value).toBe(1);
      expect((await errorOf(all(r.client.toy.count({ to: 1 })))).code).toBe('busy');
      await open[0]?.return?.();
      await vi.waitFor(async () => expect(await all(r.client.toy.count({ to: 1 }))).toEqual([0]));
    });
  });
});
