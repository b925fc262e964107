/**
 * Blocks into a PNG file (W3C PNG, third edition): chunks after the first. IPTC has no chunk of its own and goes the way
 * that ExifTool and ImageMagick read it. ../save.ts chooses what goes in.
 */
import { crc32, deflateSync } from 'node:zlib';
import { photoshopBlock } from '../iptc.ts';
import type { Blocks } from './blocks.ts';

const SIGNATURE = 8;
/** Length, type and checksum around a chunk's data. */
const AROUND = 12;
const REPLACED: readonly string[] = ['pHYs', 'iCCP', 'sRGB', 'eXIf', 'iTXt', 'zTXt', 'tEXt'];

/** The pieces of a whole PNG file, as sharp wrote it, with blocks, a density (pixels per inch) and comments. */
export function intoPng(
  file: Uint8Array,
  { exif, iptc, xmp, icc }: Blocks,
  density: number | undefined,
  comments: readonly { readonly keyword: string; readonly text: string }[] = [],
): Uint8Array[] {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const first = SIGNATURE + AROUND + bytes.readUInt32BE(SIGNATURE);
  const pieces: Uint8Array[] = [bytes.subarray(0, first)];
  if (icc) pieces.push(...chunk('iCCP', Buffer.from('ICC profile\0\0', 'latin1'), deflateSync(icc)));
  if (density !== undefined) pieces.push(...chunk('pHYs', metres(density)));
  if (exif) pieces.push(...chunk('eXIf', exif));
  if (xmp) pieces.push(...chunk('iTXt', Buffer.from('XML:com.adobe.xmp\0\0\0\0\0', 'latin1'), xmp));
  if (iptc)
    pieces.push(...chunk('zTXt', Buffer.from('Raw profile type iptc\0\0', 'latin1'), rawProfile(iptc)));
  for (const { keyword, text } of comments)
    pieces.push(...chunk('iTXt', Buffer.from(`${keyword}\0\0\0\0\0${text}`)));
  let at = first;
  while (at + AROUND <= bytes.length) {
    const end = at + AROUND + bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (type === 'IDAT') break;
    if (!REPLACED.includes(type)) pieces.push(bytes.subarray(at, end));
    at = end;
  }
  pieces.push(bytes.subarray(at));
  return pieces;
}

function chunk(type: string, ...parts: readonly Uint8Array[]): Uint8Array[] {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(parts.reduce((sum, part) => sum + part.length, 0));
  head.write(type, 4, 'latin1');
  const check = Buffer.alloc(4);
  check.writeUInt32BE(parts.reduce((crc, part) => crc32(part, crc), crc32(head.subarray(4))));
  return [head, ...parts, check];
}

/** Pixels per metre, both ways. */
function metres(density: number): Uint8Array {
  const data = Buffer.alloc(9);
  data.writeUInt32BE(Math.round(density / 0.0254), 0);
  data.writeUInt32BE(Math.round(density / 0.0254), 4);
  data[8] = 1;
  return data;
}

/** A line with the name, one with the length, then hexadecimal digits, 72 a line. */
function rawProfile(iptc: Uint8Array): Uint8Array {
  const block = Buffer.from(photoshopBlock(iptc)).subarray('Photoshop 3.0\0'.length);
  const lines = block.toString('hex').match(/.{1,72}/g) ?? [];
  return deflateSync(
    Buffer.from(`\niptc\n${String(block.length).padStart(8)}\n${lines.join('\n')}\n`, 'latin1'),
  );
}

/** The block in a `Raw profile type iptc` comment, as rawProfile and other programs write it; undefined for none. */
export function fromRawProfile(text: string): Uint8Array | undefined {
  const [, hex] = /^\s*(?:iptc|8bim)\s+\d+\s+([0-9a-f\s]+)$/i.exec(text) ?? [];
  return hex === undefined ? undefined : Buffer.from(hex.replace(/\s/g, ''), 'hex');
}
