/**
 * Broadcast: one source, many subscribers, late and slow ones; and what becomes of changes that nobody has taken yet.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Broadcast, changesOf, mergeChanges, topics } from '../../src/contract/events.ts';
import type { Changes, Topic } from '../../src/contract/events.ts';
import { all } from './toy.ts';

const change = (topic: Topic, ...ids: string[]): Changes => ({ changed: [{ topic, ids }] });
const { signal } = new AbortController();

describe('a broadcast', () => {
  it('gives everyone every item that they keep up with', async () => {
    const source = new Broadcast<number>();
    const [a, b] = [source.subscribe(signal), source.subscribe(signal)];
    for (const n of [1, 2, 3]) {
      source.publish(n);
      expect(await a.next()).toEqual({ done: false, value: n });
      expect(await b.next()).toEqual({ done: false, value: n });
    }
  });

  it('keeps one merged item for the slow, from the moment they subscribed', async () => {
    const source = new Broadcast<number>((older, newer) => older + newer);
    source.publish(100);
    const slow = source.subscribe(signal);
    for (const n of [1, 2, 3]) source.publish(n);
    expect((await slow.next()).value).toBe(6);
    source.publish(4);
    expect((await slow.next()).value).toBe(4);
  });

  it('gives the late the state they start from', async () => {
    const source = new Broadcast<string>();
    const late = source.subscribe(signal, 'now');
    expect((await late.next()).value).toBe('now');
    const waiting = late.next();
    source.publish('then');
    expect((await waiting).value).toBe('then');
  });

  it('ends for all after what they have yet to take, and for the late at once', async () => {
    const source = new Broadcast<number>();
    const [waits, has] = [source.subscribe(signal), source.subscribe(signal)];
    const waiting = waits.next();
    source.publish(1);
    expect((await waiting).value).toBe(1);
    source.end();
    expect(await all(waits)).toEqual([]);
    expect(await all(has)).toEqual([1]);
    expect(await all(source.subscribe(signal, 2))).toEqual([2]);
    expect(source.subscribers).toBe(0);
  });

  it('forgets who left, by signal or by break', async () => {
    const source = new Broadcast<number>();
    const abort = new AbortController();
    const gone = source.subscribe(abort.signal);
    const waiting = gone.next();
    abort.abort();
    expect((await waiting).done).toBe(true);
    for await (const n of source.subscribe(signal, 1)) if (n === 1) break;
    expect(source.subscribers).toBe(0);
    expect(await all(source.subscribe(abort.signal))).toEqual([]);
  });
});

describe('changes', () => {
  it('of one topic become one, and too many ids become "all of it"', () => {
    const both = mergeChanges(change('photos', 'a', 'b'), change('photos', 'b', 'c'));
    expect(both).toEqual(change('photos', 'a', 'b', 'c'));
    expect(mergeChanges(both, { changed: [{ topic: 'photos', ids: null }] }).changed[0]?.ids).toBeNull();
    const many = Array.from({ length: 501 }, (_, i) => `${i}`);
    expect(mergeChanges(both, change('photos', ...many)).changed[0]?.ids).toBeNull();
  });

  it('lose no topic and no id, in whatever order they come', () => {
    const one = fc
      .tuple(fc.constantFrom(...topics), fc.array(fc.constantFrom('a', 'b', 'c', 'd')))
      .map(([topic, ids]) => change(topic, ...ids));
    fc.assert(
      fc.property(fc.array(one, { minLength: 1 }), (list) => {
        const merged = list.reduce(mergeChanges);
        for (const { changed } of list) {
          for (const { topic, ids } of changed) {
            const kept = merged.changed.filter((entry) => entry.topic === topic);
            expect(kept).toHaveLength(1);
            for (const id of ids ?? []) expect(kept[0]?.ids).toContain(id);
          }
        }
      }),
    );
  });

  it('reach only who asked for their topic', async () => {
    const source = new Broadcast<Changes>(mergeChanges);
    const items = changesOf(source.subscribe(signal), ['people', 'albums']);
    source.publish(change('photos', 'x'));
    source.publish(change('people', 'p'));
    expect((await items.next()).value).toEqual(change('people', 'p'));
    const waiting = items.next();
    source.publish(change('photos', 'x'));
    source.end();
    expect((await waiting).done).toBe(true);
  });
});
