/**
 * The detector's weights as whole numbers with scales: written and read again they are nearly what they were, and no wild
 * file passes. Subjects: src/engine/nn/face-detector-weights.ts, src/engine/checkpoint/safetensors-write.ts (int8).
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UserError } from '../../../src/domain/errors.ts';
import { openCheckpoint } from '../../../src/engine/checkpoint/open.ts';
import { writeSafetensors } from '../../../src/engine/checkpoint/safetensors-write.ts';
import type { WritableTensor } from '../../../src/engine/checkpoint/safetensors-write.ts';
import { sizeOf } from '../../../src/engine/graph/shape.ts';
import { detectorGraph } from '../../../src/engine/nn/face-detector.ts';
import { readDetectorWeights, storedWeight } from '../../../src/engine/nn/face-detector-weights.ts';
import { refinerGraph } from '../../../src/engine/nn/face-refiner.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'albumen-detector-weights-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const parameters = [...detectorGraph(1, 32, 32).parameters, ...refinerGraph(1).parameters];

/** Every weight of both networks, each channel of another size. */
function weights(): { name: string; shape: readonly number[]; data: Float32Array }[] {
  return parameters.map(({ name, value: { shape } }, k) => {
    const each = sizeOf(shape.slice(1));
    const data = Float32Array.from(
      { length: sizeOf(shape) },
      (_, i) => (0.01 + 0.02 * (Math.floor(i / each) % 5)) * Math.sin(1.7 * i + k),
    );
    return { name, shape, data };
  });
}

const stored = (): WritableTensor[] =>
  weights().flatMap(({ name, shape, data }) => storedWeight(name, shape, data));

function written(name: string, tensors: readonly WritableTensor[]): string {
  const path = join(folder, name);
  writeSafetensors(path, tensors);
  return path;
}

/** The sentence the user gets. */
function refusal(path: string): string {
  try {
    readDetectorWeights(path);
  } catch (error) {
    if (error instanceof UserError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'nothing was wrong';
}

describe('readDetectorWeights', () => {
  test('what was written comes back to half a step of its channel, in fewer than a million bytes', () => {
    const path = written('whole.safetensors', stored());
    expect(readFileSync(path).length).toBeLessThan(1_000_000);
    const source = readDetectorWeights(path);
    for (const { name, shape, data } of weights()) {
      const read = new Float32Array(data.length);
      source.readInto(name, read);
      const each = shape.length > 1 ? sizeOf(shape.slice(1)) : 1;
      for (let c = 0; c < data.length / each; c++) {
        const row = data.subarray(c * each, (c + 1) * each);
        const most = Math.max(...row.map(Math.abs));
        const off = row.map((value, i) => Math.abs(value - read[c * each + i]!));
        expect(Math.max(...off), name).toBeLessThanOrEqual((0.5 * most) / 127 + 1e-3 * most);
      }
    }
  });

  test('kernels lie in the file as whole numbers, a channel of nothing as nothing', () => {
    const [kernel, scales] = storedWeight('k', [2, 3], Float32Array.of(0, 0, 0, 0.9, -2, 0.5));
    expect([kernel?.type, scales?.type, scales?.shape]).toEqual(['int8', 'float16', [2]]);
    expect([...(kernel?.data ?? [])].map((v) => v + 0)).toEqual([0, 0, 0, 57, -127, 32]);
    expect(scales?.data[0]).toBe(0);
    const path = written('kernel.safetensors', [kernel!, scales!]);
    using store = openCheckpoint(path);
    expect(store.tensors.get('k')?.type).toBe('int8');
    expect(store.readIntegers('k').map((v) => v + 0)).toEqual([0, 0, 0, 57, -127, 32]);
  });

  test('plain numbers without scales are taken as they are', () => {
    const plain = weights().map((tensor) => ({ ...tensor, type: 'float32' as const }));
    const source = readDetectorWeights(written('plain.safetensors', plain));
    const [first] = weights();
    const read = new Float32Array(first?.data.length ?? 0);
    source.readInto(first?.name ?? '', read);
    expect(read).toEqual(first?.data);
  });

  test('a file that is not these weights is one sentence, whatever is wrong with it', () => {
    const tensors = stored();
    const change = (name: string, by: Partial<WritableTensor>): WritableTensor[] =>
      tensors.map((tensor) => (tensor.name === name ? { ...tensor, ...by } : tensor));
    const scale = 'refine.map.weight.scale';
    const wild: Record<string, readonly WritableTensor[]> = {
      missing: tensors.filter(({ name }) => name !== 'stem.weight'),
      'too few scales': change(scale, { shape: [10], data: new Float32Array(10) }),
      'an endless scale': change(scale, { data: new Float32Array(11).fill(Infinity) }),
      'a scale that is no number': change(scale, { data: new Float32Array(11).fill(NaN) }),
      'another shape': change('stem.bias', { shape: [31], data: new Float32Array(31) }),
    };
    for (const [what, list] of Object.entries(wild)) {
      const sentence = refusal(written('wild.safetensors', list));
      expect(sentence, what).toMatch(/^checkpoint\.mismatch: .*wild\.safetensors.* is not the weights of/);
      expect(sentence).not.toContain('\n');
    }
    const bytes = readFileSync(written('cut.safetensors', tensors));
    for (const length of [0, 7, 100, bytes.length >> 1, bytes.length - 1]) {
      writeFileSync(join(folder, 'cut.safetensors'), bytes.subarray(0, length));
      expect(refusal(join(folder, 'cut.safetensors')), `${length}`).toMatch(/^checkpoint\.\w+: [^\n]+$/);
    }
  });
});
