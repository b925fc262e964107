/**
 * Random damage to sound files of every format: each either reads or gives a UserError, and claims no more than it has.
 * Read next: pickle.test.ts for damage with a purpose.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UserError } from '../../../src/domain/errors.ts';
import { openCheckpoint } from '../../../src/engine/checkpoint/open.ts';
import { fileOf, fixture, temporaryFolder } from './helpers.ts';

const folder = temporaryFolder();
const files = [
  'types.safetensors',
  'types.pt',
  'types.protocol4.pt',
  'types.protocol5.legacy.pt',
  'views.legacy.pt',
];

/** Opens and reads all; returns whether it read. Any error but a UserError is the test's failure. */
function survives(bytes: Uint8Array): boolean {
  const path = fileOf(folder, 'damaged.bin', bytes);
  try {
    using store = openCheckpoint(path);
    for (const { name, shape } of store.tensors.values()) {
      const values = store.read(name);
      expect(values.length).toBe(shape.reduce((product, size) => product * size, 1));
      expect(values.length).toBeLessThanOrEqual(2 ** 20); // MAX_BROADCAST
    }
    return true;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(['checkpoint.unreadable', 'checkpoint.refused']).toContain(error.code);
    expect(error.message).toMatch(/^"damaged\.bin" [^\n]*\.$/);
    return false;
  }
}

test.each(files)('%s, cut at any point, is a UserError', (file) => {
  const bytes = fixture(file);
  expect(survives(bytes)).toBe(true);
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), (length) => {
      expect(survives(bytes.subarray(0, length))).toBe(false);
    }),
    { numRuns: 120 },
  );
});

test.each(files)('%s with any bytes changed reads or is a UserError', (file) => {
  const sound = fixture(file);
  const change = fc.tuple(
    fc.nat(sound.length - 1),
    fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 127, 128, 255)),
  );
  let read = 0;
  let failed = 0;
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      const bytes = Buffer.from(sound);
      for (const [at, value] of changes) bytes[at] = value;
      if (survives(bytes)) read += 1;
      else failed += 1;
    }),
    { numRuns: 400 },
  );
  expect(read).toBeGreaterThan(0);
  expect(failed).toBeGreaterThan(0);
});

test.each(files)('%s with a stretch removed, repeated or replaced reads or is a UserError', (file) => {
  const sound = fixture(file);
  const place = fc.nat(sound.length);
  fc.assert(
    fc.property(place, place, place, fc.uint8Array({ maxLength: 16 }), (a, b, c, noise) => {
      const moved = sound.subarray(Math.min(a, b), Math.min(a, b) + 64);
      survives(Buffer.concat([sound.subarray(0, c), moved, noise, sound.subarray(a)]));
    }),
    { numRuns: 200 },
  );
});
