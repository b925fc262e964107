/**
 * The Trainer on the CPU: one graph from a micro-batch to losses and gradients, then AdamW in place over the same buffers.
 * loss.ts and nn/lora.ts make the graph, autodiff differentiates it; finetune.ts drives it.
 */
import { UserError, invariant } from '../../domain/errors.ts';
import { gradients } from '../autodiff/vjp.ts';
import { gaussian } from '../diffusion/noise.ts';
import { GraphBuilder } from '../graph/build.ts';
import type { Graph } from '../graph/ir.ts';
import { sameShape, sizeOf } from '../graph/shape.ts';
import type { UNetConfig } from '../nn/config.ts';
import { AdaptedBuilder } from '../nn/lora.ts';
import { unet } from '../prior.ts';
import type { Prior } from '../prior.ts';
import type { Executable, Runtime, Tensors } from '../runtime/session.ts';
import { adamW } from './adamw.ts';
import { lossGraph, lossTerms } from './loss.ts';
import type { Batch, Losses, TrainedTensor, Trainer, TrainingState } from './trainer.ts';

/** What is learned: all weights, or adapters of a rank beside frozen ones. */
export type Trainable = { readonly kind: 'full' } | { readonly kind: 'adapter'; readonly rank: number };

export interface TrainerOptions {
  readonly trainable: Trainable;
  /** Images in a micro-batch: larger ones are no faster a image, and take more memory. */
  readonly batch: number;
  /** Decides the adapters' first values. */
  readonly seed: number;
}

const GRADIENT = 'gradient of ';

/** Losses and gradients of one micro-batch: outputs loss [1], mse [B], vb [B] where learned, and `gradient of NAME`. */
export function trainingGraph(config: UNetConfig, trainable: Trainable, batch: number): Graph {
  const b = trainable.kind === 'adapter' ? new AdaptedBuilder(trainable.rank) : new GraphBuilder();
  const { loss, ...parts } = lossOf(b, config, batch);
  const { parameters } = b.finish('forward', { loss });
  const learned = parameters.filter(({ name }) => trainable.kind === 'full' || isAdapter(name));
  const found = gradients(
    b,
    loss,
    learned.map(({ value }) => value),
  );
  const outputs = Object.fromEntries(learned.map(({ name }, i) => [GRADIENT + name, found[i]!]));
  return b.finish('train', { loss, ...parts, ...outputs });
}

function evaluationGraph(config: UNetConfig, trainable: Trainable, batch: number): Graph {
  const b = trainable.kind === 'adapter' ? new AdaptedBuilder(trainable.rank) : new GraphBuilder();
  return b.finish('evaluate', { ...lossOf(b, config, batch) });
}

function lossOf(b: GraphBuilder, config: UNetConfig, batch: number) {
  const { imageSize: s, outChannels } = config;
  return lossGraph(b, [batch, 3, s, s], outChannels === 6, (x_t, t) => unet(b, config, x_t, t));
}

function isAdapter(name: string): boolean {
  return name.endsWith('.lora.a') || name.endsWith('.lora.b');
}

/** Reads the weights that will change into memory of their own and compiles the step. */
export async function openTrainer(prior: Prior, runtime: Runtime, options: TrainerOptions): Promise<Trainer> {
  const { trainable, batch } = options;
  const graph = trainingGraph(prior.config, trainable, batch);
  const names = new Set(
    graph.outputs.flatMap(({ name }) => (name.startsWith(GRADIENT) ? [name.slice(GRADIENT.length)] : [])),
  );
  const tensors = graph.parameters
    .filter(({ name }) => names.has(name))
    .map(({ name, value: { shape } }, i): TrainedTensor => {
      const size = sizeOf(shape);
      const value = new Float32Array(size);
      if (name.endsWith('.lora.a')) firstAdapter(value, shape, options.seed, i);
      else if (!name.endsWith('.lora.b')) prior.weights.readInto(name, value);
      return { name, shape, value, m: new Float32Array(size), v: new Float32Array(size) };
    });
  const compile = (g: Graph): Promise<Executable> => runtime.compile(g, prior.weights, names);
  return new CpuTrainer(prior, batch, tensors, await compile(graph), () =>
    compile(evaluationGraph(prior.config, trainable, batch)),
  );
}

/** a ~ N(0, 1/I), b = 0: the adapted model begins as its base. */
function firstAdapter(
  value: Float32Array,
  [, inputs = 1]: readonly number[],
  seed: number,
  index: number,
): void {
  gaussian(seed, index).fill(value);
  const scale = 1 / Math.sqrt(inputs);
  for (let i = 0; i < value.length; i++) value[i] = value[i]! * scale;
}

class CpuTrainer implements Trainer {
  readonly batch: number;
  readonly #prior: Prior;
  readonly #tensors: readonly TrainedTensor[];
  readonly #step: Executable;
  readonly #openEvaluation: () => Promise<Executable>;
  #evaluation: Executable | undefined;
  #steps = 0;

  constructor(
    prior: Prior,
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

  state(): TrainingState {
    return { steps: this.#steps, tensors: this.#tensors };
  }

  load(state: TrainingState): void {
    const saved = new Map(state.tensors.map((tensor) => [tensor.name, tensor]));
    const fits = this.#tensors.every(({ name, shape }) => sameShape(saved.get(name)?.shape ?? [], shape));
    if (!fits || saved.size !== this.#tensors.length)
      throw new UserError(
        'checkpoint.mismatch',
        'The saved training state is of another model or kind of finetune.',
        'Start the finetune anew.',
      );
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

  #inputs({ x0, noise, t }: Batch): Tensors {
    const learned = this.#prior.config.outChannels === 6;
    const weights = Object.fromEntries(this.#tensors.map(({ name, value }) => [name, value]));
    return { ...weights, x0, noise, t: Float32Array.from(t), ...lossTerms(this.#prior.schedule, t, learned) };
  }
}

function lossesOf({ loss, mse, vb }: Tensors): Losses {
  const mean = (values: Float32Array): number => values.reduce((s, v) => s + v, 0) / values.length;
  invariant(loss && mse, 'the step has losses');
  return { loss: loss[0]!, mse: mean(mse), ...(vb ? { vb: mean(vb) } : {}) };
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

/** A sum of x - x is 0 exactly when every x is a number. */
function allFinite(values: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! - values[i]!;
  return sum === 0;
}
