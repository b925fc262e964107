/** Configurations found from shapes, and what is said when they cannot be. */
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/domain/errors.ts';
import type { Shape } from '../../../src/engine/graph/shape.ts';
import { inferConfig } from '../../../src/engine/nn/config.ts';
import { parseHints } from '../../../src/engine/nn/hints.ts';
import type { AdmConfig } from '../../../src/engine/nn/unet-adm.ts';
import { forwardGraph, openPrior } from '../../../src/engine/prior.ts';
import { golden } from '../fixtures.ts';

const base: AdmConfig = {
  kind: 'adm',
  imageSize: 32,
  modelChannels: 32,
  outChannels: 3,
  channelMult: [1, 2, 3],
  resBlocks: 2,
  attentionLevels: [1, 2],
  heads: { count: 4 },
  qkvOrder: 'new',
  scaleShiftNorm: true,
  resblockUpDown: true,
  patch: 1,
  groups: 32,
};

/** The shapes a checkpoint of this network has. */
function shapesOf(config: AdmConfig): Map<string, Shape> {
  return new Map(forwardGraph(config, 1).parameters.map(({ name, value }) => [name, value.shape]));
}

describe('ADM, from its own shapes', () => {
  test.each<[string, Partial<AdmConfig>]>([
    ['as it is', {}],
    ['one block a level', { resBlocks: 1 }],
    ['no scale-shift norm', { scaleShiftNorm: false }],
    ['strided convolutions', { resblockUpDown: false }],
    [
      'strided, three blocks, no attention outside the middle',
      { resblockUpDown: false, resBlocks: 3, attentionLevels: [] },
    ],
    ['attention everywhere', { attentionLevels: [0, 1, 2] }],
    ['learned variance', { outChannels: 6 }],
    ['patch 2', { patch: 2 }],
    ['patch 2, learned variance', { patch: 2, outChannels: 6 }],
    ['levels of equal width', { channelMult: [1, 1, 1, 2] }],
    ['one level', { channelMult: [2], attentionLevels: [0] }],
    ['heads by channels', { heads: { channels: 16 } }],
  ])('%s', (_, change) => {
    const config = { ...base, ...change };
    const { heads } = config;
    const hints = {
      imageSize: config.imageSize,
      qkvOrder: config.qkvOrder,
      ...('count' in heads ? { heads: heads.count } : { headChannels: heads.channels }),
    };
    const found = inferConfig(shapesOf(config), hints);
    // with one level nothing resamples, so either answer describes the same network
    expect(found).toEqual(config.channelMult.length === 1 ? { ...config, resblockUpDown: true } : config);
  });
});

test('the golden checkpoints are what their configurations say', () => {
  using adm = openPrior(golden('adm-like-ffhq10m.pt'));
  expect(adm.config).toMatchObject({
    heads: { channels: 16 },
    channelMult: [1, 2],
    attentionLevels: [1],
    imageSize: 16,
  });
  expect(adm.variance).toBe('learned-range');
  expect(adm.parameters).toBe(828358);
  using ddpm = openPrior(golden('diffusers-like-celebahq.safetensors'));
  expect(ddpm.config).toMatchObject({
    kind: 'ddpm',
    downsamplePadding: 0,
    timestepOrder: 'sin-cos',
    frequencyShift: 1,
    eps: 1e-6,
  });
});

describe('what cannot be run is said in one sentence', () => {
  const expectError = (run: () => unknown, code: string, part: string): void => {
    expect(run).toThrow(UserError);
    expect(run).toThrow(expect.objectContaining({ code, message: expect.stringContaining(part) as unknown }));
  };
  const with_ = (change: Record<string, Shape | undefined>): Map<string, Shape> => {
    const shapes = shapesOf(base);
    for (const [name, shape] of Object.entries(change)) {
      if (shape) shapes.set(name, shape);
      else shapes.delete(name);
    }
    return shapes;
  };
  const hints = { imageSize: 32 };

  test('a checkpoint of something else', () => {
    expectError(
      () => inferConfig(new Map([['fc.weight', [2, 2]]]), hints),
      'model.unsupported',
      'no diffusion UNet',
    );
  });
  test('no image size', () => {
    expectError(() => inferConfig(shapesOf(base), {}), 'model.unsupported', 'which image size');
  });
  test('an image size that does not halve often enough', () => {
    expectError(
      () => inferConfig(shapesOf(base), { imageSize: 30 }),
      'model.unsupported',
      'no multiple of 4',
    );
  });
  test('class-conditional', () => {
    expectError(
      () => inferConfig(with_({ 'label_emb.weight': [10, 128] }), hints),
      'model.unsupported',
      'class-conditional',
    );
  });
  test('grey images', () => {
    expectError(
      () => inferConfig(with_({ 'input_blocks.0.0.weight': [32, 1, 3, 3] }), hints),
      'model.unsupported',
      'RGB',
    );
  });
  test('a tensor that the walk needs is missing', () => {
    expectError(
      () => inferConfig(with_({ 'out.2.weight': undefined }), hints),
      'checkpoint.mismatch',
      'out.2.weight',
    );
  });
  test('a configuration with nonsense in it', () => {
    expectError(() => parseHints({ image_size: -4 }, 'x.json'), 'model.unsupported', 'image_size');
    expectError(
      () => parseHints({ config: { image_size: 64 }, schedule: 'sigmoid' }, 'x.json'),
      'model.unsupported',
      'schedule',
    );
    expectError(() => parseHints([], 'x.json'), 'model.unsupported', 'x.json');
    expectError(
      () => parseHints({ _class_name: 'UNet2DModel', sample_size: 16, act_fn: 'relu' }, 'x.json'),
      'model.unsupported',
      'act_fn',
    );
  });
});
