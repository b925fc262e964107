/**
 * Pictures and folders for the tests of src/imaging.
 * Read next: read.test.ts.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export { temporaryFolder } from '../folders.ts';

export function fileOf(folder: string, name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** [3,S,S] from a function of channel, row and column. */
export function imageOf(side: number, value: (c: number, y: number, x: number) => number): Float32Array {
  return Float32Array.from({ length: 3 * side * side }, (_, i) =>
    value(Math.floor(i / side / side), Math.floor(i / side) % side, i % side),
  );
}

/** A smooth picture with a little of everything. */
export function smooth(side: number): Float32Array {
  return imageOf(side, (c, y, x) => 0.7 * Math.sin((3 * x + c) / side) * Math.cos((2 * y) / side));
}

export function deviation(values: Float32Array): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length);
}
