/** The guidance graph against the reference's figures, by form and by image; skipGuidance is tested in diffusion/. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../src/engine/checkpoint/open.ts';
import { ancestralStep } from '../../src/engine/diffusion/samplers/ddpm.ts';
import { guidanceGraph, compileGuide } from '../../src/engine/guide.ts';
import { compileDenoiser, openPrior } from '../../src/engine/prior.ts';
import { openRuntime } from '../../src/engine/runtime/ort.ts';
import type { Runtime } from '../../src/engine/runtime/session.ts';
import { golden } from './fixtures.ts';
import { relativeError } from './random.ts';

const t = 199;
const models = ['adm-plain', 'adm-like-gen2res', 'adm-like-ffhq10m'];

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime('cpu', { threads: 1 });
});
afterAll(() => runtime.release());

/** The guide.* figures of a model, [1,3,16,16] each. */
function figuresOf(name: string): (figure: string) => Float32Array {
  using file = openCheckpoint(golden(`${name}.golden.safetensors`));
  const read = ['x_t', 'ref', 'x0hat', 'norm', 'grad_norm', 'grad_sq', 'mean', 'log_variance'];
  const figures = new Map(read.map((figure) => [figure, file.read(`guide.${figure}`)]));
  return (figure) => figures.get(figure)!;
}

describe.each(models)('%s', (name) => {
  const figure = figuresOf(name);

  test.each([
    ['norm', 'grad_norm'],
    ['squared', 'grad_sq'],
  ] as const)('%s: x0hat, norm and %s within 1e-3', async (distance, gradient) => {
    using prior = openPrior(golden(`${name}.pt`));
    const guide = await compileGuide(prior, runtime, 1, distance);
    const found = await guide.predictGuided(figure('x_t'), t, figure('ref'));
    expect(relativeError(found.x0hat, figure('x0hat'))).toBeLessThan(1e-4);
    expect(relativeError(found.norm, figure('norm'))).toBeLessThan(1e-4);
    expect(relativeError(found.gradient, figure(gradient))).toBeLessThan(1e-3);
    await guide.release();
  });

  test('the mean and variance of the ancestral step there within 1e-4', async () => {
    using prior = openPrior(golden(`${name}.pt`));
    const { schedule } = prior;
    const prediction = await (await compileDenoiser(prior, runtime, 1)).predict(figure('x_t'), t);
    const [mean, above] = [0, 1].map((z) => {
      const x = figure('x_t').slice();
      ancestralStep(x, prediction, schedule, t, new Float32Array(x.length).fill(z));
      return x;
    });
    expect(relativeError(mean!, figure('mean'))).toBeLessThan(1e-4);
    const sigma = figure('log_variance').map((v) => Math.exp(v / 2));
    expect(
      relativeError(
        above!.map((v, i) => v - mean![i]!),
        sigma,
      ),
    ).toBeLessThan(1e-4);
  });
});

describe('in a batch', () => {
  const figure = figuresOf('adm-like-gen2res');
  const image = figure('x_t').length;
  const pair = (a: Float32Array, b: Float32Array): Float32Array => {
    const both = new Float32Array(2 * image);
    both.set(a);
    both.set(b, image);
    return both;
  };

  test('each image has the norm and gradient it has alone', async () => {
    using prior = openPrior(golden('adm-like-gen2res.pt'));
    const guide = await compileGuide(prior, runtime, 2, 'norm');
    const other = figure('ref').map((v) => -v);
    const found = await guide.predictGuided(
      pair(figure('x_t'), figure('x_t').toReversed()),
      t,
      pair(figure('ref'), other),
    );
    expect(relativeError(found.gradient.subarray(0, image), figure('grad_norm'))).toBeLessThan(1e-3);
    const single = await compileGuide(prior, runtime, 1, 'norm');
    const alone = await single.predictGuided(figure('x_t').toReversed(), t, other);
    expect(relativeError(found.gradient.subarray(image), alone.gradient)).toBeLessThan(1e-4);
    expect(found.norm[1]).toBeCloseTo(alone.norm[0]!, 3);
    expect(relativeError(alone.gradient, figure('grad_norm'))).toBeGreaterThan(0.1);
  });

  test('what the model already sees gives a gradient of zeros, not of NaN', async () => {
    using prior = openPrior(golden('adm-like-gen2res.pt'));
    const network = await runtime.compile(guidanceGraph(prior.config, 1, 'norm'), prior.weights);
    const a = new Float32Array(1).fill(prior.schedule.sqrtRecipAbar[t]!);
    const m = new Float32Array(1).fill(prior.schedule.sqrtRecipm1Abar[t]!);
    const inputs = { x_t: figure('x_t'), t: Float32Array.of(t), sqrtRecipAbar: a, sqrtRecipm1Abar: m };
    const { x0hat } = await network.run({ ...inputs, y0: figure('ref') });
    const { gradient, norm } = await network.run({ ...inputs, y0: x0hat! });
    expect(norm![0]).toBeCloseTo(0, 6);
    expect(gradient!.every((v) => v === 0)).toBe(true);
  });

  test('releasing a guide leaves the sessions of others alone', async () => {
    using prior = openPrior(golden('adm-like-gen2res.pt'));
    const denoiser = await compileDenoiser(prior, runtime, 1);
    const guide = await compileGuide(prior, runtime, 1, 'norm');
    const plain = await guide.predict(figure('x_t'), t);
    await guide.release();
    expect((await denoiser.predict(figure('x_t'), t)).x0hat).toEqual(plain.x0hat);
    await expect(guide.predict(figure('x_t'), t)).rejects.toThrow('internal: run after release');
  });
});

test('no gradient of a weight is made', () => {
  using prior = openPrior(golden('adm-plain.pt'));
  const graph = guidanceGraph(prior.config, 1, 'norm');
  expect(graph.nodes.map(({ op }) => op)).toContain('convInputGradient');
  expect(graph.nodes.map(({ op }) => op)).not.toContain('convWeightGradient');
});
