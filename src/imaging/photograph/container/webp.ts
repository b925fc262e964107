/**
 * Blocks into a WebP file (RFC 9649): an extended header, then chunks around the picture. WebP has no place for IPTC
 * and none for a density outside EXIF. ../save.ts chooses what goes in.
 */
import type { Blocks } from './blocks.ts';

const ICC_FLAG = 0x20;
const ALPHA_FLAG = 0x10;
const EXIF_FLAG = 0x08;
const XMP_FLAG = 0x04;

/** The pieces of a whole still WebP file of width x height, as sharp wrote it, with blocks. */
export function intoWebp(
  file: Uint8Array,
  { exif, xmp, icc }: Blocks,
  width: number,
  height: number,
): Uint8Array[] {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const picture: Uint8Array[] = [];
  let flags = (icc ? ICC_FLAG : 0) | (exif ? EXIF_FLAG : 0) | (xmp ? XMP_FLAG : 0);
  for (let at = 12; at + 8 <= bytes.length;) {
    const type = bytes.toString('latin1', at, at + 4);
    const size = bytes.readUInt32LE(at + 4);
    const end = at + 8 + size + (size % 2);
    // a lossless picture says in its own fifth byte whether it has transparency
    if (type === 'ALPH' || (type === 'VP8L' && (bytes[at + 12]! & 0x10) !== 0)) flags |= ALPHA_FLAG;
    if (type === 'ALPH' || type === 'VP8 ' || type === 'VP8L') picture.push(bytes.subarray(at, end));
    at = end;
  }
  const head = Buffer.alloc(10);
  head[0] = flags;
  head.writeUIntLE(width - 1, 4, 3);
  head.writeUIntLE(height - 1, 7, 3);
  const pieces = [
    Buffer.from('WEBP', 'latin1'),
    ...chunk('VP8X', head),
    ...(icc ? chunk('ICCP', icc) : []),
    ...picture,
    ...(exif ? chunk('EXIF', exif) : []),
    ...(xmp ? chunk('XMP ', xmp) : []),
  ];
  const riff = Buffer.from('RIFF\0\0\0\0', 'latin1');
  riff.writeUInt32LE(
    pieces.reduce((sum, piece) => sum + piece.length, 0),
    4,
  );
  return [riff, ...pieces];
}

function chunk(type: string, data: Uint8Array): Uint8Array[] {
  const head = Buffer.alloc(8);
  head.write(type, 0, 'latin1');
  head.writeUInt32LE(data.length, 4);
  return [head, data, new Uint8Array(data.length % 2)];
}
