/**
 * The pickle machine's memory: a stack with marks and a memo, all bounded, and the edits of lists and dicts on top.
 * Read next: pickle.ts, which decides what goes on it.
 */
import { quoted } from '../../domain/text.ts';
import type { Cursor } from './cursor.ts';
import { describe, isKind } from './pickle-values.ts';
import type { PickleDict, PickleValue } from './pickle-values.ts';

/** Bounds far above any real state dict (1,000 tensors make about 10,000 objects and memo entries). */
const LIMITS = { stack: 100_000, memo: 1_000_000, objects: 400_000 };

/** Every method throws UserError `checkpoint.unreadable` where Python's machine would fail, or a bound is passed. */
export class PickleStack {
  readonly #cursor: Cursor;
  readonly #values: PickleValue[] = [];
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, PickleValue>();
  #objects = 0;

  constructor(cursor: Cursor) {
    this.#cursor = cursor;
  }

  broken(what: string): Error {
    return this.#cursor.broken(`is damaged: its list of tensors ${what}`);
  }

  push(value: PickleValue): void {
    if (this.#values.length >= LIMITS.stack) throw this.broken('is nested too deeply');
    this.#values.push(value);
  }

  /** Pushes a value that takes memory of its own. */
  made(value: PickleValue): void {
    this.#objects += 1;
    if (this.#objects > LIMITS.objects) throw this.broken('is larger than any model needs');
    this.push(value);
  }

  top(): PickleValue {
    const value = this.#values.at(-1);
    const above = this.#values.length > (this.#marks.at(-1) ?? 0);
    if (value === undefined || !above) throw this.broken('runs out of values');
    return value;
  }

  pop(): PickleValue {
    const value = this.top();
    this.#values.pop();
    return value;
  }

  /** The last `count` values, in the order they were pushed. */
  popMany(count: number): PickleValue[] {
    return Array.from({ length: count }, () => this.pop()).toReversed();
  }

  mark(): void {
    if (this.#marks.length >= LIMITS.stack) throw this.broken('is nested too deeply');
    this.#marks.push(this.#values.length);
  }

  /** The values above the last mark, which goes too. */
  popMark(): PickleValue[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw this.broken('runs out of marks');
    return this.#values.splice(mark);
  }

  put(index: number): void {
    if (this.#memo.size >= LIMITS.memo) throw this.broken('is larger than any model needs');
    this.#memo.set(index, this.top());
  }

  memoize(): void {
    this.put(this.#memo.size);
  }

  get(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw this.broken('refers to a value it does not have');
    this.push(value);
  }

  append(items: readonly PickleValue[]): void {
    const list = this.top();
    if (!isKind(list, 'list')) throw this.broken('appends to something that is no list');
    for (const item of items) list.items.push(item);
  }

  /** Adds key, value, key, value, ... to the dict on top. */
  setItems(items: readonly PickleValue[]): void {
    const dict = this.top();
    if (!isKind(dict, 'dict') || items.length % 2 !== 0)
      throw this.broken('sets items of something that is no dict');
    for (let i = 0; i < items.length; i += 2)
      addEntry(this.#cursor, dict, items[i] ?? null, items[i + 1] ?? null);
  }
}

/** Adds an entry to a dict; a repeated key is an error, as Python's own writer never emits one. */
export function addEntry(cursor: Cursor, dict: PickleDict, key: PickleValue, value: PickleValue): void {
  if (isKind(key, 'list') || isKind(key, 'dict'))
    throw cursor.broken('is damaged: a list or dict is used as a key');
  if (dict.entries.has(key))
    throw cursor.broken(`is damaged: it holds the name ${quoted(describe(key))} twice`);
  dict.entries.set(key, value);
}
