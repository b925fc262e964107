/**
 * Trains the face detector with this project's own gradients and optimizer, in pieces: started again with the same --state
 * it goes on. README.md says how; loss.ts is the graph, producer.ts draws the pictures, pack.ts makes the bundled model.
 */
import { appendFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { Option } from 'commander';
import { invariant } from '../../src/domain/errors.ts';
import { openRuntime } from '../../src/engine/runtime/ort.ts';
import { noWeights } from '../../src/engine/runtime/session.ts';
import type { Tensors } from '../../src/engine/runtime/session.ts';
import { ADAMW, adamW } from '../../src/engine/train/adamw.ts';
import { command, number, whole } from '../command.ts';
import { GRADIENT } from './loss.ts';
import type { ProducerOptions } from './producer.ts';
import { readPortraits } from './portraits.ts';
import { openRun, saveRun } from './state.ts';
import type { Learned } from './state.ts';
import { tasks } from './tasks.ts';
import type { Task, TaskName } from './tasks.ts';

interface Options {
  readonly portraits: string;
  readonly labels: string;
  readonly task: TaskName;
  readonly state?: string;
  readonly log?: string;
  readonly seed: number;
  readonly minutes: number;
  readonly rate?: number;
  readonly threads: number;
}

const options = command(
  'node training/detector/train.ts',
  'Trains a network of the face detector; started again with the same --state it goes on.',
)
  .requiredOption('--portraits <folder>', 'the pictures')
  .requiredOption('--labels <file>', 'their portraits.json')
  .addOption(new Option('--task <name>', 'which network').choices(Object.keys(tasks)).default('detector'))
  .option('--state <file>', 'the run on disk (default: face-TASK.safetensors)')
  .option('--log <file>', 'where its lines go (default: face-TASK.log)')
  .option('--seed <n>', 'decides the first weights and every picture', whole(0), 1)
  .option('--minutes <n>', 'of training; the learning rate falls to nothing over it', number(0), 45)
  .option('--rate <r>', "highest learning rate (default: the task's)", number(0))
  .option('--threads <n>', 'CPU threads', whole(1), 1)
  .parse()
  .opts<Options>();
const { portraits, labels, task, seed } = options;

const WARM_UP = 300;
/** Largest norm of all gradients together. */
const CLIP = 4;
/** A network without norms wants a second moment that follows soon. */
const OPTIMIZER = { ...ADAMW, beta2: 0.99 };
const SAVE_SECONDS = 120;
const JUDGE_EVERY = 500;
const JUDGED_BATCHES = 6;
const JUDGED_SEED = 1_000_003;

const chosen: Task = tasks[task];
const { batch, parts } = chosen;
/** Seconds. */
const limit = 60 * options.minutes;
const rate = options.rate ?? chosen.rate;
const statePath = options.state ?? `face-${task}.safetensors`;
const logPath = options.log ?? `face-${task}.log`;
const graph = chosen.graph();
const run = openRun(statePath, graph, seed);
const names = new Set(run.tensors.map(({ name }) => name));
const runtime = await openRuntime('cpu', { threads: options.threads });
const network = await runtime.compile(graph, noWeights, names);
const heldOut = await readPortraits(portraits, labels, true);
const judged = Array.from({ length: JUDGED_BATCHES }, (_, i) => chosen.draw(heldOut, JUDGED_SEED, i));

const producing: ProducerOptions = { task, portraits, labels, seed };
const worker = new Worker(new URL('producer.ts', import.meta.url), { workerData: producing });
const waiting: ((batch: Tensors) => void)[] = [];
worker.on('message', (made: Tensors) => waiting.shift()?.(made));
worker.on('error', (error) => {
  throw error;
});
const order = (index: number): Promise<Tensors> =>
  new Promise((resolve) => {
    waiting.push(resolve);
    worker.postMessage(index);
  });

const ahead = [order(run.step), order(run.step + 1), order(run.step + 2)];
const none = (): Record<string, number> => Object.fromEntries([...parts, 'norm'].map((part) => [part, 0]));
let sums = none();
let counted = 0;
let savedAt = run.seconds;
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
say(`begins at step ${run.step}, ${Math.round(run.seconds)} s`);
while (run.seconds < limit && !stop.signal.aborted) {
  const begun = performance.now();
  const made = await ahead.shift()!;
  ahead.push(order(run.step + 3));
  const out = await network.run({ ...weightsOf('value'), ...made });
  const norm = learn(out);
  if (Number.isFinite(norm)) {
    for (const part of parts) sums[part]! += out[part]![0]!;
    sums['norm']! += norm;
    counted++;
  } else say(`step ${run.step}: not a number, passed over`);
  run.step++;
  run.images += batch;
  run.seconds += (performance.now() - begun) / 1000;
  if (run.step % 100 === 0) {
    const means = Object.entries(sums).map(
      ([part, sum]) => `${part} ${(sum / Math.max(1, counted)).toFixed(4)}`,
    );
    say(`step ${run.step} ${Math.round(run.seconds)} s ${means.join(' ')}`);
    sums = none();
    counted = 0;
  }
  if (run.step % JUDGE_EVERY === 0) await judge();
  if (run.seconds - savedAt > SAVE_SECONDS) save();
}
save();
await judge();
await worker.terminate();
await runtime.release();

/** One optimizer step at a rate that rises, then falls as a cosine over the time given; the gradient's norm. */
function learn(out: Tensors): number {
  let squares = 0;
  for (const { name } of run.tensors) for (const g of gradientOf(out, name)) squares += g * g;
  if (!Number.isFinite(squares)) return NaN;
  const falling = 0.5 * (1 + Math.cos(Math.PI * Math.min(1, run.seconds / limit)));
  const now = rate * Math.min(1, (run.step + 1) / WARM_UP) * falling;
  const scale = Math.min(1, CLIP / Math.sqrt(squares));
  const keep = Math.min(0.998, run.step / (run.step + 10));
  for (const tensor of run.tensors) {
    adamW(tensor, gradientOf(out, tensor.name), run.step + 1, now, scale, OPTIMIZER);
    const { mean, value } = tensor;
    for (let i = 0; i < mean.length; i++) mean[i] = keep * mean[i]! + (1 - keep) * value[i]!;
  }
  return Math.sqrt(squares);
}

function gradientOf(out: Tensors, name: string): Float32Array {
  const gradient = out[GRADIENT + name];
  invariant(gradient, `the step puts out the gradient of ${name}`);
  return gradient;
}

function weightsOf(part: 'value' | 'mean'): Tensors {
  return Object.fromEntries(run.tensors.map((tensor: Learned) => [tensor.name, tensor[part]]));
}

/** The loss of the mean weights on scenes of held-out portraits. */
async function judge(): Promise<void> {
  const total = parts.map(() => 0);
  for (const inputs of judged) {
    const out = await network.run({ ...weightsOf('mean'), ...inputs });
    parts.forEach((part, i) => (total[i] = total[i]! + out[part]![0]! / judged.length));
  }
  say(`held out at ${run.step}: ${parts.map((part, i) => `${part} ${total[i]!.toFixed(4)}`).join(' ')}`);
}

function save(): void {
  saveRun(statePath, run);
  savedAt = run.seconds;
}

function say(line: string): void {
  appendFileSync(logPath, `${line}\n`);
}
