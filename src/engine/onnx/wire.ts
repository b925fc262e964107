/**
 * A protobuf writer for the few wire types ONNX needs: varints, little-endian floats, bytes and nested messages.
 * Read model.ts next, which knows ONNX's field numbers. Source: protobuf encoding guide (wire types 0, 2, 5).
 */

const WIRE_VARINT = 0;
const WIRE_BYTES = 2;
const WIRE_FIXED32 = 5;
const utf8 = new TextEncoder();

/** Collects one message's fields in order; a nested message is another writer. */
export class MessageWriter {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  #push(bytes: Uint8Array): void {
    this.#chunks.push(bytes);
    this.#length += bytes.length;
  }

  #key(field: number, wire: number): void {
    this.#push(varint(BigInt((field << 3) | wire)));
  }

  /** An int32, int64, enum or bool field; negative numbers take ten bytes as the format asks. */
  int(field: number, value: number | bigint): this {
    this.#key(field, WIRE_VARINT);
    this.#push(varint(BigInt.asUintN(64, BigInt(value))));
    return this;
  }

  /** A 32-bit float field. */
  float(field: number, value: number): this {
    this.#key(field, WIRE_FIXED32);
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    this.#push(bytes);
    return this;
  }

  /** A length-delimited field: bytes, a string or a message. */
  bytes(field: number, value: Uint8Array): this {
    this.#key(field, WIRE_BYTES);
    this.#push(varint(BigInt(value.length)));
    this.#push(value);
    return this;
  }

  /** A string field, UTF-8. */
  text(field: number, value: string): this {
    return this.bytes(field, utf8.encode(value));
  }

  /** A nested message, whose fields `fill` writes. */
  message(field: number, fill: (nested: MessageWriter) => void): this {
    const nested = new MessageWriter();
    fill(nested);
    return this.bytes(field, nested.finish());
  }

  /** The message's bytes, in one piece. */
  finish(): Uint8Array {
    const out = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      out.set(chunk, at);
      at += chunk.length;
    }
    return out;
  }
}

function varint(value: bigint): Uint8Array {
  const out: number[] = [];
  do {
    const low = Number(value & 0x7fn);
    value >>= 7n;
    out.push(value === 0n ? low : low | 0x80);
  } while (value !== 0n);
  return Uint8Array.from(out);
}
