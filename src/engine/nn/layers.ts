/**
 * The layers that both UNets are made of, written over the graph builder. Weights are asked for by the checkpoint's own
 * names; unet-adm.ts and unet-ddpm.ts put the layers together.
 */
import { invariant } from '../../domain/errors.ts';
import type { GraphBuilder } from '../graph/build.ts';
import type { Value } from '../graph/ir.ts';

/** Sizes of an image [N,C,H,W]. */
export function imageShape(x: Value): readonly [n: number, c: number, h: number, w: number] {
  const [n, c, h, w] = x.shape;
  invariant(n !== undefined && c !== undefined && h !== undefined && w !== undefined, 'wants an image');
  return [n, c, h, w];
}

/**
 * x [N,C,H,W] -> [N,out,H/stride,W/stride] from parameters `<name>.weight` [out,C,size,size] and `<name>.bias`; sides
 * are kept at stride 1.
 */
export function conv(b: GraphBuilder, x: Value, name: string, out: number, size: 1 | 3, stride = 1): Value {
  const [, c] = imageShape(x);
  const weight = b.parameter(`${name}.weight`, [out, c, size, size]);
  const bias = b.parameter(`${name}.bias`, [out]);
  const p = size === 3 ? 1 : 0;
  return b.scope(name, () => b.conv(x, weight, bias, stride, [p, p, p, p]));
}

/** x [N,I] -> [N,out] from parameters `<name>.weight` [out,I] and `<name>.bias`. */
export function linear(b: GraphBuilder, x: Value, name: string, out: number): Value {
  const [, c = 0] = x.shape;
  const weight = b.parameter(`${name}.weight`, [out, c]);
  const bias = b.parameter(`${name}.bias`, [out]);
  return b.scope(name, () => b.add(b.matmul(x, weight, { b: true }), bias));
}

/**
 * t [N] -> [N,channels]: sines and cosines at channels / 2 frequencies from 1 down to about 1/10000 (Vaswani et al.
 * 2017).
 */
export function timestepEmbedding(
  b: GraphBuilder,
  t: Value,
  channels: number,
  order: 'cos-sin' | 'sin-cos',
  frequencyShift: 0 | 1 = 0,
): Value {
  const half = channels / 2;
  const frequencies = Array.from({ length: half }, (_, i) =>
    Math.exp((-Math.log(10000) * i) / (half - frequencyShift)),
  );
  const [n = 1] = t.shape;
  return b.scope('timestep', () => {
    const angle = b.mul(b.reshape(t, [n, 1]), b.constant([1, half], frequencies));
    const parts = [b.cos(angle), b.sin(angle)];
    return b.concat(order === 'cos-sin' ? parts : parts.reverse(), 1);
  });
}

/** How a group norm differs from the plain one. */
interface GroupNormOptions {
  readonly groups: number;
  readonly eps: number;
  /** [N,C,1,1] each: the normed x is multiplied by 1 + scale and shifted (FiLM; "scale-shift norm" in ADM). */
  readonly modulation?: { readonly scale: Value; readonly shift: Value };
}

/**
 * Group norm (Wu & He 2018) with its affine part and the optional modulation folded into one a x + b per image and
 * channel, so that x [N,C,H,W] is read twice for the sums and once for the result. Variance is E[x^2] - E[x]^2.
 */
export function groupNorm(b: GraphBuilder, x: Value, name: string, options: GroupNormOptions): Value {
  const [n, c] = imageShape(x);
  const { groups, eps, modulation } = options;
  const each = c / groups;
  invariant(Number.isInteger(each), `${name}: ${c} channels do not part into ${groups} groups`);
  const gamma = b.parameter(`${name}.weight`, [c]);
  const beta = b.parameter(`${name}.bias`, [c]);
  return b.scope(name, () => {
    const mean = b.groupMean(x, groups);
    // rounding can take the difference below zero where x is nearly constant
    const variance = b.clip(b.sub(b.groupMeanSquare(x, groups), b.mul(mean, mean)), 0, Infinity);
    const deviation = b.sqrt(b.add(variance, b.scalar(eps)));
    const perChannel = (v: Value): Value => b.reshape(v, [1, groups, each]);
    let gain = b.div(perChannel(gamma), deviation);
    let shift = b.sub(perChannel(beta), b.mul(mean, gain));
    if (modulation) {
      const scale = b.add(b.reshape(modulation.scale, [n, groups, each]), b.scalar(1));
      gain = b.mul(gain, scale);
      shift = b.add(b.mul(shift, scale), b.reshape(modulation.shift, [n, groups, each]));
    }
    return b.affine(x, b.reshape(gain, [n, c, 1, 1]), b.reshape(shift, [n, c, 1, 1]));
  });
}

/** x [N,C,H,W] + v [N,C], v the same over the image. */
export function addPerChannel(b: GraphBuilder, x: Value, v: Value): Value {
  const [n, c] = imageShape(x);
  const ones = b.constant([n, c, 1, 1], new Float32Array(n * c).fill(1));
  return b.affine(x, ones, b.reshape(v, [n, c, 1, 1]));
}

/** [N,C,H,W] -> [N,C p p,H/p,W/p] (pixel unshuffle). */
export function spaceToDepth(b: GraphBuilder, x: Value, p: number): Value {
  if (p === 1) return x;
  const [n, c, h, w] = imageShape(x);
  const parts = b.reshape(x, [n, c, h / p, p, w / p, p]);
  return b.reshape(b.transpose(parts, [0, 1, 3, 5, 2, 4]), [n, c * p * p, h / p, w / p]);
}

/** [N,C p p,H,W] -> [N,C,pH,pW] (pixel shuffle). */
export function depthToSpace(b: GraphBuilder, x: Value, p: number): Value {
  if (p === 1) return x;
  const [n, cpp, h, w] = imageShape(x);
  const c = cpp / (p * p);
  const parts = b.reshape(x, [n, c, p, p, h, w]);
  return b.reshape(b.transpose(parts, [0, 1, 4, 2, 5, 3]), [n, c, h * p, w * p]);
}
