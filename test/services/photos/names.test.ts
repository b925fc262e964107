/**
 * File names of any bytes as text and back, and paths that may not leave their folder.
 * scan.test.ts opens such files.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeName,
  encodeName,
  isBelow,
  placeOf,
  shown,
  titleOf,
} from '../../../src/services/photos/names.ts';

const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((array) => Buffer.from(array));

describe('names', () => {
  it('come back as the bytes they were', () => {
    fc.assert(fc.property(bytes, (name) => Buffer.from(encodeName(decodeName(name))).equals(name)));
  });

  it('are different texts for different bytes', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => (decodeName(a) === decodeName(b)) === a.equals(b)),
      { numRuns: 500 },
    );
  });

  it('are kept as they are where they are text, and valid text in any case', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
        if (!/[\uF780-\uF7FF]/.test(name)) expect(decodeName(Buffer.from(name))).toBe(name);
      }),
    );
    fc.assert(fc.property(bytes, (name) => decodeName(name).isWellFormed()));
  });

  it('escape what looks like an escape', () => {
    const name = Buffer.from('\uF7FF.jpg');
    expect(decodeName(name)).not.toBe('\uF7FF.jpg');
    expect(encodeName(decodeName(name))).toEqual(name);
  });

  it('are shown without what a terminal or a window would act on', () => {
    expect(shown('a\n\u202Eb\uF7FFc')).toBe('a??b?c');
    expect(titleOf('x/y/z.jpg')).toBe('z.jpg');
  });
});

describe('a path below a folder', () => {
  it.each(['', '/a', '../a', 'a/../b', 'a/..', './a', 'a//b', 'a/', 'a\0b'])('is not %j', (path) => {
    expect(isBelow(path)).toBe(false);
    expect(() => placeOf('/photos', path)).toThrow(/^internal:/);
  });

  it('may have any other name', () => {
    expect(placeOf('/photos', 'a/..b/c..')).toBe('/photos/a/..b/c..');
    expect(placeOf('/', 'a')).toBe('/a');
  });
});
