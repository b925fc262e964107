/**
 * How a weight's bytes are arranged for the kernels that read it. Blocked convolutions want the output (and input)
 * channels in blocks as the innermost axes, so that one vector load brings one block; the data is else unchanged.
 */
import { invariant } from '../../domain/errors.ts';
import type { Shape } from '../graph/shape.ts';

/** An order of a weight's numbers; b is the block, i and o stand for channels in and out. */
export type Layout =
  | { readonly kind: 'plain' }
  /** [O/b][I/b][kh][kw][b of I][b of O]; O is filled up with zeros to a multiple of b. */
  | { readonly kind: 'OIHWio'; readonly block: number }
  /** [O/b][I][kh][kw][b of O], for inputs with fewer channels than a block. */
  | { readonly kind: 'OIHWo'; readonly block: number }
  /** OIHWio of the kernel turned half round with its channels swapped: what the gradient by the input convolves with. */
  | { readonly kind: 'turned'; readonly block: number }
  /** A vector filled up with zeros to a multiple of b. */
  | { readonly kind: 'filled'; readonly block: number };

/** The smallest multiple that is not below n. */
export function roundUp(n: number, multiple: number): number {
  return Math.ceil(n / multiple) * multiple;
}

/** The data of a weight of `shape` (row-major) as `layout` wants it; plain data is passed through, not copied. */
export function arrange(
  data: Float32Array<ArrayBuffer>,
  shape: Shape,
  layout: Layout,
): Float32Array<ArrayBuffer> {
  switch (layout.kind) {
    case 'plain':
      return data;
    case 'filled': {
      const filled = new Float32Array(roundUp(data.length, layout.block));
      filled.set(data);
      return filled;
    }
    case 'turned':
      return blockKernel(
        turnKernel(data, shape),
        [shape[1] ?? 0, shape[0] ?? 0, ...shape.slice(2)],
        layout.block,
        layout.block,
      );
    case 'OIHWio':
      return blockKernel(data, shape, layout.block, layout.block);
    case 'OIHWo':
      return blockKernel(data, shape, 1, layout.block);
  }
}

/** [O,C,kh,kw] -> [C,O,kh,kw], both kernel axes reversed. */
function turnKernel(data: Float32Array, [o = 0, c = 0, kh = 0, kw = 0]: Shape): Float32Array<ArrayBuffer> {
  const taps = kh * kw;
  const out = new Float32Array(data.length);
  for (let oc = 0; oc < o; oc++) {
    for (let ic = 0; ic < c; ic++) {
      const from = (oc * c + ic) * taps;
      const to = (ic * o + oc) * taps + taps - 1;
      for (let tap = 0; tap < taps; tap++) out[to - tap] = data[from + tap]!;
    }
  }
  return out;
}

function blockKernel(data: Float32Array, shape: Shape, bi: number, bo: number): Float32Array<ArrayBuffer> {
  const [o = 0, i = 0, kh = 0, kw = 0] = shape;
  invariant(shape.length === 4 && i % bi === 0, `a kernel [${shape.join(',')}] has no blocks of ${bi}`);
  const taps = kh * kw;
  const out = new Float32Array(roundUp(o, bo) * i * taps);
  const block = bi * bo;
  // reads run straight through the kernel; writes stay within one output block, which the cache holds
  let from = 0;
  for (let oc = 0; oc < o; oc++) {
    const inBlock = oc % bo;
    const base = (oc - inBlock) * i * taps + inBlock;
    for (let ic = 0; ic < i; ic++) {
      let to = base + (ic - (ic % bi)) * taps * bo + (ic % bi) * bo;
      for (let tap = 0; tap < taps; tap++, to += block) out[to] = data[from++]!;
    }
  }
  return out;
}
