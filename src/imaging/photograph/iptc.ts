/**
 * IPTC records (IIM 4.2) inside the block of Photoshop resources that JPEG files keep them in.
 * container/jpeg.ts writes it; records themselves are kept as they are, never read.
 */

const MARK = 'Photoshop 3.0\0';
const RECORDS = 0x0404;

/** The records of a Photoshop block, or of bytes that are records already; undefined where there are none. */
export function iptcRecords(block: Uint8Array): Uint8Array | undefined {
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  if (bytes[0] === 0x1c) return block;
  let at = bytes.toString('latin1', 0, MARK.length) === MARK ? MARK.length : 0;
  while (at + 12 <= bytes.length && bytes.toString('latin1', at, at + 4) === '8BIM') {
    const id = bytes.readUInt16BE(at + 4);
    const name = bytes[at + 6]! + 1;
    const sized = at + 6 + name + (name % 2);
    if (sized + 4 > bytes.length) return undefined;
    const size = bytes.readUInt32BE(sized);
    const data = bytes.subarray(sized + 4, sized + 4 + size);
    if (id === RECORDS) return data.length === size && size > 0 ? data : undefined;
    at = sized + 4 + size + (size % 2);
  }
  return undefined;
}

/** A Photoshop block that holds the records. */
export function photoshopBlock(records: Uint8Array): Uint8Array {
  const head = Buffer.from(`${MARK}8BIM\0\0\0\0\0\0\0\0`, 'latin1');
  head.writeUInt16BE(RECORDS, MARK.length + 4);
  head.writeUInt32BE(records.length, MARK.length + 8);
  return Buffer.concat([head, records, new Uint8Array(records.length % 2)]);
}
