/**
 * A training run of the detector on disk: weights, AdamW's moments, the running mean of the weights, and how far it is.
 * train.ts saves and goes on from it; pack.ts makes the bundled model of it.
 */
import { existsSync } from 'node:fs';
import { gaussian } from '../../src/engine/diffusion/noise.ts';
import { openCheckpoint } from '../../src/engine/checkpoint/open.ts';
import { writeSafetensors } from '../../src/engine/checkpoint/safetensors-write.ts';
import { sizeOf } from '../../src/engine/graph/shape.ts';
import type { Graph } from '../../src/engine/graph/ir.ts';

export interface Learned {
  readonly name: string;
  readonly shape: readonly number[];
  readonly value: Float32Array;
  readonly m: Float32Array;
  readonly v: Float32Array;
  /** The mean of the values of late, which is what is kept. */
  readonly mean: Float32Array;
}

export interface TrainingRun {
  step: number;
  /** Pictures seen. */
  images: number;
  /** Seconds of training so far. */
  seconds: number;
  readonly tensors: readonly Learned[];
}

const PARTS = ['value', 'm', 'v', 'mean'] as const;
/** First guesses: a face in one cell of a hundred, its edges three strides away. */
const FIRST_LOGIT = -4.6;
const FIRST_SIDE = Math.log(3);

/** First weights as in He et al. 2015; a block's second convolution begins at nothing, so that the block passes on what it gets. */
export function newRun(graph: Graph, seed: number): TrainingRun {
  const tensors = graph.parameters.map(({ name, value: { shape } }, i): Learned => {
    const value = new Float32Array(sizeOf(shape));
    if (name.endsWith('.weight') && !/^(level\.\d\.\d\.1|refine\.level\.\d\.1|whole\.[24])\./.test(name)) {
      gaussian(seed, i).fill(value);
      const [, ...fan] = shape;
      const gain = Math.sqrt((/^(refine\.|whole\.)?map\./.test(name) ? 0.1 : 2) / sizeOf(fan));
      for (let j = 0; j < value.length; j++) value[j] = value[j]! * gain;
    } else if (/^map\.\d\.bias$/.test(name)) {
      value[0] = FIRST_LOGIT;
      value.fill(FIRST_SIDE, 1, 5);
    }
    const [m, v] = [new Float32Array(value.length), new Float32Array(value.length)];
    return { name, shape, value, m, v, mean: value.slice() };
  });
  return { step: 0, images: 0, seconds: 0, tensors };
}

/** Writes a whole file or none (`writeSafetensors`). */
export function saveRun(path: string, { step, images, seconds, tensors }: TrainingRun): void {
  const parts = PARTS.flatMap((part) =>
    tensors.map(({ name, shape, [part]: data }) => ({
      name: `${part}/${name}`,
      shape,
      type: 'float32' as const,
      data,
    })),
  );
  writeSafetensors(path, parts, [
    ['format', 'albumen detector training 1'],
    ['step', String(step)],
    ['images', String(images)],
    ['seconds', String(seconds)],
  ]);
}

/** The saved run, or a new one where there is no file. Throws UserError `checkpoint.mismatch` where the file lacks a weight. */
export function openRun(path: string, graph: Graph, seed: number): TrainingRun {
  const run = newRun(graph, seed);
  if (!existsSync(path)) return run;
  using store = openCheckpoint(path);
  for (const tensor of run.tensors)
    for (const part of PARTS) store.readInto(`${part}/${tensor.name}`, tensor[part], 0);
  run.step = Number(store.metadata.get('step'));
  run.images = Number(store.metadata.get('images'));
  run.seconds = Number(store.metadata.get('seconds'));
  return run;
}
