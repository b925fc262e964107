/**
 * Sequential reading over a range of a source through a small window, so that a pickle of unknown length can be read.
 * Read next: pickle.ts, which is its only reader.
 */
import type { UserError } from '../../domain/errors.ts';
import type { ByteSource } from './source.ts';

const WINDOW = 1 << 16;

/** Reads forward from `position` and never past `end` (bytes of the file); throws `checkpoint.unreadable` there. */
export class Cursor {
  readonly source: ByteSource;
  readonly end: number;
  position: number;
  #window: Buffer = Buffer.alloc(0);
  #windowAt = 0;

  constructor(source: ByteSource, position: number, end: number) {
    source.require(position, end - position, 'its pickle');
    this.source = source;
    this.position = position;
    this.end = end;
  }

  /** The error for a damaged file, as ByteSource makes it. */
  broken(what: string): UserError {
    return this.source.broken(what);
  }

  /** The next byte, 0..255. */
  byte(): number {
    const byte = this.position < this.end ? this.#window[this.position - this.#windowAt] : undefined;
    if (byte === undefined) return this.take(1).readUInt8(0);
    this.position += 1;
    return byte;
  }

  /** The next `length` bytes; the view is good until the next call. */
  take(length: number): Buffer {
    if (length > this.end - this.position)
      throw this.broken('is cut short: its list of tensors ends too early');
    let from = this.position - this.#windowAt;
    if (from < 0 || from + length > this.#window.length) {
      const fill = Math.min(Math.max(length, WINDOW), this.end - this.position);
      this.#window = this.source.bytes(this.position, fill, 'its list of tensors');
      this.#windowAt = this.position;
      from = 0;
    }
    this.position += length;
    return this.#window.subarray(from, from + length);
  }

  /** The text up to the next newline (which is consumed), at most `limit` bytes of Latin-1. */
  line(limit: number): string {
    let text = '';
    for (let count = 0; count <= limit; count += 1) {
      const byte = this.byte();
      if (byte === 0x0a) return text;
      text += String.fromCharCode(byte);
    }
    throw this.broken('is damaged: a name in its list of tensors never ends');
  }
}
