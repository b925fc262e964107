/**
 * One measurement of growth.ts in a process of its own: `forward SIDE`, `restore STEPS`, `photo FILE OUT`, `finetune PHOTOS`, `album
 * IMAGES`. Prints one line of JSON.
 */
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { runCli } from '../src/cli/program.ts';
import { gaussian } from '../src/engine/diffusion/noise.ts';
import { generateAlbum } from '../src/engine/album.ts';
import { finetune } from '../src/engine/finetune.ts';
import { recipeFor } from '../src/engine/finetune/recipes.ts';
import { compileDenoiser, forwardGraph, openPrior } from '../src/engine/prior.ts';
import { restore } from '../src/engine/restore.ts';
import { openRuntime } from '../src/engine/runtime/ort.ts';
import { openTrainer } from '../src/engine/train/step.ts';
import { last, peakMegabytes, time } from './meter.ts';
import { madeUpWeights, nets } from './nets.ts';
import type { Timing } from './run.ts';

const MODEL = join(import.meta.dirname, '../resources/models/face-128/prior.safetensors');

/** [3,S,S] of noise: what is in a picture does not change what it costs. */
function picture(side: number, index = 0): Float32Array {
  const image = new Float32Array(3 * side * side);
  gaussian(1, index).fill(image);
  return image.map((value) => Math.max(-1, Math.min(1, value / 3)));
}

async function forward(side: number): Promise<number[]> {
  await using runtime = await openRuntime('cpu');
  const network = await runtime.compile(forwardGraph({ ...nets.m128, imageSize: side }, 1), madeUpWeights);
  return await time(5, () => network.run({ x_t: picture(side), t: Float32Array.of(100) }));
}

async function restoring(steps: number): Promise<number[]> {
  using prior = openPrior(MODEL);
  await using runtime = await openRuntime('cpu');
  const denoiser = await compileDenoiser(prior, runtime, 1);
  const photo = picture(prior.config.imageSize);
  return await time(3, () => last(restore(denoiser, { photo, K: 200, sampler: 'ddim', steps, seed: 1 })));
}

/** The command line, from its first argument to its last word; the start of Node is not in it. */
async function wholePhoto(photo: string, out: string): Promise<number[]> {
  const quiet = new Writable({ write: (_chunk, _encoding, done) => done() });
  const start = performance.now();
  const code = await runCli(['restore', photo, '--out', out, '--steps', '20', '--overwrite'], {
    ...{ stdout: quiet, stderr: quiet, env: process.env, signal: new AbortController().signal },
  });
  if (code !== 0) throw new Error(`albumen restore ended with ${code}`);
  return [performance.now() - start];
}

/** Milliseconds between steps. */
async function finetuning(photos: number): Promise<number[]> {
  using prior = openPrior(MODEL);
  await using runtime = await openRuntime('cpu');
  const recipe = recipeFor('fast', { album: 'personal' });
  const trainable = { kind: 'adapter', rank: recipe.rank } as const;
  const trainer = await openTrainer(prior, runtime, { trainable, batch: recipe.batch, seed: 1 });
  const checkpointFile = join(tmpdir(), `albumen-bench-${process.pid}.safetensors`);
  const stop = new AbortController();
  const run = finetune(trainer, {
    images: Array.from({ length: photos }, (_, i) => picture(prior.config.imageSize, i)),
    imageSize: prior.config.imageSize,
    T: prior.schedule.T,
    base: prior.weights.id,
    ...{ recipe, seed: 1, checkpointFile, signal: stop.signal },
  });
  const at: number[] = [];
  try {
    for await (const event of run) {
      if (event.kind === 'step') at.push(performance.now());
      if (at.length > 8) break;
    }
  } finally {
    rmSync(checkpointFile, { force: true });
  }
  // the first step compiles, and the second follows a checkpoint
  return at.slice(2).map((end, i) => end - at[i + 1]!);
}

async function album(size: number): Promise<number[]> {
  using prior = openPrior(MODEL);
  await using runtime = await openRuntime('cpu');
  const photo = picture(prior.config.imageSize);
  return await time(1, () => last(generateAlbum(prior, runtime, { photo, size, steps: 5, seed: 1 })));
}

const [what, ...args] = process.argv.slice(2);
const [first = '', second = ''] = args;
const parts: Record<string, () => Promise<number[]>> = {
  forward: () => forward(Number(first)),
  restore: () => restoring(Number(first)),
  photo: () => wholePhoto(first, second),
  finetune: () => finetuning(Number(first)),
  album: () => album(Number(first)),
};
const part = parts[what ?? ''];
if (!part) throw new Error(`no measurement ${what ?? ''}`);
const timing: Timing = { ms: await part(), peakMB: peakMegabytes() };
console.log(JSON.stringify(timing));
