/**
 * Reading a 64 MB checkpoint one tensor at a time, in a process of its own, must need far less memory than 64 MB.
 * Read next: file-store.ts and strided.ts in src.
 */
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeSafetensors } from '../../../src/engine/checkpoint/safetensors-write.ts';
import { temporaryFolder } from './helpers.ts';

const folder = temporaryFolder();
const MEGABYTE = 2 ** 20;
const TENSORS = 32;
const ELEMENTS = MEGABYTE / 2; // 2 MB of float32 each

/** Prints the growth of the process's peak memory in bytes, and the sum of all first elements. */
const READER = `
  const { openCheckpoint } = await import(process.argv[1]);
  const { readFileSync } = await import('node:fs');
  const peak = () => Math.max(process.memoryUsage().rss, process.resourceUsage().maxRSS * 1024);
  const [, , path, how] = process.argv;
  const before = peak();
  let sum = 0;
  if (how === 'whole') {
    const whole = readFileSync(path);
    for (let i = 0; i < whole.length; i += 4096) sum += whole[i];
  } else {
    using store = openCheckpoint(path);
    const scratch = new Float32Array(${ELEMENTS});
    for (const name of store.tensors.keys()) {
      if (how === 'into') store.readInto(name, scratch, 0);
      sum += how === 'into' ? scratch[0] : store.read(name)[0];
      globalThis.gc();
    }
  }
  console.log(JSON.stringify({ grown: peak() - before, sum }));
`;

function measure(path: string, how: 'read' | 'into' | 'whole'): { grown: number; sum: number } {
  const open = join(import.meta.dirname, '../../../src/engine/checkpoint/open.ts');
  const flags = ['--expose-gc', '--no-warnings', '--input-type=module', '--eval', READER];
  const printed: unknown = JSON.parse(execFileSync(process.execPath, [...flags, open, path, how]).toString());
  const { grown, sum } = { grown: NaN, sum: NaN, ...(printed as object) };
  return { grown, sum };
}

test.each(['float32', 'float16'] as const)('a 64 MB checkpoint of %s is read in less than 24 MB', (type) => {
  const count = type === 'float32' ? TENSORS : 2 * TENSORS;
  const path = join(folder, `${type}.safetensors`);
  writeSafetensors(
    path,
    Array.from({ length: count }, (_, i) => ({
      name: `w${i}`,
      shape: [512, ELEMENTS / 512],
      type,
      get data() {
        return new Float32Array(ELEMENTS).fill(i + 1);
      },
    })),
  );
  expect(statSync(path).size).toBeGreaterThan(64 * MEGABYTE);
  for (const how of ['into', 'read'] as const) {
    const measured = measure(path, how);
    expect(measured.sum).toBe((count * (count + 1)) / 2);
    expect(measured.grown, how).toBeLessThan(24 * MEGABYTE);
  }
  // The measure itself sees a file that is loaded whole.
  expect(measure(path, 'whole').grown).toBeGreaterThan(48 * MEGABYTE);
});
