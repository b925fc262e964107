/**
 * Finds a UNet's configuration from its checkpoint's shapes, plus what shapes cannot tell (hints.ts). The networks
 * themselves are unet-adm.ts and unet-ddpm.ts; prior.ts puts checkpoint, configuration and schedule together.
 */
import { UserError } from '../../domain/errors.ts';
import type { Shape } from '../graph/shape.ts';
import type { ModelHints } from './hints.ts';
import { NEW_ATTENTION_NAMES, OLD_ATTENTION_NAMES } from './unet-ddpm.ts';
import type { DdpmConfig } from './unet-ddpm.ts';
import type { AdmConfig } from './unet-adm.ts';

/** Everything that makes a network this network, weights aside. */
export type UNetConfig = AdmConfig | DdpmConfig;
/** Tensor shapes by name, as in the checkpoint. */
type Shapes = ReadonlyMap<string, Shape>;

const MAX_GROUPS = 32;

/**
 * The network that a checkpoint's tensors are of. Throws UserError `model.unsupported` where they are of none known here
 * or a hint is missing, `checkpoint.mismatch` where a tensor that tells a size is missing.
 */
export function inferConfig(shapes: Shapes, hints: ModelHints): UNetConfig {
  if (shapes.has('input_blocks.0.0.weight') && shapes.has('time_embed.0.weight'))
    return inferAdm(shapes, hints);
  if (shapes.has('conv_in.weight') && shapes.has('time_embedding.linear_1.weight'))
    return inferDdpm(shapes, hints);
  throw new UserError(
    'model.unsupported',
    'The checkpoint holds no diffusion UNet that Albumen knows (ADM, or UNet2DModel of diffusers).',
    'Choose an unconditional guided-diffusion checkpoint or a diffusers UNet2DModel.',
  );
}

function inferAdm(shapes: Shapes, hints: ModelHints): AdmConfig {
  if (shapes.has('label_emb.weight'))
    throw unsupported('is class-conditional; only unconditional models restore photos');
  const modelChannels = dim(shapes, 'time_embed.0.weight', 1);
  const patch = Math.sqrt(dim(shapes, 'input_blocks.0.0.weight', 1) / 3);
  if (!Number.isInteger(patch)) throw unsupported('does not read RGB images');
  const outChannels = dim(shapes, 'out.2.weight', 0) / (patch * patch);
  const outputs = countBlocks(shapes, 'output_blocks');
  // the first output block that ends with a resampling part closes the deepest level
  const closing = range(outputs).find((i) => resamples(shapes, `output_blocks.${i}`)) ?? outputs - 1;
  const resBlocks = closing;
  const levels = outputs / (resBlocks + 1);
  if (resBlocks < 1 || !Number.isInteger(levels))
    throw unsupported('has an unfamiliar arrangement of blocks');
  const level = (i: number): string => `output_blocks.${(levels - 1 - i) * (resBlocks + 1)}`;
  const channelMult = range(levels).map(
    (i) => dim(shapes, `${level(i)}.0.in_layers.2.weight`, 0) / modelChannels,
  );
  const emb = shapes.get('middle_block.0.emb_layers.1.weight')?.[0];
  return {
    kind: 'adm',
    imageSize: imageSize(hints, patch * 2 ** (levels - 1)),
    modelChannels,
    outChannels,
    channelMult,
    resBlocks,
    attentionLevels: range(levels).filter((i) => shapes.has(`${level(i)}.1.qkv.weight`)),
    heads: hints.headChannels ? { channels: hints.headChannels } : { count: hints.heads ?? 1 },
    qkvOrder: hints.qkvOrder ?? 'legacy',
    scaleShiftNorm: emb === 2 * dim(shapes, 'middle_block.0.out_layers.3.weight', 0),
    resblockUpDown:
      !shapes.has(`input_blocks.${resBlocks + 1}.0.op.weight`) &&
      !range(outputs).some((i) => hasConv(shapes, `output_blocks.${i}`)),
    patch,
    groups: Math.min(MAX_GROUPS, modelChannels),
  };
}

const parts = [1, 2] as const;

function hasConv(shapes: Shapes, block: string): boolean {
  return parts.some((part) => shapes.has(`${block}.${part}.conv.weight`));
}

function resamples(shapes: Shapes, block: string): boolean {
  return hasConv(shapes, block) || parts.some((part) => shapes.has(`${block}.${part}.in_layers.2.weight`));
}

function inferDdpm(shapes: Shapes, hints: ModelHints): DdpmConfig {
  const levels = countBlocks(shapes, 'down_blocks');
  const blockChannels = range(levels).map((i) => dim(shapes, `down_blocks.${i}.resnets.0.conv1.weight`, 0));
  const layersPerBlock = countBlocks(shapes, 'down_blocks.0.resnets');
  const old = shapes.has('mid_block.attentions.0.query.weight');
  if (!old && !shapes.has('mid_block.attentions.0.to_q.weight'))
    throw unsupported('has attention layers of an unfamiliar kind');
  return {
    kind: 'ddpm',
    imageSize: imageSize(hints, 2 ** (levels - 1)),
    outChannels: dim(shapes, 'conv_out.weight', 0),
    blockChannels,
    layersPerBlock,
    downAttention: range(levels).map((i) => shapes.has(`down_blocks.${i}.attentions.0.group_norm.weight`)),
    upAttention: range(levels).map((i) => shapes.has(`up_blocks.${i}.attentions.0.group_norm.weight`)),
    headChannels: hints.headChannels,
    attentionNames: old ? OLD_ATTENTION_NAMES : NEW_ATTENTION_NAMES,
    downsamplePadding: hints.downsamplePadding ?? 1,
    timestepOrder: hints.timestepOrder ?? 'cos-sin',
    frequencyShift: hints.frequencyShift ?? 0,
    eps: hints.normEps ?? 1e-5,
    groups: hints.groups ?? MAX_GROUPS,
  };
}

function imageSize(hints: ModelHints, multiple: number): number {
  const { imageSize: size } = hints;
  if (size === undefined)
    throw new UserError(
      'model.unsupported',
      'The checkpoint does not tell for which image size it was trained.',
      'Give a configuration file beside it (same name, .json) with "image_size", or --config FILE.',
    );
  if (size % multiple !== 0)
    throw unsupported(`cannot work at ${size} pixels, which is no multiple of ${multiple}`);
  return size;
}

function unsupported(what: string): UserError {
  return new UserError('model.unsupported', `The checkpoint's network ${what}.`, 'Choose another model.');
}

function dim(shapes: Shapes, name: string, axis: number): number {
  const d = shapes.get(name)?.[axis];
  if (d === undefined || d < 1)
    throw new UserError(
      'checkpoint.mismatch',
      `The checkpoint's tensor ${name} is missing or has the wrong shape.`,
      'The file may be incomplete; download it again.',
    );
  return d;
}

function countBlocks(shapes: Shapes, prefix: string): number {
  let last = -1;
  for (const name of shapes.keys()) {
    if (!name.startsWith(`${prefix}.`)) continue;
    const index = Number(name.slice(prefix.length + 1).split('.', 1)[0]);
    // an absurd index is no block of ours: the tensors named later will be missing
    if (Number.isInteger(index) && index < 1000) last = Math.max(last, index);
  }
  return last + 1;
}

function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}
