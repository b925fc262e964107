/**
 * One measurement in a process of its own, so that memory and caches start clean: `child.ts forward NET RUNS`,
 * `child.ts ceiling RUNS`, `child.ts memory RUNS`, `child.ts load FILE`, `child.ts train NET BATCH full|adapter LOWERING cpu|device STEPS`. Prints
 * one line of JSON; run.ts starts it.
 */
import { linearSchedule } from '../src/engine/diffusion/schedule.ts';
import { gaussian } from '../src/engine/diffusion/noise.ts';
import { GraphBuilder } from '../src/engine/graph/build.ts';
import type { Graph } from '../src/engine/graph/ir.ts';
import { compileDenoiser, forwardGraph, openPrior } from '../src/engine/prior.ts';
import { openRuntime } from '../src/engine/runtime/ort.ts';
import { openDeviceTrainer } from '../src/engine/train/device-step.ts';
import { openTrainer } from '../src/engine/train/step.ts';
import { peakMegabytes, time } from './meter.ts';
import { gigaFlops, isNetName, madeUpWeights, nets } from './nets.ts';

async function forward(net: string | undefined, runs: number): Promise<object> {
  if (!isNetName(net)) throw new Error(`no net ${net ?? ''}`);
  const config = nets[net];
  const graph = forwardGraph(config, 1);
  await using runtime = await openRuntime('cpu');
  const network = await runtime.compile(graph, madeUpWeights);
  const x_t = new Float32Array(3 * config.imageSize ** 2).fill(0.1);
  const ms = await time(runs, () => network.run({ x_t, t: Float32Array.of(100) }));
  return { ms, peakMB: peakMegabytes() };
}

/** The best rate of 3x3 convolutions alone, in a chain of eight, as the provider's own kernels do them. */
async function ceiling(runs: number): Promise<object> {
  await using runtime = await openRuntime('cpu');
  let best = 0;
  for (const [channels, side] of [
    [64, 64],
    [128, 64],
    [256, 32],
    [128, 256],
  ] as const) {
    const graph = convChain(channels, side);
    const chain = await runtime.compile(graph, madeUpWeights);
    const x = new Float32Array(channels * side * side).fill(0.1);
    const ms = await time(runs, () => chain.run({ x }));
    best = Math.max(best, gigaFlops(graph) / (Math.min(...ms) / 1000));
    await chain.release();
  }
  return { gflops: best };
}

function convChain(channels: number, side: number): Graph {
  const b = new GraphBuilder();
  let y = b.input('x', [1, channels, side, side]);
  for (let i = 0; i < 8; i++) {
    y = b.conv(
      y,
      b.parameter(`w${i}`, [channels, channels, 3, 3]),
      b.parameter(`b${i}`, [channels]),
      1,
      [1, 1, 1, 1],
    );
  }
  return b.finish('ceiling', { y: b.groupMean(y, channels / 8) });
}

/** How fast one core reads and writes memory: copies of 256 MB, far more than any cache holds. */
async function memory(runs: number): Promise<object> {
  const from = new Float32Array(1 << 26).fill(1);
  const to = new Float32Array(from.length);
  const ms = await time(runs, () => {
    to.set(from);
    return Promise.resolve();
  });
  return { gigabytes: (2 * from.byteLength) / 1e6 / Math.min(...ms) };
}

/** From a checkpoint on disk to the end of its first denoising step. */
async function load(path: string | undefined): Promise<object> {
  const start = performance.now();
  using prior = openPrior(path ?? '');
  await using runtime = await openRuntime('cpu');
  const denoiser = await compileDenoiser(prior, runtime, 1);
  const ready = performance.now() - start;
  await denoiser.predict(new Float32Array(denoiser.shape.reduce((a, d) => a * d)).fill(0.1), 100);
  return {
    readyMs: ready,
    firstStepMs: performance.now() - start,
    peakMB: peakMegabytes(),
    bytes: prior.store.fileBytes,
  };
}

/** Whole optimizer steps on made-up images. */
async function train(
  net: string | undefined,
  batch: number,
  kind: string | undefined,
  lowering: string | undefined,
  trainer: string | undefined,
  steps: number,
): Promise<object> {
  if (!isNetName(net)) throw new Error(`no net ${net ?? ''}`);
  const config = nets[net];
  const options = {
    trainable: kind === 'adapter' ? ({ kind, rank: 8 } as const) : ({ kind: 'full' } as const),
    batch,
    seed: 1,
  };
  await using runtime = await openRuntime('cpu', { lowering: lowering as 'blocked' | 'plain' | 'portable' });
  const prior = { config, schedule: linearSchedule(), weights: madeUpWeights };
  const open = trainer === 'device' ? openDeviceTrainer : openTrainer;
  const opened = await open(prior, runtime, options);
  const size = batch * 3 * config.imageSize ** 2;
  const noise = new Float32Array(size);
  gaussian(1, 0).fill(noise);
  const images = { x0: new Float32Array(size).fill(0.1), noise, t: Array.from({ length: batch }, () => 100) };
  const ms = await time(steps, () => opened.step([images], 1e-5));
  return { ms, peakMB: peakMegabytes() };
}

const [what, ...args] = process.argv.slice(2);
const jobs: Record<string, () => Promise<object>> = {
  forward: () => forward(args[0], Number(args[1] ?? 5)),
  ceiling: () => ceiling(Number(args[0] ?? 5)),
  memory: () => memory(Number(args[0] ?? 5)),
  load: () => load(args[0]),
  train: () => train(args[0], Number(args[1]), args[2], args[3], args[4], Number(args[5])),
};
const job = jobs[what ?? ''];
if (!job) throw new Error(`no bench ${what ?? ''}`);
console.log(JSON.stringify(await job()));
