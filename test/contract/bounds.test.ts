/**
 * Inputs without a bound are refused when a slice is made, and every slice of the studio has none.
 * The fields with bounds are src/domain/fields.ts.
 */
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import {
  bytes,
  call,
  contract,
  id,
  ids,
  limit,
  list,
  name,
  nothing,
  slice,
  text,
  whole,
} from '../../src/contract/rpc.ts';
import { forHosts, forWindows, studio } from '../../src/contract/studio.ts';

const make = (input: v.GenericSchema) => () => slice('s', { c: call({ input, output: nothing }) });

describe('the input of a call', () => {
  it.each([
    ['text of any length', v.strictObject({ a: v.string() }), /s\.c\.a has no greatest length/],
    ['a list of any length', v.strictObject({ a: v.array(id) }), /s\.c\.a has no greatest length/],
    ['a list of any text', v.strictObject({ a: list(v.string(), 3) }), /s\.c\.a\[\] has no/],
    ['a number that may be Infinity', v.strictObject({ a: v.number() }), /may be Infinity/],
    ['any number of entries', v.strictObject({ a: v.record(id, id) }), /number of entries/],
    ['any number of bytes', v.strictObject({ a: v.instance(Uint8Array) }), /bytes\(max\)/],
    ['an instance of anything', v.strictObject({ a: v.instance(Map) }), /bytes\(max\)/],
    ['a loose object inside', v.strictObject({ a: v.object({}) }), /object is nothing a call may take/],
    ['anything at all', v.strictObject({ a: v.unknown() }), /unknown is nothing/],
    ['a wrapped one', v.strictObject({ a: v.optional(v.nullable(v.string())) }), /s\.c\.a has no/],
    ['one option of several', v.strictObject({ a: v.union([id, v.string()]) }), /s\.c\.a has no/],
    ['one item of a tuple', v.strictObject({ a: v.strictTuple([id, v.number()]) }), /s\.c\.a\[1\] may be/],
    ['a loose object', v.object({ a: id }), /its input is a v\.strictObject/],
    ['no object', id, /its input is a v\.strictObject/],
  ] as const)('is refused: %s', (_, input, why) => {
    expect(make(input)).toThrow(why);
  });

  it('is taken with bounds everywhere', () => {
    const all = v.strictObject({
      a: text(3),
      b: v.optional(name()),
      c: ids(),
      d: v.nullable(whole(0, 3)),
      e: limit(),
      f: bytes(10),
      g: v.pipe(v.record(id, v.boolean()), v.maxEntries(3)),
      h: v.picklist(['x', 'y']),
      i: v.variant('kind', [v.strictObject({ kind: v.literal('a'), day: v.pipe(v.string(), v.isoDate()) })]),
    });
    expect(make(all)).not.toThrow();
  });
});

it('two slices of one name are refused', () => {
  expect(() => contract(slice('a', {}), slice('a', {}))).toThrow('internal: two slices of one name');
});

it('a window is served every slice but the one with paths, each under its name', () => {
  for (const part of [studio, forWindows, forHosts]) {
    for (const [key, { name }] of Object.entries(part)) expect(name).toBe(key);
  }
  expect(Object.keys(studio).sort()).toEqual([...Object.keys(forWindows), 'host'].sort());
  expect(Object.keys(studio)).not.toContain('libraryHost');
  expect(Object.keys(forHosts)).toContain('libraryHost');
});
