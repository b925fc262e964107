/**
 * The Trainer on a device: one graph holds loss, gradients and AdamW, and the weights and moments stay on the device from
 * step to step; only losses come back. step.ts is the CPU's, with the same numbers.
 */
import { invariant } from '../../domain/errors.ts';
import type { GraphBuilder } from '../graph/build.ts';
import type { Graph, Value } from '../graph/ir.ts';
import type { Executable, ResidentExecutable, Runtime, Tensors } from '../runtime/session.ts';
import { ADAMW, adamWFactors } from './adamw.ts';
import type { AdamWOptions } from './adamw.ts';
import {
  addGradients,
  batchInputs,
  checkState,
  evaluationGraph,
  initialState,
  lossesOf,
  newBuilder,
} from './graphs.ts';
import type { NamedShape, TrainablePrior, TrainerOptions } from './graphs.ts';
import type { Batch, Losses, Trainer, TrainingState } from './trainer.ts';

const M = ' m';
const V = ' v';
const NEXT = 'next ';

/**
 * One whole step. Beside a batch's inputs: `rate` and `root` [1] (adamWFactors). State: NAME, `NAME m`, `NAME v`. Outputs:
 * losses, `norm` [1] (the squared norm of all gradients), and `next ...` of the state.
 */
function deviceStepGraph(
  prior: Pick<TrainablePrior, 'config'>,
  options: Pick<TrainerOptions, 'trainable' | 'batch'>,
): { readonly graph: Graph; readonly state: ReadonlyMap<string, string> } {
  const b = newBuilder(options.trainable);
  const { losses, learned } = addGradients(b, prior.config, options.trainable, options.batch);
  const rate = b.input('rate', [1]);
  const root = b.input('root', [1]);
  const outputs: Record<string, Value> = { ...losses };
  const state = new Map<string, string>();
  let norm: Value | undefined;
  for (const { name, value, gradient } of learned) {
    const m = b.input(name + M, value.shape);
    const v = b.input(name + V, value.shape);
    const next = b.scope('adamw', () => adamWNodes(b, { value, m, v, gradient, rate, root }, ADAMW));
    for (const [input, output] of [
      [name, next.value],
      [name + M, next.m],
      [name + V, next.v],
    ] as const) {
      state.set(input, NEXT + input);
      outputs[NEXT + input] = output;
    }
    const squares = b.reshape(
      b.sum(
        b.mul(gradient, gradient),
        gradient.shape.map((_, i) => i),
      ),
      [1],
    );
    norm = norm ? b.add(norm, squares) : squares;
  }
  invariant(norm, 'something is learned');
  return { graph: b.finish('device-step', { ...outputs, norm }), state };
}

interface AdamWValues {
  readonly value: Value;
  readonly m: Value;
  readonly v: Value;
  readonly gradient: Value;
  readonly rate: Value;
  readonly root: Value;
}

/** adamw.ts as graph, without weight decay. */
function adamWNodes(b: GraphBuilder, given: AdamWValues, { beta1, beta2, eps, weightDecay }: AdamWOptions) {
  invariant(weightDecay === 0, 'the published recipe has no weight decay');
  const { value, m, v, gradient, rate, root } = given;
  const blend = (old: Value, fresh: Value, beta: number): Value =>
    b.add(b.mul(old, b.scalar(beta)), b.mul(fresh, b.scalar(1 - beta)));
  const nextM = blend(m, gradient, beta1);
  const nextV = blend(v, b.mul(gradient, gradient), beta2);
  const denominator = b.add(b.mul(b.sqrt(nextV), root), b.scalar(eps));
  return { value: b.sub(value, b.div(b.mul(nextM, rate), denominator)), m: nextM, v: nextV };
}

/** Compiles the step and puts the first state on the device. Micro-batches are not summed there: one a step. */
export async function openDeviceTrainer(
  prior: TrainablePrior,
  runtime: Runtime,
  options: TrainerOptions,
): Promise<Trainer> {
  const { graph, state } = deviceStepGraph(prior, options);
  const resident = await runtime.compileResident(graph, prior.weights, state);
  const first = initialState(
    prior,
    graph,
    [...state.keys()].filter((name) => !name.endsWith(M) && !name.endsWith(V)),
    options.seed,
  );
  resident.write(flatten(first));
  // not the numbers: the device has them
  const learned = first.tensors.map(({ name, shape }) => ({ name, shape }));
  return new DeviceTrainer(prior, runtime, options, resident, learned);
}

class DeviceTrainer implements Trainer {
  readonly batch: number;
  readonly #prior: TrainablePrior;
  readonly #runtime: Runtime;
  readonly #options: TrainerOptions;
  readonly #resident: ResidentExecutable;
  readonly #learned: readonly NamedShape[];
  #evaluation: Executable | undefined;
  #steps = 0;

  constructor(
    prior: TrainablePrior,
    runtime: Runtime,
    options: TrainerOptions,
    resident: ResidentExecutable,
    learned: readonly NamedShape[],
  ) {
    this.batch = options.batch;
    this.#prior = prior;
    this.#runtime = runtime;
    this.#options = options;
    this.#resident = resident;
    this.#learned = learned;
  }

  async step(batches: readonly Batch[], learningRate: number): Promise<Losses> {
    const [batch, ...more] = batches;
    invariant(batch && more.length === 0, 'a device step takes one batch');
    const { rate, root } = adamWFactors(this.#steps + 1, learningRate);
    const factors = { rate: Float32Array.of(rate), root: Float32Array.of(root) };
    const sound = ({ loss, norm }: Tensors): boolean =>
      Number.isFinite(loss?.[0]) && Number.isFinite(norm?.[0]);
    const outputs = await this.#resident.run({ ...batchInputs(this.#prior, batch), ...factors }, sound);
    if (!sound(outputs)) return { ...lossesOf(outputs), loss: NaN };
    this.#steps++;
    return lossesOf(outputs);
  }

  async evaluate(batch: Batch): Promise<Losses> {
    const { trainable } = this.#options;
    const graph = evaluationGraph(this.#prior.config, trainable, this.batch);
    const names = new Set(this.#learned.map(({ name }) => name));
    this.#evaluation ??= await this.#runtime.compile(graph, this.#prior.weights, names);
    return lossesOf(
      await this.#evaluation.run({ ...(await this.#resident.read()), ...batchInputs(this.#prior, batch) }),
    );
  }

  async state(): Promise<TrainingState> {
    const data = await this.#resident.read();
    const tensors = this.#learned.map(({ name, shape }) => ({
      name,
      shape,
      value: data[name]!,
      m: data[name + M]!,
      v: data[name + V]!,
    }));
    return { steps: this.#steps, tensors };
  }

  load(state: TrainingState): void {
    checkState(this.#learned, state);
    this.#resident.write(flatten(state));
    this.#steps = state.steps;
  }

  async release(): Promise<void> {
    await this.#evaluation?.release();
    await this.#resident.release();
  }
}

function flatten({ tensors }: TrainingState): Tensors {
  return Object.fromEntries(
    tensors.flatMap(({ name, value, m, v }) => [
      [name, value],
      [name + M, m],
      [name + V, v],
    ]),
  );
}
