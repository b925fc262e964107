/**
 * The bundled face detector's weights as they lie in its file: kernels as whole numbers from -127 to 127 with a scale for
 * each output channel, which is half of float16; biases as float16. training/detector/pack.ts writes what this reads.
 */
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { UserError, invariant } from '../../domain/errors.ts';
import { quoted } from '../../domain/text.ts';
import { openCheckpoint } from '../checkpoint/open.ts';
import type { WritableTensor } from '../checkpoint/safetensors-write.ts';
import type { TensorStore } from '../checkpoint/store.ts';
import { sizeOf } from '../graph/shape.ts';
import type { Shape } from '../graph/shape.ts';
import { allFinite } from '../numbers.ts';
import type { WeightSource } from '../runtime/session.ts';
import { MULTIPLE, detectorGraph } from './face-detector.ts';
import { refinerGraph } from './face-refiner.ts';

const LARGEST = 127;

/**
 * What is written for one weight: a kernel [O,...] and its scales [O], or the weight itself where it has one dimension.
 */
export function storedWeight(name: string, shape: Shape, data: Float32Array): WritableTensor[] {
  const [channels = 1, ...rest] = shape;
  if (rest.length === 0) return [{ name, shape, type: 'float16', data }];
  const each = sizeOf(rest);
  const scales = new Float16Array(channels);
  const whole = new Float32Array(data.length);
  for (let c = 0; c < channels; c++) {
    const row = data.subarray(c * each, (c + 1) * each);
    const scale = row.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / LARGEST;
    // rounded first, so that the whole numbers are those nearest with the scale that is stored
    scales[c] = scale;
    const stored = scales[c]!;
    if (stored > 0)
      row.forEach((value, i) => {
        whole[c * each + i] = Math.max(-LARGEST, Math.min(LARGEST, Math.round(value / stored)));
      });
  }
  return [
    { name, shape, type: 'int8', data: whole },
    { name: scaleOf(name), shape: [channels], type: 'float16', data: Float32Array.from(scales) },
  ];
}

/**
 * All weights of both networks, read at once: they are less than a million numbers. A weight without scales is taken as it
 * is. Throws UserError `checkpoint.unreadable` or `checkpoint.mismatch`.
 */
export function readDetectorWeights(path: string): WeightSource {
  using store = openCheckpoint(path);
  const weights = new Map<string, Float32Array>();
  const parameters = [...detectorGraph(1, MULTIPLE, MULTIPLE).parameters, ...refinerGraph(1).parameters];
  for (const { name, value } of parameters) {
    const data = readWeight(store, name, value.shape);
    if (!data)
      throw new UserError(
        'checkpoint.mismatch',
        `${quoted(basename(path))} is not the weights of the bundled face detector: ${name} is not as expected.`,
        'The file may be damaged or of another version; install Albumen again.',
      );
    weights.set(name, data);
  }
  const { size, mtimeMs } = statSync(path);
  return {
    id: `${path} ${size} ${mtimeMs}`,
    readInto(name, target) {
      const data = weights.get(name);
      invariant(data, `weight ${name} of the face detector`);
      target.set(data);
    },
  };
}

/** undefined where it is missing, of another size, or not all numbers. */
function readWeight(store: TensorStore, name: string, shape: Shape): Float32Array | undefined {
  const count = sizeOf(shape);
  const data = sized(store, name, count);
  const scale = scaleOf(name);
  if (!data || !store.tensors.has(scale)) return data;
  const [channels = 1] = shape;
  const scales = sized(store, scale, channels);
  const each = count / channels;
  return scales && data.map((value, i) => value * scales[Math.floor(i / each)]!);
}

function sized(store: TensorStore, name: string, count: number): Float32Array | undefined {
  const info = store.tensors.get(name);
  // asked before reading: a wild file may claim any size
  if (!info || sizeOf(info.shape) !== count) return undefined;
  const data = store.read(name);
  return allFinite(data) ? data : undefined;
}

function scaleOf(name: string): string {
  return `${name}.scale`;
}
