/**
 * A folder that electron-builder takes for Electron's own, where its binary cannot be had: enough to pack the
 * application and to flip its fuses. tools/pack-stub.ts packs with it.
 */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Marks the fuses in Electron's binary (electron/docs/tutorial/fuses.md); after it, their version, number and states. */
const SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';

/** In the order of the wire. */
export const FUSES = [
  'runAsNode',
  'cookieEncryption',
  'nodeOptions',
  'nodeCliInspect',
  'asarIntegrity',
  'onlyLoadAppFromAsar',
  'browserV8Snapshot',
  'fileProtocolPrivileges',
] as const;
export type Fuse = (typeof FUSES)[number];

/** As Electron ships: everything a program could want, and no protection. */
const SHIPPED = '10110001';

/** Makes the stub in `folder`, for Linux. */
export function makeStub(folder: string, version: string): void {
  mkdirSync(join(folder, 'locales'), { recursive: true });
  mkdirSync(join(folder, 'resources'));
  const wire = Buffer.concat([Buffer.from(SENTINEL), Buffer.from([1, FUSES.length]), Buffer.from(SHIPPED)]);
  writeFileSync(join(folder, 'electron'), Buffer.concat([Buffer.from('#!/bin/sh\nexit 1\n'), wire]));
  writeFileSync(join(folder, 'version'), version);
  for (const name of ['LICENSE', 'LICENSES.chromium.html', 'chrome-sandbox', 'locales/en-US.pak'])
    writeFileSync(join(folder, name), '');
  for (const name of ['electron', 'chrome-sandbox']) chmodSync(join(folder, name), 0o755);
}

/** Which fuses are on in a binary. */
export function readFuses(binary: string): Set<Fuse> {
  const bytes = readFileSync(binary);
  const at = bytes.indexOf(SENTINEL);
  if (at < 0) throw new Error(`${binary} has no fuses`);
  const states = bytes.subarray(at + SENTINEL.length + 2);
  return new Set(FUSES.filter((_, i) => states[i] === '1'.charCodeAt(0)));
}
