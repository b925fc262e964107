/**
 * Self-attention over the pixels of an image (Vaswani et al. 2017), as ADM and diffusers lay it out. No transposes: the
 * products read queries and keys as they lie, [heads, channels, pixels].
 */
import { invariant } from '../../domain/errors.ts';
import type { GraphBuilder } from '../graph/build.ts';
import type { Value } from '../graph/ir.ts';
import { imageShape } from './layers.ts';

/**
 * q, k, v as [N heads, C/heads, HW]; returns the same shape. Scores are q.k / sqrt(C/heads).
 */
export function attend(b: GraphBuilder, q: Value, k: Value, v: Value): Value {
  const [, channels = 1] = q.shape;
  const scores = b.matmul(b.mul(q, b.scalar(1 / Math.sqrt(channels))), k, { a: true });
  return b.matmul(v, b.softmax(scores), { b: true });
}

/** How the 3C rows of a joint qkv projection are ordered: by head, then q k v (legacy); or q k v, then by head (new). */
export type QkvOrder = 'legacy' | 'new';

/** Splits qkv [N,3C,H,W] into q, k, v of [N heads, C/heads, HW]. */
export function splitQkv(
  b: GraphBuilder,
  qkv: Value,
  heads: number,
  order: QkvOrder,
): readonly [Value, Value, Value] {
  const [n, triple, h, w] = imageShape(qkv);
  const channels = triple / 3;
  const each = channels / heads;
  invariant(Number.isInteger(each), `${channels} channels do not part into ${heads} heads`);
  const part = (i: number): Value => {
    if (order === 'legacy')
      return b.slice(b.reshape(qkv, [n * heads, 3 * each, h * w]), 1, i * each, (i + 1) * each);
    const rows = b.slice(b.reshape(qkv, [n, triple, h * w]), 1, i * channels, (i + 1) * channels);
    return b.reshape(rows, [n * heads, each, h * w]);
  };
  return [part(0), part(1), part(2)];
}
