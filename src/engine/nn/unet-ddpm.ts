/**
 * The DDPM UNet (Ho et al. 2020) as diffusers' UNet2DModel stores it, with old and new names of the attention weights.
 * config.ts finds a DdpmConfig from config.json and the checkpoint; layers.ts and attention.ts are the parts.
 */
import { invariant } from '../../domain/errors.ts';
import type { GraphBuilder } from '../graph/build.ts';
import type { Value } from '../graph/ir.ts';
import { attend } from './attention.ts';
import { addPerChannel, conv, groupNorm, imageShape, linear, timestepEmbedding } from './layers.ts';

/** What config.ts finds out of a checkpoint and its config.json. */
export interface DdpmConfig {
  readonly kind: 'ddpm';
  readonly imageSize: number;
  readonly outChannels: number;
  readonly blockChannels: readonly number[];
  readonly layersPerBlock: number;
  /** One entry a level, from full size down; and the way up, from the bottom. */
  readonly downAttention: readonly boolean[];
  readonly upAttention: readonly boolean[];
  /** Channels of one head; undefined = a single head. */
  readonly headChannels: number | undefined;
  readonly attentionNames: AttentionNames;
  /** 1 = the same on all sides; 0 = one row and column at the bottom right. */
  readonly downsamplePadding: 0 | 1;
  readonly timestepOrder: 'cos-sin' | 'sin-cos';
  readonly frequencyShift: 0 | 1;
  readonly eps: number;
  readonly groups: number;
}

/** What the four projections of an attention layer are called. */
type AttentionNames = Readonly<Record<'q' | 'k' | 'v' | 'out', string>>;
/** As the first published checkpoints have them. */
export const OLD_ATTENTION_NAMES: AttentionNames = { q: 'query', k: 'key', v: 'value', out: 'proj_attn' };
/** As diffusers writes them now. */
export const NEW_ATTENTION_NAMES: AttentionNames = { q: 'to_q', k: 'to_k', v: 'to_v', out: 'to_out.0' };

/** x_t [N,3,S,S], t [N] -> [N,outChannels,S,S]. */
export function ddpmUNet(b: GraphBuilder, config: DdpmConfig, x_t: Value, t: Value): Value {
  const { blockChannels, layersPerBlock } = config;
  const [narrow, bottom] = [blockChannels[0], blockChannels.at(-1)];
  invariant(narrow && bottom, 'blockChannels is empty');
  const net = new DdpmBlocks(b, config, timeEmbedding(b, config, narrow, t));

  let h = conv(b, x_t, 'conv_in', narrow, 3);
  const skips = [h];
  blockChannels.forEach((channels, level) => {
    const name = `down_blocks.${level}`;
    for (let i = 0; i < layersPerBlock; i++) {
      h = net.resBlock(h, `${name}.resnets.${i}`, channels);
      if (config.downAttention[level]) h = net.attention(h, `${name}.attentions.${i}`);
      skips.push(h);
    }
    if (level === blockChannels.length - 1) return;
    h = net.downsample(h, `${name}.downsamplers.0.conv`);
    skips.push(h);
  });

  h = net.resBlock(h, 'mid_block.resnets.0', bottom);
  h = net.attention(h, 'mid_block.attentions.0');
  h = net.resBlock(h, 'mid_block.resnets.1', bottom);

  blockChannels.toReversed().forEach((channels, level) => {
    const name = `up_blocks.${level}`;
    for (let i = 0; i <= layersPerBlock; i++) {
      const skip = skips.pop();
      invariant(skip, 'as many skips as blocks');
      h = net.resBlock(b.concat([h, skip], 1), `${name}.resnets.${i}`, channels);
      if (config.upAttention[level]) h = net.attention(h, `${name}.attentions.${i}`);
    }
    if (level < blockChannels.length - 1)
      h = conv(b, b.upsample(h, 2), `${name}.upsamplers.0.conv`, channels, 3);
  });
  h = b.silu(groupNorm(b, h, 'conv_norm_out', config));
  return conv(b, h, 'conv_out', config.outChannels, 3);
}

function timeEmbedding(b: GraphBuilder, config: DdpmConfig, narrow: number, t: Value): Value {
  const embedding = timestepEmbedding(b, t, narrow, config.timestepOrder, config.frequencyShift);
  const hidden = b.silu(linear(b, embedding, 'time_embedding.linear_1', 4 * narrow));
  // each block begins with silu(emb): once is enough
  return b.silu(linear(b, hidden, 'time_embedding.linear_2', 4 * narrow));
}

class DdpmBlocks {
  readonly #b: GraphBuilder;
  readonly #config: DdpmConfig;
  readonly #emb: Value;

  constructor(b: GraphBuilder, config: DdpmConfig, emb: Value) {
    this.#b = b;
    this.#config = config;
    this.#emb = emb;
  }

  resBlock(x: Value, name: string, out: number): Value {
    const b = this.#b;
    const [, channels] = imageShape(x);
    let h = conv(b, b.silu(groupNorm(b, x, `${name}.norm1`, this.#config)), `${name}.conv1`, out, 3);
    h = addPerChannel(b, h, linear(b, this.#emb, `${name}.time_emb_proj`, out));
    h = conv(b, b.silu(groupNorm(b, h, `${name}.norm2`, this.#config)), `${name}.conv2`, out, 3);
    const skip = channels === out ? x : conv(b, x, `${name}.conv_shortcut`, out, 1);
    return b.scope(name, () => b.add(skip, h));
  }

  attention(x: Value, name: string): Value {
    const b = this.#b;
    const { headChannels, attentionNames: names } = this.#config;
    const [n, c, h, w] = imageShape(x);
    const each = headChannels ?? c;
    const normed = groupNorm(b, x, `${name}.group_norm`, this.#config);
    const project = (part: 'q' | 'k' | 'v'): Value =>
      b.reshape(conv(b, normed, `${name}.${names[part]}`, c, 1), [(n * c) / each, each, h * w]);
    const attended = b.reshape(attend(b, project('q'), project('k'), project('v')), x.shape);
    return b.add(x, conv(b, attended, `${name}.${names.out}`, c, 1));
  }

  downsample(x: Value, name: string): Value {
    const b = this.#b;
    const [, c] = imageShape(x);
    if (this.#config.downsamplePadding === 1) return conv(b, x, name, c, 3, 2);
    const weight = b.parameter(`${name}.weight`, [c, c, 3, 3]);
    return b.conv(x, weight, b.parameter(`${name}.bias`, [c]), 2, [0, 0, 1, 1]);
  }
}
