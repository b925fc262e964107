/**
 * Ops that onnxruntime's CPU kernels do best in blocked order, [N][C/b][H][W][b] (domain com.microsoft.nchwc). Each row
 * either emits its node and leaves the result blocked, or answers false and plain.ts does it (ADR 2, docs/performance.md).
 */
import type { OpName } from '../graph/attributes.ts';
import type { NodeOf, Value } from '../graph/ir.ts';
import { sameShape } from '../graph/shape.ts';
import type { Shape } from '../graph/shape.ts';
import type { BlockedLowering, Consumers, Emitter } from './emit.ts';
import { roundUp } from './layout.ts';
import { turnedPads, windowOf } from './conv-gradients.ts';
import { groupMean, silu, square, squareWindow } from './plain.ts';

const NCHWC = 'com.microsoft.nchwc';

/** The ops worth it, each under the conditions it checks itself. */
export const blockedLowerings: { readonly [K in OpName]?: BlockedLowering<K> } = {
  conv,
  convInputGradient: (e, { inputs: [g, weight], attributes: { stride, pads, shape }, output }) => {
    const block = e.blockFor(shape);
    if (stride !== 1 || !block || !e.blockFor(g!.shape)) return false;
    const [o = 0, c = 0, kh = 1, kw = 1] = weight!.shape;
    const kernel = e.arranged(weight!, { kind: 'turned', block }, [c, o, kh, kw]);
    const window = windowOf(weight!.shape, { stride, pads: turnedPads(weight!.shape, pads) });
    e.setBlocked(output, e.node('Conv', [e.blocked(g!), kernel], window, NCHWC));
    return true;
  },
  sum: (e, { inputs: [x], attributes: { axes }, output }) => {
    const overImage = x!.shape.length === 4 && axes.length === 2 && axes.includes(2) && axes.includes(3);
    if (!overImage || !e.isBlocked(x!)) return false;
    const [, , h = 1, w = 1] = x!.shape;
    const mean = e.node('GlobalAveragePool', [e.blocked(x!)], {}, NCHWC);
    e.setPlain(output, e.node('Mul', [mean, e.scalar(h * w)]));
    return true;
  },
  sigmoid: (e, { inputs: [x], output }) => {
    if (!e.isBlocked(x!)) return false;
    e.setBlocked(output, e.node('Sigmoid', [e.blocked(x!)]));
    return true;
  },
  slice: (e, { inputs: [x], attributes: { axis, from, to }, output }) => {
    const block = e.blockFor(output.shape);
    if (axis !== 1 || !block || from % block !== 0 || !e.isBlocked(x!)) return false;
    const bounds = [e.integers([from]), e.integers([to]), e.integers([1])];
    e.setBlocked(output, e.node('Slice', [e.blocked(x!), ...bounds]));
    return true;
  },
  detach: (e, { inputs: [x], output }) => {
    if (!e.isBlocked(x!)) return false;
    e.setBlocked(output, e.blocked(x!));
    return true;
  },
  add: (e, node) => absorbedByConv(e, node) || sameOrder('Add')(e, node),
  sub: (e, node) => sameOrder('Sub')(e, node),
  mul: (e, node) => sameOrder('Mul')(e, node),
  silu: (e, { inputs: [x], output }) => {
    if (!e.isBlocked(x!)) return false;
    e.setBlocked(output, silu(e, e.blocked(x!)));
    return true;
  },
  affine: (e, { inputs: [x, a, b], output }) => {
    const block = e.blockFor(x!.shape);
    if (!block || !(e.isBlocked(x!) || spansChannels(x!))) return false;
    // a depthwise 1x1 convolution with weights a and bias b; images are stacked along the channels
    const [n = 1, c = 1, h = 1, w = 1] = x!.shape;
    const stacked = n === 1 ? e.blocked(x!) : e.reshape(e.blocked(x!), [1, n * c, h, w]);
    const gain = e.reshape(e.plain(a!), [n * c, 1, 1, 1]);
    const shift = e.reshape(e.plain(b!), [n * c]);
    const window = { group: { int: n * c }, kernel_shape: { ints: [1, 1] } };
    const y = e.node('Conv', [stacked, gain, shift], window, NCHWC);
    e.setBlocked(output, n === 1 ? y : e.reshape(y, output.shape));
    return true;
  },
  groupMean: (e, { inputs: [x], attributes: { groups }, output }) => {
    if (!e.isBlocked(x!)) return false;
    e.setPlain(output, blockedGroupMean(e, e.blocked(x!), x!.shape, groups));
    return true;
  },
  groupMeanSquare: (e, { inputs: [x], attributes: { groups }, output }) => {
    if (!e.isBlocked(x!)) return false;
    e.setPlain(output, blockedGroupMean(e, square(e, e.blocked(x!)), x!.shape, groups));
    return true;
  },
  concat: (e, { inputs, attributes: { axis }, output }) => {
    if (axis !== 1 || !inputs.every((v) => e.blockFor(v.shape)) || !inputs.some((v) => e.isBlocked(v)))
      return false;
    const parts = inputs.map((v) => e.blocked(v));
    e.setBlocked(output, e.node('Concat', parts, { axis: { int: 1 } }));
    return true;
  },
  upsample: (e, { inputs: [x], attributes: { factor }, output }) => {
    if (!e.isBlocked(x!)) return false;
    const scales = { scales: { ints: [1, 1, factor, factor] }, mode: { text: 'nearest' } };
    e.setBlocked(output, e.node('Upsample', [e.blocked(x!)], scales, NCHWC));
    return true;
  },
  averagePool: (e, { inputs: [x], attributes: { factor }, output }) => {
    if (!e.isBlocked(x!)) return false;
    e.setBlocked(output, e.node('AveragePool', [e.blocked(x!)], squareWindow(factor), NCHWC));
    return true;
  },
};

/** Worth a reorder even from plain order: what follows will want blocks. */
function spansChannels(x: Value): boolean {
  const [, , h = 1, w = 1] = x.shape;
  return h * w > 1;
}

/** Of two images of one shape, or an image and one number: the order of elements does not matter. */
function sameOrder(op: string) {
  return (e: Emitter, { inputs: [a, b], output }: NodeOf<'add' | 'sub' | 'mul'>): boolean => {
    const single = (v: Value): boolean => v.shape.length === 0;
    if (!e.blockFor(output.shape) || !(e.isBlocked(a!) || e.isBlocked(b!))) return false;
    if (![a!, b!].every((v) => single(v) || sameShape(v.shape, output.shape))) return false;
    const name = (v: Value): string => (single(v) ? e.plain(v) : e.blocked(v));
    e.setBlocked(output, e.node(op, [name(a!), name(b!)]));
    return true;
  };
}

/** Whole blocks in a group: its elements lie together. Else each channel's mean first, then the group's. */
function blockedGroupMean(e: Emitter, x: string, shape: Shape, groups: number): string {
  const [n = 1, c = 1] = shape;
  if ((c / groups) % e.blockFor(shape) === 0) return groupMean(e, x, shape, groups);
  return groupMean(e, e.node('GlobalAveragePool', [x], {}, NCHWC), [n, c, 1, 1], groups);
}

/** A convolution whose only reader is an addition waits for it: the kernel adds for free. */
function conv(e: Emitter, node: NodeOf<'conv'>, consumers: Consumers): boolean {
  if (!convFits(e, node)) return false;
  const { output } = node;
  const readers = consumers.get(output) ?? [];
  const [reader] = readers;
  const waits = readers.length === 1 && reader !== undefined && reader !== 'output' && reader.op === 'add';
  if (!e.blockFor(output.shape)) {
    // channels that were filled up are dropped on the way back
    const channels = { channels: { int: output.shape[1] ?? 0 } };
    e.setPlain(output, e.node('ReorderOutput', [convNode(e, node)], channels, NCHWC));
  } else if (waits) e.defer(output, (sum) => convNode(e, node, sum));
  else e.setBlocked(output, convNode(e, node));
  return true;
}

function absorbedByConv(e: Emitter, { inputs: [a, b], output }: NodeOf<'add'>): boolean {
  if (!sameShape(a!.shape, b!.shape) || a === b) return false;
  for (const [value, other] of [
    [b!, a!],
    [a!, b!],
  ] as const) {
    const emit = e.takeDeferred(value);
    if (!emit) continue;
    e.setBlocked(output, emit(e.blocked(other)));
    return true;
  }
  return false;
}

function convFits(e: Emitter, { inputs: [x] }: NodeOf<'conv'>): boolean {
  return e.blockFor(x!.shape) > 0 || fewChannels(e, x!);
}

/** Images of up to 7 channels are read in plain order by a kernel of their own. */
function fewChannels(e: Emitter, x: Value): boolean {
  const [, channels = 0] = x.shape;
  return e.dialect.kind === 'cpu' && e.dialect.block > 1 && channels < e.dialect.block;
}

function convNode(
  e: Emitter,
  { inputs: [x, weight, bias], attributes }: NodeOf<'conv'>,
  sum?: string,
): string {
  const block = e.dialect.kind === 'cpu' ? e.dialect.block : 1;
  const few = fewChannels(e, x!);
  const [o = 0, i = 0, kh = 1, kw = 1] = weight!.shape;
  const filled = roundUp(o, block);
  const kernel = e.arranged(weight!, { kind: few ? 'OIHWo' : 'OIHWio', block }, [filled, i, kh, kw]);
  const shift = bias
    ? e.arranged(bias, filled === o ? { kind: 'plain' } : { kind: 'filled', block }, [filled])
    : '';
  const inputs = [few ? e.plain(x!) : e.blocked(x!), kernel, shift, ...(sum ? [sum] : [])];
  return e.node('Conv', inputs, windowOf(weight!.shape, attributes), NCHWC);
}
