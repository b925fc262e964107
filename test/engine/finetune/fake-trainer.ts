/**
 * A trainer of a few numbers with a real AdamW: the weights are pulled towards what the batches hold, so that every photo,
 * t and noise value leaves its mark in them. The tests beside it run whole finetunes with it.
 */
import { UserError } from '../../../src/domain/errors.ts';
import { recipeFor } from '../../../src/engine/finetune/recipes.ts';
import type { Recipe } from '../../../src/engine/finetune/recipes.ts';
import type { FinetuneEvent, FinetuneRequest, FinetuneResult } from '../../../src/engine/finetune.ts';
import type { Batch, Losses, Trainer, TrainingState } from '../../../src/engine/train/trainer.ts';
import { randomData } from '../random.ts';

interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly value: Float32Array;
  readonly m: Float32Array;
  readonly v: Float32Array;
}

export class FakeTrainer implements Trainer {
  readonly batch: number;
  readonly tensors: readonly Tensor[];
  steps = 0;
  /** Every call of `step`: what it was given. */
  readonly seen: { batches: readonly Batch[]; learningRate: number }[] = [];
  /** Stands in for a step's loss, by its number; NaN as the port has it: nothing is learned. */
  lossAt: (step: number, loss: number) => number = (_, loss) => loss;
  /** Stands in for the loss of `evaluate`, by the number of steps done. */
  heldOutAt: (steps: number, loss: number) => number = (_, loss) => loss;

  constructor(batch = 2, size = 6) {
    this.batch = batch;
    this.tensors = [tensorOf('layer.lora.a', [2, 3], 1), tensorOf('layer.lora.b', [size], 2)];
  }

  async step(batches: readonly Batch[], learningRate: number): Promise<Losses> {
    this.seen.push({ batches, learningRate });
    const gradients = this.tensors.map(({ value }) => new Float32Array(value.length));
    let loss = 0;
    for (const batch of batches) loss += this.#loss(batch, gradients) / batches.length;
    loss = this.lossAt(this.steps + 1, loss);
    if (Number.isNaN(loss)) return { loss, mse: loss };
    this.steps++;
    this.tensors.forEach((tensor, i) => {
      adamW(tensor, gradients[i]!, this.steps, learningRate);
    });
    return { loss, mse: loss };
  }

  async evaluate(batch: Batch): Promise<Losses> {
    const loss = this.heldOutAt(this.steps, this.#loss(batch));
    return { loss, mse: loss };
  }

  async state(): Promise<TrainingState> {
    return { steps: this.steps, tensors: this.tensors };
  }

  load({ steps, tensors }: TrainingState): void {
    const fits = tensors.map(({ name }) => name).join() === this.tensors.map(({ name }) => name).join();
    if (!fits) throw new UserError('checkpoint.mismatch', 'Other tensors.');
    this.steps = steps;
    this.tensors.forEach(({ value, m, v }, i) => {
      value.set(tensors[i]!.value);
      m.set(tensors[i]!.m);
      v.set(tensors[i]!.v);
    });
  }

  async release(): Promise<void> {
    await Promise.resolve();
  }

  /** Mean of (w - target)^2, the target made of x0, noise and t; adds to the gradients. */
  #loss({ x0, noise, t }: Batch, gradients?: readonly Float32Array[]): number {
    const size = x0.length / this.batch;
    const total = this.tensors.reduce((sum, { value }) => sum + value.length, 0) * this.batch;
    let loss = 0;
    t.forEach((time, image) => {
      this.tensors.forEach(({ value }, i) => {
        const gradient = gradients?.[i];
        for (let j = 0; j < value.length; j++) {
          const at = image * size + (j % size);
          const away = value[j]! - (x0[at]! + 0.3 * noise[at]! + time / 1000);
          loss += (away * away) / total;
          if (gradient) gradient[j] = gradient[j]! + (2 * away) / total;
        }
      });
    });
    return loss;
  }
}

function tensorOf(name: string, shape: readonly number[], seed: number): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return {
    name,
    shape,
    value: randomData(size, seed),
    m: new Float32Array(size),
    v: new Float32Array(size),
  };
}

function adamW({ value, m, v }: Tensor, gradient: Float32Array, step: number, learningRate: number): void {
  for (let i = 0; i < value.length; i++) {
    m[i] = 0.9 * m[i]! + 0.1 * gradient[i]!;
    v[i] = 0.999 * v[i]! + 0.001 * gradient[i]! ** 2;
    const [first, second] = [m[i]! / (1 - 0.9 ** step), v[i]! / (1 - 0.999 ** step)];
    value[i] = value[i]! - (learningRate * first) / (Math.sqrt(second) + 1e-8);
  }
}

/** 2 x 2 photos. */
export const SIZE = 2;

export function album(count: number, seed = 7): Float32Array[] {
  return Array.from({ length: count }, (_, i) => randomData(3 * SIZE * SIZE, seed + i));
}

/** `fast`, with numbers that small photos want. */
export function recipe(change: Partial<Recipe> = {}): Recipe {
  const fast = recipeFor('fast', { album: 'personal' });
  const heldOut = { oneIn: 8, most: 4, pairs: 16, every: 10, patience: 100, draws: 3 };
  return { ...fast, learningRate: 0.05, steps: 60, heldOut, ...change };
}

export function request(checkpointFile: string, change: Partial<FinetuneRequest> = {}): FinetuneRequest {
  return {
    images: album(9),
    imageSize: SIZE,
    T: 1000,
    base: 'base 1',
    recipe: recipe(),
    seed: 5,
    checkpointFile,
    clock: () => 0,
    ...change,
  };
}

/** Runs to the end, or until `stop` says so, which leaves the run as a crash would. */
export async function follow(
  run: AsyncGenerator<FinetuneEvent, FinetuneResult>,
  stop: (event: FinetuneEvent) => boolean = () => false,
): Promise<{ events: FinetuneEvent[]; result: FinetuneResult | undefined }> {
  const events: FinetuneEvent[] = [];
  for (;;) {
    const next = await run.next();
    if (next.done) return { events, result: next.value };
    events.push(next.value);
    if (stop(next.value)) return { events, result: undefined };
  }
}

/** The UserError a run ends with. */
export async function failureOf(run: Promise<unknown>): Promise<UserError> {
  try {
    await run;
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
