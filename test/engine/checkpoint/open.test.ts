/**
 * Opening what is no checkpoint: each kind gets its own sentence. Also firstNonFinite.
 * Read next: damage.test.ts.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { firstNonFinite, openCheckpoint } from '../../../src/engine/checkpoint/open.ts';
import { writeSafetensors } from '../../../src/engine/checkpoint/safetensors-write.ts';
import { expectUserError, fileOf, temporaryFolder } from './helpers.ts';

const folder = temporaryFolder();

test.each<readonly [string, Uint8Array | string, RegExp]>([
  ['empty.pt', '', /is empty/],
  ['notes.pt', 'Dear diary,\n', /is a text file/],
  ['braces.json', '{"a": 1, "b": 2}', /is a text file/],
  ['eight.json', '{"abcd":{"x": 1}}', /is a text file/],
  ['page.pt', '<!DOCTYPE html><html>', /is a web page/],
  ['pointer.pt', 'version https://git-lfs.github.com/spec/v1\n', /Git LFS pointer/],
  ['photo.pt', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16, 74, 70, 73, 70), /JPEG picture/],
  ['photo.safetensors', Uint8Array.of(0x89, 80, 78, 71, 13, 10, 26, 10, 0, 0), /PNG picture/],
  ['zeros.safetensors', new Uint8Array(5000), /not a checkpoint/],
  ['one.pt', Uint8Array.of(0x80), /not a checkpoint/],
  ['zip.pt', 'PK\x03\x04', /cut short|lies outside/],
])('%s', (name, content, sentence) => {
  const path = fileOf(folder, name, content);
  expectUserError(() => openCheckpoint(path), 'checkpoint.unreadable', sentence, name);
});

test('a missing file, a folder, and a pipe that would wait for ever', () => {
  const missing = join(folder, 'missing.pt');
  expectUserError(() => openCheckpoint(missing), 'checkpoint.unreadable', /does not exist/, 'missing.pt');
  mkdirSync(join(folder, 'folder.pt'));
  expectUserError(
    () => openCheckpoint(join(folder, 'folder.pt')),
    'checkpoint.unreadable',
    /a folder/,
    'folder.pt',
  );
  if (process.platform === 'win32') return;
  execFileSync('mkfifo', [join(folder, 'pipe.pt')]);
  expectUserError(
    () => openCheckpoint(join(folder, 'pipe.pt')),
    'checkpoint.unreadable',
    /regular/,
    'pipe.pt',
  );
});

test('a file cut short, or closed, after it was opened', () => {
  const path = join(folder, 'shrinks.safetensors');
  writeSafetensors(path, [{ name: 'w', shape: [4], type: 'float32', data: new Float32Array(4) }]);
  const store = openCheckpoint(path);
  truncateSync(path, store.fileBytes - 4);
  expectUserError(() => store.read('w'), 'checkpoint.unreadable', /became shorter/, 'shrinks.safetensors');
  store[Symbol.dispose]();
  store[Symbol.dispose]();
  expect(() => store.read('w')).toThrow(/^internal:/);
});

test('firstNonFinite names the first tensor that holds NaN or infinity', () => {
  const path = join(folder, 'finite.safetensors');
  const of = (name: string, ...values: number[]) => {
    return { name, shape: [values.length], type: 'float32' as const, data: Float32Array.from(values) };
  };
  const first = (...tensors: ReturnType<typeof of>[]): string | undefined => {
    writeSafetensors(path, tensors);
    using store = openCheckpoint(path);
    return firstNonFinite(store);
  };
  expect(first(of('a', 1, 2, 3), of('b', -3e38))).toBeUndefined();
  expect(first(of('a', 1, 2, 3), of('b', 1, NaN), of('c', Infinity))).toBe('b');
  expect(first(of('a', 1, 2, 3), of('b', 1), of('c', -Infinity))).toBe('c');
});
