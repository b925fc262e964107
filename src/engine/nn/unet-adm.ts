/**
 * The UNet of ADM (Dhariwal & Nichol 2021, "Diffusion models beat GANs"), by its published checkpoint's names.
 * config.ts finds an AdmConfig from a checkpoint; layers.ts and attention.ts are the parts.
 */
import { invariant } from '../../domain/errors.ts';
import type { GraphBuilder } from '../graph/build.ts';
import type { Value } from '../graph/ir.ts';
import { attend, splitQkv } from './attention.ts';
import type { QkvOrder } from './attention.ts';
import {
  addPerChannel,
  conv,
  depthToSpace,
  groupNorm,
  imageShape,
  linear,
  spaceToDepth,
  timestepEmbedding,
} from './layers.ts';

/** What config.ts finds out of a checkpoint; the names are guided-diffusion's where it has one. */
export interface AdmConfig {
  readonly kind: 'adm';
  readonly imageSize: number;
  readonly modelChannels: number;
  /** 3, or 6 with learned variance (before `patch`). */
  readonly outChannels: number;
  readonly channelMult: readonly number[];
  readonly resBlocks: number;
  /** Levels (0 = full size) whose blocks attend. */
  readonly attentionLevels: readonly number[];
  readonly heads: { readonly count: number } | { readonly channels: number };
  readonly qkvOrder: QkvOrder;
  /** Time embedding as scale and shift after the second norm, or added before it. */
  readonly scaleShiftNorm: boolean;
  /** Residual blocks that resample, or a strided convolution and an upsampling one. */
  readonly resblockUpDown: boolean;
  /** Space-to-depth factor around the UNet; 1 as published. */
  readonly patch: number;
  readonly groups: number;
}

type Resample = 'up' | 'down' | undefined;
const EPS = 1e-5;

/** x_t [N,3,S,S], t [N] -> [N,outChannels,S,S]. */
export function admUNet(b: GraphBuilder, config: AdmConfig, x_t: Value, t: Value): Value {
  const { modelChannels, channelMult, resBlocks, attentionLevels, resblockUpDown, patch } = config;
  const net = new AdmBlocks(b, config, timeEmbedding(b, config, t));
  let h = conv(b, spaceToDepth(b, x_t, patch), 'input_blocks.0.0', modelChannels * first(channelMult), 3);
  const skips = [h];
  let at = 1;
  channelMult.forEach((mult, level) => {
    for (let i = 0; i < resBlocks; i++, at++) {
      h = net.resBlock(h, `input_blocks.${at}.0`, modelChannels * mult);
      if (attentionLevels.includes(level)) h = net.attention(h, `input_blocks.${at}.1`);
      skips.push(h);
    }
    if (level === channelMult.length - 1) return;
    const [, c] = imageShape(h);
    h = resblockUpDown
      ? net.resBlock(h, `input_blocks.${at}.0`, c, 'down')
      : conv(b, h, `input_blocks.${at}.0.op`, c, 3, 2);
    at++;
    skips.push(h);
  });

  const [, middle] = imageShape(h);
  h = net.resBlock(h, 'middle_block.0', middle);
  h = net.attention(h, 'middle_block.1');
  h = net.resBlock(h, 'middle_block.2', middle);

  at = 0;
  for (const [level, mult] of [...channelMult.entries()].reverse()) {
    for (let i = 0; i <= resBlocks; i++, at++) {
      const skip = skips.pop();
      invariant(skip, 'as many skips as blocks');
      let part = 0;
      h = net.resBlock(b.concat([h, skip], 1), `output_blocks.${at}.${part++}`, modelChannels * mult);
      if (attentionLevels.includes(level)) h = net.attention(h, `output_blocks.${at}.${part++}`);
      if (level === 0 || i < resBlocks) continue;
      const [, c] = imageShape(h);
      h = resblockUpDown
        ? net.resBlock(h, `output_blocks.${at}.${part}`, c, 'up')
        : conv(b, b.upsample(h, 2), `output_blocks.${at}.${part}.conv`, c, 3);
    }
  }
  h = b.silu(net.norm(h, 'out.0'));
  return depthToSpace(b, conv(b, h, 'out.2', config.outChannels * patch * patch, 3), patch);
}

function timeEmbedding(b: GraphBuilder, { modelChannels }: AdmConfig, t: Value): Value {
  const wide = 4 * modelChannels;
  const embedding = timestepEmbedding(b, t, modelChannels, 'cos-sin');
  const emb = linear(b, b.silu(linear(b, embedding, 'time_embed.0', wide)), 'time_embed.2', wide);
  // each block begins with silu(emb): once is enough
  return b.silu(emb);
}

class AdmBlocks {
  readonly #b: GraphBuilder;
  readonly #config: AdmConfig;
  /** silu of the time embedding, [N,4 modelChannels]. */
  readonly #emb: Value;

  constructor(b: GraphBuilder, config: AdmConfig, emb: Value) {
    this.#b = b;
    this.#config = config;
    this.#emb = emb;
  }

  norm(x: Value, name: string, modulation?: { scale: Value; shift: Value }): Value {
    return groupNorm(this.#b, x, name, {
      groups: this.#config.groups,
      eps: EPS,
      ...(modulation ? { modulation } : {}),
    });
  }

  resBlock(x: Value, name: string, out: number, resample?: Resample): Value {
    const b = this.#b;
    const [, channels] = imageShape(x);
    let h = b.silu(this.norm(x, `${name}.in_layers.0`));
    h = conv(b, this.#resample(h, resample), `${name}.in_layers.2`, out, 3);
    if (this.#config.scaleShiftNorm) {
      const both = linear(b, this.#emb, `${name}.emb_layers.1`, 2 * out);
      const modulation = { scale: b.slice(both, 1, 0, out), shift: b.slice(both, 1, out, 2 * out) };
      h = this.norm(h, `${name}.out_layers.0`, modulation);
    } else {
      h = addPerChannel(b, h, linear(b, this.#emb, `${name}.emb_layers.1`, out));
      h = this.norm(h, `${name}.out_layers.0`);
    }
    h = conv(b, b.silu(h), `${name}.out_layers.3`, out, 3);
    const x2 = this.#resample(x, resample);
    const skip = channels === out ? x2 : conv(b, x2, `${name}.skip_connection`, out, 1);
    return b.scope(name, () => b.add(skip, h));
  }

  #resample(x: Value, resample: Resample): Value {
    if (resample === 'down') return this.#b.averagePool(x, 2);
    return resample === 'up' ? this.#b.upsample(x, 2) : x;
  }

  attention(x: Value, name: string): Value {
    const b = this.#b;
    const { heads, qkvOrder } = this.#config;
    const [, c] = imageShape(x);
    const count = 'count' in heads ? heads.count : c / heads.channels;
    const qkv = conv(b, this.norm(x, `${name}.norm`), `${name}.qkv`, 3 * c, 1);
    return b.scope(name, () => {
      const [q, k, v] = splitQkv(b, qkv, count, qkvOrder);
      const attended = b.reshape(attend(b, q, k, v), x.shape);
      return b.add(x, conv(b, attended, `${name}.proj_out`, c, 1));
    });
  }
}

function first(list: readonly number[]): number {
  const [value] = list;
  invariant(value !== undefined, 'channelMult is empty');
  return value;
}
