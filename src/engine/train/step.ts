/**
 * The Trainer on the CPU: one graph from a micro-batch to losses and gradients, then AdamW in place over the same buffers.
 * graphs.ts makes the graph, device-step.ts is the trainer for GPUs; finetune.ts drives either.
 */
import { invariant } from '../../domain/errors.ts';
import type { Graph } from '../graph/ir.ts';
import type { UNetConfig } from '../nn/config.ts';
import { allFinite } from '../numbers.ts';
import type { Executable, Runtime, Tensors } from '../runtime/session.ts';
import { adamW } from './adamw.ts';
import { openDeviceTrainer } from './device-step.ts';
import {
  addGradients,
  batchInputs,
  checkState,
  evaluationGraph,
  initialState,
  lossesOf,
  newBuilder,
} from './graphs.ts';
import type { Trainable, TrainablePrior, TrainerOptions } from './graphs.ts';
import type { Batch, Losses, TrainedTensor, Trainer, TrainingState } from './trainer.ts';

const GRADIENT = 'gradient of ';

/** Losses and gradients of one micro-batch: outputs loss [1], mse [B], vb [B] where learned, and `gradient of NAME`. */
export function trainingGraph(config: UNetConfig, trainable: Trainable, batch: number): Graph {
  const b = newBuilder(trainable);
  const { losses, learned } = addGradients(b, config, trainable, batch);
  const outputs = Object.fromEntries(learned.map(({ name, gradient }) => [GRADIENT + name, gradient]));
  return b.finish('train', { ...losses, ...outputs });
}

/**
 * Reads the weights that will change into memory of their own and compiles the step: on the CPU here, else on the device.
 * The caller releases it.
 */
export async function openTrainer(
  prior: TrainablePrior,
  runtime: Runtime,
  options: TrainerOptions,
): Promise<Trainer> {
  if (runtime.provider !== 'cpu') return openDeviceTrainer(prior, runtime, options);
  const { trainable, batch, seed } = options;
  const graph = trainingGraph(prior.config, trainable, batch);
  const names = graph.outputs.flatMap(({ name }) =>
    name.startsWith(GRADIENT) ? [name.slice(GRADIENT.length)] : [],
  );
  const { tensors } = initialState(prior, graph, names, seed);
  const compile = (g: Graph): Promise<Executable> => runtime.compile(g, prior.weights, new Set(names));
  return new CpuTrainer(prior, batch, tensors, await compile(graph), () =>
    compile(evaluationGraph(prior.config, trainable, batch)),
  );
}

class CpuTrainer implements Trainer {
  readonly batch: number;
  readonly #prior: TrainablePrior;
  readonly #tensors: readonly TrainedTensor[];
  readonly #step: Executable;
  readonly #openEvaluation: () => Promise<Executable>;
  #evaluation: Executable | undefined;
  #steps = 0;

  constructor(
    prior: TrainablePrior,
    batch: number,
    tensors: readonly TrainedTensor[],
    step: Executable,
    openEvaluation: () => Promise<Executable>,
  ) {
    this.#prior = prior;
    this.batch = batch;
    this.#tensors = tensors;
    this.#step = step;
    this.#openEvaluation = openEvaluation;
  }

  async step(batches: readonly Batch[], learningRate: number): Promise<Losses> {
    invariant(batches.length > 0, 'a step has a batch');
    let sum: Record<string, Float32Array> | undefined;
    const losses: Losses[] = [];
    for (const batch of batches) {
      const outputs = await this.#step.run(this.#inputs(batch));
      losses.push(lossesOf(outputs));
      if (!sum) sum = { ...outputs };
      else for (const { name } of this.#tensors) accumulate(sum[GRADIENT + name]!, outputs[GRADIENT + name]!);
    }
    const result = meanOf(losses);
    const gradientOf = (name: string): Float32Array => sum![GRADIENT + name]!;
    const sound =
      Number.isFinite(result.loss) && this.#tensors.every(({ name }) => allFinite(gradientOf(name)));
    if (!sound) return { ...result, loss: NaN };
    this.#steps++;
    for (const tensor of this.#tensors)
      adamW(tensor, gradientOf(tensor.name), this.#steps, learningRate, 1 / batches.length);
    return result;
  }

  async evaluate(batch: Batch): Promise<Losses> {
    this.#evaluation ??= await this.#openEvaluation();
    return lossesOf(await this.#evaluation.run(this.#inputs(batch)));
  }

  async state(): Promise<TrainingState> {
    return { steps: this.#steps, tensors: this.#tensors };
  }

  load(state: TrainingState): void {
    checkState(this.#tensors, state);
    const saved = new Map(state.tensors.map((tensor) => [tensor.name, tensor]));
    for (const tensor of this.#tensors) {
      const from = saved.get(tensor.name)!;
      tensor.value.set(from.value);
      tensor.m.set(from.m);
      tensor.v.set(from.v);
    }
    this.#steps = state.steps;
  }

  async release(): Promise<void> {
    await this.#step.release();
    await this.#evaluation?.release();
  }

  #inputs(batch: Batch): Tensors {
    const weights = Object.fromEntries(this.#tensors.map(({ name, value }) => [name, value]));
    return { ...weights, ...batchInputs(this.#prior, batch) };
  }
}

function meanOf(losses: readonly Losses[]): Losses {
  const mean = (pick: (l: Losses) => number): number =>
    losses.reduce((s, l) => s + pick(l), 0) / losses.length;
  const vb = mean((l) => l.vb ?? NaN);
  return { loss: mean((l) => l.loss), mse: mean((l) => l.mse), ...(Number.isNaN(vb) ? {} : { vb }) };
}

function accumulate(sum: Float32Array, more: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + more[i]!;
}
