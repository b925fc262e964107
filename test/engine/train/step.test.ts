/** The training step against the published implementations' figures: losses, every gradient, three steps of AdamW. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../../src/engine/checkpoint/open.ts';
import type { TensorStore } from '../../../src/engine/checkpoint/store.ts';
import { sizeOf } from '../../../src/engine/graph/shape.ts';
import { adapted } from '../../../src/engine/nn/lora.ts';
import { linearSchedule } from '../../../src/engine/diffusion/schedule.ts';
import type { AdmConfig } from '../../../src/engine/nn/unet-adm.ts';
import { openPrior } from '../../../src/engine/prior.ts';
import { openRuntime } from '../../../src/engine/runtime/ort.ts';
import type { Runtime, Tensors } from '../../../src/engine/runtime/session.ts';
import { lossTerms } from '../../../src/engine/train/loss.ts';
import type { TrainablePrior } from '../../../src/engine/train/graphs.ts';
import { openTrainer, trainingGraph } from '../../../src/engine/train/step.ts';
import type { Batch, TrainedTensor } from '../../../src/engine/train/trainer.ts';
import { vulkan } from '../../../tools/vulkan.ts';
import { golden } from '../fixtures.ts';
import { randomData, relativeError } from '../random.ts';

const FULL = { kind: 'full' } as const;
const adm = ['adm-plain', 'adm-like-gen2res', 'adm-like-ffhq10m'];

function batchOf(figures: TensorStore, name: string): Batch {
  const [x0, t] = name.startsWith('diffusers') ? ['forward.x', 'forward.t'] : ['train.x0', 'train.t'];
  return { x0: figures.read(x0), noise: figures.read('train.noise'), t: figures.readIntegers(t) };
}

describe.each(['blocked', 'plain'] as const)('%s', (lowering) => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await openRuntime('cpu', { lowering, threads: 1 });
  });
  afterAll(() => runtime.release());

  test.each(adm)('%s: train.loss, mse and vb of each image, and every grad.*, within 1e-3', async (name) => {
    using prior = openPrior(golden(`${name}.pt`));
    using figures = openCheckpoint(golden(`${name}.golden.safetensors`));
    const { x0, noise, t } = batchOf(figures, name);
    const { step, weights } = await compileFull(prior, runtime);
    const terms = lossTerms(prior.schedule, t, prior.config.outChannels === 6);
    const found = await step.run({ ...weights, x0, noise, t: Float32Array.from(t), ...terms });
    expect(relativeError(found['mse']!, figures.read('train.mse'))).toBeLessThan(1e-5);
    if (figures.tensors.has('train.vb'))
      expect(relativeError(found['vb']!, figures.read('train.vb'))).toBeLessThan(1e-4);
    expect(found['loss']![0]).toBeCloseTo(mean(figures.read('train.loss')), 4);

    expect(checkGradients(found, figures)).toBe(Object.keys(weights).length);
  });

  test('diffusers-like-celebahq: train.mse at forward.x, and every grad.*, within 1e-3', async () => {
    using prior = openPrior(golden('diffusers-like-celebahq.safetensors'));
    using figures = openCheckpoint(golden('diffusers-like-celebahq.golden.safetensors'));
    const { x0, noise, t } = batchOf(figures, 'diffusers');
    const { step, weights } = await compileFull(prior, runtime);
    // the figures are at x_t itself: all signal, no noise added
    const terms = { signal: Float32Array.of(1, 1), sigma: Float32Array.of(0, 0) };
    const found = await step.run({ ...weights, x0, noise, t: Float32Array.from(t), ...terms });
    expect(found['loss']![0]).toBeCloseTo(figures.read('train.mse')[0]!, 4);
    expect(checkGradients(found, figures)).toBe(Object.keys(weights).length);
  });

  test.each(adm)('%s: adamw.losses and adamw.after3.* within 1e-3', async (name) => {
    using prior = openPrior(golden(`${name}.pt`));
    using figures = openCheckpoint(golden(`${name}.golden.safetensors`));
    const trainer = await openTrainer(prior, runtime, { trainable: FULL, batch: 2, seed: 0 });
    const losses: number[] = [];
    for (let i = 0; i < 3; i++) losses.push((await trainer.step([batchOf(figures, name)], 1e-3)).loss);
    expect(relativeError(losses, figures.read('adamw.losses'))).toBeLessThan(1e-3);
    const after = new Map((await trainer.state()).tensors.map((t) => [t.name, t.value]));
    for (const key of figures.tensors.keys()) {
      if (!key.startsWith('adamw.after3.')) continue;
      expect(
        relativeError(after.get(key.slice('adamw.after3.'.length))!, figures.read(key)),
        key,
      ).toBeLessThan(1e-3);
    }
    await trainer.release();
  });
});

async function compileFull(prior: TrainablePrior, runtime: Runtime) {
  const graph = trainingGraph(prior.config, FULL, 2);
  const live = new Set(graph.parameters.map((p) => p.name));
  const weights = Object.fromEntries(
    graph.parameters.map(({ name, value }) => {
      const data = new Float32Array(sizeOf(value.shape));
      prior.weights.readInto(name, data);
      return [name, data];
    }),
  );
  return { step: await runtime.compile(graph, prior.weights, live), weights };
}

/** Checks every gradient the figures have; returns how many. */
function checkGradients(found: Tensors, figures: TensorStore): number {
  const names = [...figures.tensors.keys()].filter((key) => key.startsWith('grad.'));
  for (const key of names) expectSummary(found, key.slice('grad.'.length), figures.read(key));
  return names.length;
}

/** A gradient's [sum, L2 norm, first 6 values]; each against the scale it can be known to. */
function expectSummary(found: Tensors, name: string, [sum, norm, ...first]: Float32Array): void {
  const gradient = found[`gradient of ${name}`];
  expect(gradient, name).toBeDefined();
  const l2 = Math.hypot(...gradient!);
  const scale = Math.max(norm!, 1e-4);
  expect(Math.abs(l2 - norm!) / scale, `${name}: norm`).toBeLessThan(1e-3);
  // a sum of n values of one norm is at most sqrt(n) times it
  const total = gradient!.reduce((s, v) => s + v, 0);
  expect(Math.abs(total - sum!) / (scale * Math.sqrt(gradient!.length)), `${name}: sum`).toBeLessThan(1e-3);
  first.slice(0, gradient!.length).forEach((v, i) => {
    expect(Math.abs(gradient![i]! - v) / scale, `${name}: value ${i}`).toBeLessThan(1e-3);
  });
}

describe('adapters', () => {
  const ADAPTER = { kind: 'adapter', rank: 8 } as const;
  const options = { trainable: ADAPTER, batch: 2, seed: 1 };

  test('begin as the base, learn, leave the base alone, and merge into the same network', async () => {
    await using runtime = await openRuntime('cpu', { threads: 1 });
    using prior = openPrior(golden('adm-like-gen2res.pt'));
    using figures = openCheckpoint(golden('adm-like-gen2res.golden.safetensors'));
    const batch = batchOf(figures, 'adm');
    const full = await openTrainer(prior, runtime, { ...options, trainable: FULL });
    const trainer = await openTrainer(prior, runtime, options);
    const start = await trainer.evaluate(batch);
    expect(start.loss).toBeCloseTo((await full.evaluate(batch)).loss, 5);
    for (let i = 0; i < 10; i++) await trainer.step([batch], 1e-2);
    const end = await trainer.evaluate(batch);
    expect(end.loss).toBeLessThan(0.9 * start.loss);

    const { tensors } = await trainer.state();
    expect(tensors.every((t) => /[.]lora[.][ab]$/.test(t.name))).toBe(true);
    expect(tensors.reduce((n, t) => n + t.value.length, 0)).toBeLessThan(prior.parameters / 4);
    const merged = adapted(prior.weights, new Map(tensors.map((t) => [t.name, t])), 'test');
    const mergedTrainer = await openTrainer({ ...prior, weights: merged }, runtime, {
      ...options,
      trainable: FULL,
    });
    expect((await mergedTrainer.evaluate(batch)).loss).toBeCloseTo(end.loss, 4);
  });

  test('no gradient of a frozen weight is in their graph', () => {
    using prior = openPrior(golden('adm-like-gen2res.pt'));
    const { outputs } = trainingGraph(prior.config, ADAPTER, 1);
    const names = outputs.flatMap(({ name }) => (name.startsWith('gradient of ') ? [name] : []));
    expect(names.length).toBeGreaterThan(20);
    expect(names.every((name) => name.includes('.lora.'))).toBe(true);
  });
});

test('micro-batches add up to the step of the whole batch', async () => {
  await using runtime = await openRuntime('cpu', { threads: 1 });
  using prior = openPrior(golden('adm-plain.pt'));
  const images = 3 * 16 * 16;
  const whole: Batch = { x0: randomData(2 * images, 1), noise: randomData(2 * images, 2), t: [100, 700] };
  const halves = [0, 1].map((i): Batch => {
    const part = (data: Float32Array): Float32Array => data.slice(i * images, (i + 1) * images);
    return { x0: part(whole.x0), noise: part(whole.noise), t: [whole.t[i]!] };
  });
  const one = await openTrainer(prior, runtime, { trainable: FULL, batch: 2, seed: 0 });
  const two = await openTrainer(prior, runtime, { trainable: FULL, batch: 1, seed: 0 });
  const [a, b] = [await one.step([whole], 1e-3), await two.step(halves, 1e-3)];
  expect(b.loss).toBeCloseTo(a.loss, 5);
  const other = new Map((await two.state()).tensors.map((t) => [t.name, t]));
  // a bias right before a norm of single channels has no gradient but rounding: the scale is that of all moments
  const largest = (data: Float32Array): number =>
    data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const { tensors } = await one.state();
  const scale = Math.max(...tensors.map(({ m }) => largest(m)));
  for (const { name, m } of tensors) {
    const difference = m.map((value, i) => value - other.get(name)!.m[i]!);
    expect(largest(difference) / scale, name).toBeLessThan(1e-4);
  }
});

test('a step that is not a number changes nothing; a saved state goes on to the same numbers', async () => {
  await using runtime = await openRuntime('cpu', { threads: 1 });
  using prior = openPrior(golden('adm-plain.pt'));
  using figures = openCheckpoint(golden('adm-plain.golden.safetensors'));
  const batch = batchOf(figures, 'adm');
  const trainer = await openTrainer(prior, runtime, { trainable: FULL, batch: 2, seed: 0 });
  await trainer.step([batch], 1e-3);
  const saved = structuredClone(await trainer.state());
  const broken = { ...batch, x0: batch.x0.with(5, NaN) };
  expect((await trainer.step([broken], 1e-3)).loss).toBeNaN();
  expect(await trainer.state()).toEqual(saved);
  const next = await trainer.step([batch], 1e-3);

  const again = await openTrainer(prior, runtime, { trainable: FULL, batch: 2, seed: 0 });
  again.load(saved);
  expect(await again.step([batch], 1e-3)).toEqual(next);
  expect(await again.state()).toEqual(await trainer.state());
  expect(() => {
    again.load({ steps: 1, tensors: saved.tensors.slice(1) });
  }).toThrow(expect.objectContaining({ code: 'checkpoint.mismatch' }));
});

function mean(values: Float32Array): number {
  return values.reduce((s, v) => s + v, 0) / values.length;
}

// a net of a few kernels: the software driver takes its time to compile each of them
test.skipIf(vulkan().missing)(
  "three whole steps on webgpu equal the CPU's within 1e-3",
  async () => {
    const prior = tinyPrior();
    const batch: Batch = { x0: randomData(192, 1), noise: randomData(192, 2), t: [100] };
    const options = { trainable: FULL, batch: 1, seed: 0 };
    await using cpu = await openRuntime('cpu', { threads: 1 });
    await using gpu = await openRuntime('webgpu');
    const [onCpu, onGpu] = [await openTrainer(prior, cpu, options), await openTrainer(prior, gpu, options)];
    for (let i = 0; i < 3; i++) {
      const [a, b] = [await onCpu.step([batch], 1e-4), await onGpu.step([batch], 1e-4)];
      expect(Math.abs(b.loss - a.loss) / a.loss).toBeLessThan(1e-3);
    }
    const { tensors } = await onGpu.state();
    const found = new Map(tensors.map((tensor) => [tensor.name, tensor]));
    const expected = (await onCpu.state()).tensors;
    const joined = (list: readonly TrainedTensor[], part: 'value' | 'm' | 'v'): number[] =>
      list.flatMap((tensor) => [...tensor[part]]);
    // AdamW moves a weight by its gradient's sign however small that is, so single weights may differ by a step: the
    // moments are compared as well, and everything on the scale of the largest
    for (const part of ['value', 'm', 'v'] as const) {
      const ordered = expected.map(({ name }) => found.get(name)!);
      expect(relativeError(joined(ordered, part), joined(expected, part)), part).toBeLessThan(1e-3);
    }
    const broken = { ...batch, x0: batch.x0.with(5, NaN) };
    expect((await onGpu.step([broken], 1e-3)).loss).toBeNaN();
    expect((await onGpu.state()).tensors).toEqual(tensors);
  },
  240_000,
);

function tinyPrior(): TrainablePrior {
  const config: AdmConfig = {
    kind: 'adm',
    imageSize: 8,
    modelChannels: 8,
    outChannels: 3,
    channelMult: [1, 2],
    resBlocks: 1,
    attentionLevels: [],
    heads: { count: 1 },
    qkvOrder: 'legacy',
    scaleShiftNorm: true,
    resblockUpDown: true,
    patch: 1,
    // two channels a group: with one, the bias before a norm has no gradient but rounding
    groups: 4,
  };
  const readInto = (name: string, target: Float32Array): void => {
    target.set(randomData(target.length, name.length).map((v) => v * 0.3));
  };
  return { config, schedule: linearSchedule(), weights: { id: 'tiny', readInto } };
}
