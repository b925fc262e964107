/**
 * A whole finetune with a trainer of a few numbers: what a step is given, what is said, how it ends.
 * Read next: resume.test.ts, bad-input.test.ts.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { finetune } from '../../../src/engine/finetune.ts';
import type { FinetuneEvent } from '../../../src/engine/finetune.ts';
import { temporaryFolder } from '../checkpoint/helpers.ts';
import { FakeTrainer, album, follow, recipe, request } from './fake-trainer.ts';

const folder = temporaryFolder();
const file = (name: string): string => join(folder, name);
const stepsOf = (events: readonly FinetuneEvent[], kind: FinetuneEvent['kind']): number[] =>
  events.filter((event) => event.kind === kind).map(({ step }) => step);

test('every step is said, the loss falls, one of eight photos is held out', async () => {
  const trainer = new FakeTrainer();
  const { events, result } = await follow(finetune(trainer, request(file('whole'))));
  expect(events[0]).toEqual({
    kind: 'start',
    step: 0,
    of: 60,
    trainingPhotos: 8,
    heldOutPhotos: 1,
    eta: undefined,
  });
  expect(stepsOf(events, 'step')).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
  expect(stepsOf(events, 'held-out')).toEqual([0, 10, 20, 30, 40, 50, 60]);
  expect(stepsOf(events, 'checkpoint')).toEqual(Array.from({ length: 61 }, (_, i) => i));
  expect(result?.steps).toBe(60);
  expect(result?.stoppedEarly).toBe(false);
  expect(result?.losses).toHaveLength(60);
  expect(result?.heldOut[6]!.loss).toBeLessThan(result!.heldOut[0]!.loss / 2);
  expect(readdirSync(folder)).toEqual(['whole']);
});

test('the paper recipe holds nothing out, changes no photo, and draws t from all T', async () => {
  const trainer = new FakeTrainer(4);
  const images = album(9);
  const steps = recipe({ name: 'paper', heldOut: null, augment: false, timesteps: null, steps: 45 });
  const { result } = await follow(finetune(trainer, request(file('paper'), { images, recipe: steps })));
  expect(result?.best).toBeUndefined();
  const seen = trainer.seen.flatMap(({ batches }) => batches);
  const photos = seen.flatMap(({ x0 }) => [0, 1, 2, 3].map((i) => x0.slice(i * 12, (i + 1) * 12).join()));
  // 45 steps of 4 go through 9 photos exactly 20 times
  for (const image of images) expect(photos.filter((photo) => photo === image.join())).toHaveLength(20);
  const t = seen.flatMap((batch) => batch.t);
  expect(Math.min(...t)).toBeLessThan(50);
  expect(Math.max(...t)).toBeGreaterThan(950);
  expect(Math.max(...t)).toBeLessThan(1000);
  expect(trainer.seen.map(({ learningRate }) => learningRate)).toEqual(
    Array.from({ length: 45 }, (_, i) => 0.05 * (1 - i / 45)),
  );
});

test('fast draws t below its limit, and no held-out photo is trained on', async () => {
  const trainer = new FakeTrainer(4);
  const images = album(16);
  const fast = recipe({ augment: false, timesteps: 250 });
  const judged = new Set<string>();
  const evaluate = trainer.evaluate.bind(trainer);
  trainer.evaluate = (batch) => {
    for (let i = 0; i < 4; i++) judged.add(batch.x0.slice(i * 12, (i + 1) * 12).join());
    return evaluate(batch);
  };
  await follow(finetune(trainer, request(file('fast'), { images, recipe: fast })));
  const seen = trainer.seen.flatMap(({ batches }) => batches);
  const t = seen.flatMap((batch) => batch.t);
  expect(Math.max(...t)).toBeLessThan(250);
  expect(Math.max(...t)).toBeGreaterThan(230);
  const trained = new Set(
    seen.flatMap(({ x0 }) => [0, 1, 2, 3].map((i) => x0.slice(i * 12, (i + 1) * 12).join())),
  );
  expect(trained.size).toBe(14);
  expect(judged.size).toBe(2);
  expect([...judged].filter((photo) => trained.has(photo))).toEqual([]);
});

test('a step gets the same images, t and noise whatever the micro-batch', async () => {
  const whole = new FakeTrainer(4);
  const parts = new FakeTrainer(1);
  const steps = recipe({ heldOut: null, steps: 5 });
  await follow(finetune(whole, request(file('whole-batch'), { recipe: steps })));
  await follow(finetune(parts, request(file('micro-batch'), { recipe: steps })));
  whole.seen.forEach(({ batches: [batch] }, i) => {
    const micro = parts.seen[i]!.batches;
    expect(micro).toHaveLength(4);
    expect(micro.flatMap(({ t }) => t)).toEqual(batch!.t);
    expect(micro.flatMap(({ x0 }) => [...x0])).toEqual([...batch!.x0]);
    expect(micro.flatMap(({ noise }) => [...noise])).toEqual([...batch!.noise]);
  });
});

test('the held-out loss is the same for the same weights, whenever it is taken', async () => {
  const trainer = new FakeTrainer();
  const still = recipe({ learningRate: 0 });
  const { result } = await follow(finetune(trainer, request(file('still'), { recipe: still })));
  expect(new Set(result?.heldOut.map(({ loss }) => loss)).size).toBe(1);
});

test('an early stop leaves the best weights in the trainer', async () => {
  const losses = [9, 8, 5, 6, 5, 7, 4];
  const trainer = new FakeTrainer();
  trainer.heldOutAt = (steps) => losses[steps / 10]!;
  const at20 = new FakeTrainer();
  const patient = recipe({ heldOut: { oneIn: 8, most: 4, pairs: 16, every: 10, patience: 3, draws: 3 } });
  await follow(
    finetune(at20, request(file('until-20'), { recipe: patient })),
    (event) => event.kind === 'held-out' && event.step === 20,
  );

  const { events, result } = await follow(finetune(trainer, request(file('early'), { recipe: patient })));
  expect(result).toMatchObject({ steps: 50, stoppedEarly: true, best: { step: 20, loss: 5 } });
  expect(stepsOf(events, 'checkpoint').at(-1)).toBe(50);
  expect(trainer.tensors.map(({ value }) => value)).toEqual(at20.tensors.map(({ value }) => value));

  // and so does the same run started again, which has nothing left to do
  const again = new FakeTrainer();
  const repeated = await follow(finetune(again, request(file('early'), { recipe: patient })));
  expect(repeated.events.map(({ kind }) => kind)).toEqual(['start']);
  expect(repeated.result).toEqual(result);
  expect(again.seen).toEqual([]);
  expect(again.tensors.map(({ value }) => value)).toEqual(at20.tensors.map(({ value }) => value));
});

test('the best weights are kept when the last are worse, without an early stop', async () => {
  const trainer = new FakeTrainer();
  trainer.heldOutAt = (steps) => Math.abs(steps - 40);
  const { result } = await follow(finetune(trainer, request(file('late'))));
  expect(result).toMatchObject({ steps: 60, stoppedEarly: false, best: { step: 40, loss: 0 } });
  expect(trainer.steps).toBe(40);
});

test('previews come every n steps and see the weights as they are', async () => {
  const trainer = new FakeTrainer();
  const { events } = await follow(
    finetune(
      trainer,
      request(file('previews'), {
        previewEvery: 25,
        preview: async ({ steps, tensors }) => Float32Array.of(steps, tensors[0]!.value[0]!),
      }),
    ),
  );
  const previews = events.filter((event) => event.kind === 'preview');
  expect(previews.map(({ step, image }) => [step, image[0]])).toEqual([
    [25, 25],
    [50, 50],
  ]);
  expect(previews[0]!.image[1]).not.toBe(previews[1]!.image[1]);
});

test('previews take no more than their share of the time, the first aside, and count in the ETA', async () => {
  let now = 0;
  const trainer = new FakeTrainer();
  trainer.lossAt = (_, loss) => {
    now += 1;
    return loss;
  };
  const preview = (): Promise<Float32Array> => {
    now += 2;
    return Promise.resolve(new Float32Array(12));
  };
  const { events } = await follow(
    finetune(
      trainer,
      request(file('share'), {
        ...{ recipe: recipe({ heldOut: null }), clock: () => now },
        ...{ previewEvery: 3, previewShare: 0.1, preview },
      }),
    ),
  );
  // one at once, the second when 40 steps of a second paid for four seconds of previews
  expect(stepsOf(events, 'preview')).toEqual([3, 42, 60]);
  const steps = events.filter((event) => event.kind === 'step');
  expect(steps.map(({ seconds }) => seconds)).toEqual(Array.from({ length: 60 }, () => 1));
  expect(steps[19]!.eta).toBeCloseTo(40 + 0.1 * 40);
});

/** Each step takes `seconds`. */
function slowTrainer(seconds: (step: number) => number): { trainer: FakeTrainer; clock: () => number } {
  let now = 1000;
  const trainer = new FakeTrainer();
  trainer.lossAt = (step, loss) => {
    now += seconds(step);
    return loss;
  };
  return { trainer, clock: () => now };
}

test('the ETA is the median step times the steps left', async () => {
  const { trainer, clock } = slowTrainer((step) => (step === 1 ? 100 : 2));
  const { events } = await follow(
    finetune(trainer, request(file('eta'), { clock, secondsPerStep: 3, recipe: recipe({ steps: 10 }) })),
  );
  expect(events[0]).toMatchObject({ kind: 'start', eta: 30 });
  const etas = events.filter((event) => event.kind === 'step').map(({ eta }) => eta);
  expect(etas).toEqual([900, 51 * 8, 2 * 7, 2 * 6, 2 * 5, 2 * 4, 2 * 3, 2 * 2, 2, 0]);
});

test('checkpoints come every 1 % of the steps, and at least every minute', async () => {
  const long = recipe({ steps: 300, heldOut: null });
  const quick = slowTrainer(() => 1);
  const often = await follow(finetune(quick.trainer, request(file('quick'), { ...quick, recipe: long })));
  expect(stepsOf(often.events, 'checkpoint')).toEqual(Array.from({ length: 101 }, (_, i) => 3 * i));
  const slow = slowTrainer((step) => (step > 290 ? 61 : 1));
  const more = await follow(finetune(slow.trainer, request(file('slow'), { ...slow, recipe: long })));
  expect(stepsOf(more.events, 'checkpoint').slice(-12)).toEqual([
    285, 288, 291, 292, 293, 294, 295, 296, 297, 298, 299, 300,
  ]);
});
