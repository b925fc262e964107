/**
 * Stored number types: their sizes, and their conversion from file bytes to numbers.
 * Read next: strided.ts, which decides which bytes to convert.
 */
import type { StoredType } from './store.ts';

const BYTES: Readonly<Record<StoredType, number>> = {
  float32: 4,
  float16: 2,
  bfloat16: 2,
  float64: 8,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
};

/** Bytes of one stored number. */
export function bytesOf(type: StoredType): number {
  return BYTES[type];
}

/** Whether the type can hold NaN and infinities. */
export function isFloat(type: StoredType): boolean {
  return type === 'float32' || type === 'float16' || type === 'bfloat16' || type === 'float64';
}

/** Elements of a shape; `undefined` for a dimension that is no size, or a product beyond 2^53. */
export function elementsOf(shape: readonly number[]): number | undefined {
  let product = 1;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) return undefined;
    product *= size;
    if (!Number.isSafeInteger(product)) return undefined;
  }
  return product;
}

/** Turns big-endian numbers of `size` bytes into the host's little-endian, in place. */
export function swapBytes(buffer: ArrayBuffer, length: number, size: number): void {
  const bytes = Buffer.from(buffer, 0, length);
  if (size === 2) bytes.swap16();
  else if (size === 4) bytes.swap32();
  else if (size === 8) bytes.swap64();
}

/** Converts the first `count` little-endian numbers of `buffer` into `target` from element `offset` on. */
export function decode(
  type: StoredType,
  buffer: ArrayBuffer,
  count: number,
  target: Float32Array | Float64Array,
  offset: number,
): void {
  switch (type) {
    case 'float32':
      return target.set(new Float32Array(buffer, 0, count), offset);
    case 'float16':
      return target.set(new Float16Array(buffer, 0, count), offset);
    case 'float64':
      return target.set(new Float64Array(buffer, 0, count), offset);
    case 'int32':
      return target.set(new Int32Array(buffer, 0, count), offset);
    case 'int16':
      return target.set(new Int16Array(buffer, 0, count), offset);
    case 'int8':
      return target.set(new Int8Array(buffer, 0, count), offset);
    case 'uint8':
      return target.set(new Uint8Array(buffer, 0, count), offset);
    case 'bfloat16': {
      // bfloat16 is the upper half of a float32.
      const halves = new Uint16Array(buffer, 0, count);
      const bits = new Uint32Array(count);
      for (let i = 0; i < count; i += 1) bits[i] = (halves[i] ?? 0) << 16;
      return target.set(new Float32Array(bits.buffer), offset);
    }
    case 'int64': {
      const whole = new BigInt64Array(buffer, 0, count);
      for (let i = 0; i < count; i += 1) target[offset + i] = Number(whole[i]);
      return;
    }
    case 'bool': {
      const flags = new Uint8Array(buffer, 0, count);
      for (let i = 0; i < count; i += 1) target[offset + i] = flags[i] === 0 ? 0 : 1;
      return;
    }
  }
}
