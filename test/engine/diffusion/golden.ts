/**
 * Reads the golden fixtures (float32 tensors and JSON) with no help from the engine, so that tests stay independent.
 * The fixtures are described in test/fixtures; schedule.test.ts and project.test.ts use this.
 */
import { readFileSync } from 'node:fs';

const folder = new URL('../../fixtures/golden/', import.meta.url);

export function readGoldenJson(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
}

/** A lookup of the float32 tensors in a .safetensors fixture: u64 header length, JSON header, data. */
export function openGolden(name: string): (tensor: string) => Float32Array {
  const file = readFileSync(new URL(name, folder));
  const headerLength = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString('utf8', 8, 8 + headerLength)) as Record<
    string,
    { dtype: string; data_offsets: [number, number] } | undefined
  >;
  return (tensor) => {
    const entry = header[tensor];
    if (entry?.dtype !== 'F32') throw new Error(`${name} has no float32 tensor ${tensor}`);
    const [from, to] = entry.data_offsets.map((offset) => offset + 8 + headerLength);
    return new Float32Array(Uint8Array.from(file.subarray(from, to)).buffer);
  };
}
