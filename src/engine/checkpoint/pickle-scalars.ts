/**
 * Texts and whole numbers as a pickle encodes them.
 * Read next: pickle.ts, which decides where they stand.
 */
import type { Cursor } from './cursor.ts';

/** The next `length` bytes as UTF-8; throws UserError `checkpoint.unreadable` when they are not. */
export function decodeText(cursor: Cursor, length: number): string {
  const bytes = cursor.take(length);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    if (cause instanceof TypeError)
      throw cursor.broken('is damaged: a name in its list of tensors is not UTF-8 text');
    throw cause;
  }
}

/** A little-endian two's complement number of any length; a bigint only beyond 2^53. */
export function readSigned(bytes: Buffer): number | bigint {
  if (bytes.length === 0) return 0;
  if (bytes.length <= 6) return bytes.readIntLE(0, bytes.length);
  const unsigned = BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
  const value = BigInt.asIntN(8 * bytes.length, unsigned);
  const near = Number(value);
  return Number.isSafeInteger(near) ? near : value;
}
