/**
 * Reads a strided view of numbers in a file into row-major order, through one megabyte of scratch memory at most.
 * Read next: file-store.ts, which holds one Layout for each tensor.
 */
import { bytesOf, decode, swapBytes } from './convert.ts';
import type { ByteSource } from './source.ts';
import type { StoredType } from './store.ts';

/** Where a tensor's numbers lie: element (i, j, ...) is at byte `position` + (i s0 + j s1 + ...) bytesOf(type). */
export interface Layout {
  readonly position: number;
  readonly type: StoredType;
  readonly shape: readonly number[];
  /** In elements, never negative, one for each dimension. */
  readonly strides: readonly number[];
  readonly bigEndian: boolean;
}

/** One dimension of a view: its extent, its step in the file and its step in the target. */
interface Axis {
  readonly size: number;
  readonly stride: number;
  readonly step: number;
}

/** Elements read from the file at once; 2^17 of at most 8 bytes. */
const SPAN = 1 << 17;

/** The strides of a row-major tensor. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  let step = 1;
  return shape
    .toReversed()
    .map((size) => {
      const stride = step;
      step *= size;
      return stride;
    })
    .toReversed();
}

/** Elements from the first to the last one a view touches, both included (the view must not be empty). */
export function spanOf(shape: readonly number[], strides: readonly number[]): number {
  return shape.reduce((span, size, axis) => span + (size - 1) * (strides[axis] ?? 0), 1);
}

/** Reads the whole view into `target` from element `offset` on, row-major; the caller has checked that it fits. */
export function readStrided(
  source: ByteSource,
  layout: Layout,
  target: Float32Array | Float64Array,
  offset: number,
  what: string,
): void {
  const steps = rowMajorStrides(layout.shape);
  const axes: Axis[] = layout.shape
    .map((size, axis) => ({ size, stride: layout.strides[axis] ?? 0, step: steps[axis] ?? 0 }))
    .filter((axis) => axis.size !== 1);
  const count = axes.reduce((product, axis) => product * axis.size, 1);
  if (count === 0) return;
  const { type, position } = layout;
  const size = bytesOf(type);
  const contiguous = axes.every((axis) => axis.stride === axis.step);

  if (contiguous && type === 'float32' && !layout.bigEndian && target instanceof Float32Array) {
    const bytes = new Uint8Array(target.buffer, target.byteOffset + 4 * offset, 4 * count);
    return source.readAt(position, bytes, what);
  }

  const raw = new ArrayBuffer(Math.min(SPAN, spanOf(layout.shape, layout.strides)) * size);
  const load = (first: number, length: number, into: Float32Array | Float64Array, at: number): void => {
    source.readAt(position + first * size, new Uint8Array(raw, 0, length * size), what);
    if (layout.bigEndian) swapBytes(raw, length * size, size);
    decode(type, raw, length, into, at);
  };

  if (contiguous) {
    for (let done = 0; done < count; done += SPAN) {
      load(done, Math.min(SPAN, count - done), target, offset + done);
    }
    return;
  }

  // Outermost the axis that is slowest in the file, so that each piece of the file is read about once.
  axes.sort((a, b) => b.stride - a.stride);
  const window = new Float64Array(raw.byteLength / size);
  const gather = (piece: readonly Axis[], first: number, at: number): void => {
    const span = piece.reduce((sum, axis) => sum + (axis.size - 1) * axis.stride, 1);
    const [outer, ...inner] = piece;
    if (span <= SPAN || outer === undefined) {
      load(first, span, window, 0);
      return scatter(window, piece, 0, target, at);
    }
    const room = SPAN - (span - (outer.size - 1) * outer.stride);
    const group = Math.min(outer.size, room < 0 ? 1 : Math.floor(room / Math.max(1, outer.stride)) + 1);
    for (let i = 0; i < outer.size; i += group) {
      const taken = Math.min(group, outer.size - i);
      const rest = taken === 1 ? inner : [{ ...outer, size: taken }, ...inner];
      gather(rest, first + i * outer.stride, at + i * outer.step);
    }
  };
  gather(axes, 0, offset);
}

/** Copies a view of `window` to its places in `target`. */
function scatter(
  window: Float64Array,
  axes: readonly Axis[],
  from: number,
  target: Float32Array | Float64Array,
  at: number,
): void {
  const [outer, ...inner] = axes;
  if (outer === undefined) {
    target[at] = window[from] ?? 0;
    return;
  }
  const { size, stride, step } = outer;
  if (inner.length === 0) {
    for (let i = 0; i < size; i += 1) target[at + i * step] = window[from + i * stride] ?? 0;
    return;
  }
  for (let i = 0; i < size; i += 1) scatter(window, inner, from + i * stride, target, at + i * step);
}
