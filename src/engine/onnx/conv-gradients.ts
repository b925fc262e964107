/**
 * The two gradients of a convolution in row-major order, from ops every provider has: by the input, a convolution with the
 * kernel turned round; by the weight, one matrix product a kernel place. plain.ts is the table they belong to.
 */
import type { OpAttributes, Pads } from '../graph/attributes.ts';
import type { NodeOf } from '../graph/ir.ts';
import type { Shape } from '../graph/shape.ts';
import type { Emitter } from './emit.ts';
import type { OnnxAttribute } from './model.ts';

/** A kernel's window as ONNX's Conv wants it. */
export function windowOf(
  [, , kh = 1, kw = 1]: Shape,
  { stride, pads }: OpAttributes['conv'],
): Record<string, OnnxAttribute> {
  return { kernel_shape: { ints: [kh, kw] }, strides: { ints: [stride, stride] }, pads: { ints: pads } };
}

/** Zeros around the gradient for which a turned kernel gives back the image's size, at stride 1. */
export function turnedPads([, , kh = 1, kw = 1]: Shape, [top, left, bottom, right]: Pads): Pads {
  return [kh - 1 - top, kw - 1 - left, kh - 1 - bottom, kw - 1 - right];
}

/** Stride 1: a convolution with the kernel turned half round and its channels swapped. Else a transposed convolution. */
export function convInputGradient(
  e: Emitter,
  { inputs: [g, weight], attributes }: NodeOf<'convInputGradient'>,
): string {
  const { stride, pads, shape } = attributes;
  const [, , kh = 1, kw = 1] = weight!.shape;
  const [, , h = 1, w = 1] = shape;
  const [, , gh = 1, gw = 1] = g!.shape;
  const [top, left, bottom, right] = pads;
  if (stride === 1) {
    const kernel = turnedKernel(e, e.plain(weight!), weight!.shape);
    const window = windowOf(weight!.shape, { stride, pads: turnedPads(weight!.shape, pads) });
    return e.node('Conv', [e.plain(g!), kernel], window);
  }
  // rows that the strided window never reached get their zeros from output_padding
  const rest = [h + top + bottom - kh - (gh - 1) * stride, w + left + right - kw - (gw - 1) * stride];
  const window = { ...windowOf(weight!.shape, { stride, pads }), output_padding: { ints: rest } };
  return e.node('ConvTranspose', [e.plain(g!), e.plain(weight!)], window);
}

/** [O,C,kh,kw] -> [C,O,kh,kw] with both kernel axes reversed. */
function turnedKernel(e: Emitter, kernel: string, [, , kh = 1, kw = 1]: Shape): string {
  const swapped = e.node('Transpose', [kernel], { perm: { ints: [1, 0, 2, 3] } });
  if (kh * kw === 1) return swapped;
  const [from, to] = [e.integers([-1, -1]), e.integers([-(kh + 1), -(kw + 1)])];
  return e.node('Slice', [swapped, from, to, e.integers([2, 3]), e.integers([-1, -1])]);
}

/** For each place in the kernel, g [N,O,hw] against the image shifted by it, [N,C,hw]; summed over images. */
export function convWeightGradient(
  e: Emitter,
  { inputs: [x, g], attributes }: NodeOf<'convWeightGradient'>,
): string {
  const { stride, pads, shape } = attributes;
  const [top, left, bottom, right] = pads;
  const [o = 1, c = 1, kh = 1, kw = 1] = shape;
  const [n = 1, , h = 1, w = 1] = g!.shape;
  const padded = pads.some((p) => p > 0)
    ? e.node('Pad', [e.plain(x!), e.integers([0, 0, top, left, 0, 0, bottom, right])])
    : e.plain(x!);
  const rows = e.reshape(e.plain(g!), [n, o, h * w]);
  const taps: string[] = [];
  for (let i = 0; i < kh; i++) {
    for (let j = 0; j < kw; j++) {
      const to = [i + (h - 1) * stride + 1, j + (w - 1) * stride + 1];
      const bounds = [e.integers([i, j]), e.integers(to), e.integers([2, 3]), e.integers([stride, stride])];
      const shifted = kh * kw === 1 && stride === 1 ? padded : e.node('Slice', [padded, ...bounds]);
      const columns = e.reshape(shifted, [n, c, h * w]);
      const products = e.matmulTransposed(rows, columns);
      const summed = n === 1 ? products : e.node('ReduceSum', [products, e.integers([0])]);
      taps.push(e.reshape(summed, [o, c, 1]));
    }
  }
  const all = taps.length === 1 ? taps.join() : e.node('Concat', taps, { axis: { int: 2 } });
  return e.reshape(all, shape);
}
