/**
 * Blocks into a JPEG file (ISO/IEC 10918-1; JFIF; EXIF, XMP and ICC by their own specifications): segments after the
 * first, each of at most 64 KB. ../save.ts chooses what goes in.
 */
import { photoshopBlock } from '../iptc.ts';
import type { Blocks } from './blocks.ts';

const APP0 = 0xe0;
const APP1 = 0xe1;
const APP2 = 0xe2;
const APP13 = 0xed;
const START_OF_SCAN = 0xda;
const COMMENT = 0xfe;
/** A segment's length counts its own two bytes. */
const MOST = 65533;
const EXIF_MARK = Buffer.from('Exif\0\0', 'latin1');
const XMP_MARK = Buffer.from('http://ns.adobe.com/xap/1.0/\0', 'latin1');
const ICC_MARK = Buffer.from('ICC_PROFILE\0', 'latin1');

/** The longest EXIF block, XMP packet and IPTC records a JPEG file holds in one segment. */
export const JPEG_LIMITS = {
  exif: MOST - EXIF_MARK.length,
  xmp: MOST - XMP_MARK.length,
  iptc: MOST - 28,
} as const;

/**
 * The pieces of a whole JPEG file, as sharp wrote it, with blocks instead of its own, a density (pixels per inch) and
 * comments.
 */
export function intoJpeg(
  file: Uint8Array,
  blocks: Blocks,
  density: number | undefined,
  comments: readonly string[] = [],
): Uint8Array[] {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  let at = 2;
  while (bytes[at] === 0xff && (bytes[at + 1]! & 0xf0) === APP0) at += 2 + bytes.readUInt16BE(at + 2);
  const pieces = [bytes.subarray(0, 2), ...segment(APP0, jfif(density))];
  const { exif, xmp, iptc, icc } = blocks;
  if (exif) pieces.push(...segment(APP1, EXIF_MARK, exif));
  if (xmp) pieces.push(...segment(APP1, XMP_MARK, xmp));
  if (iptc) pieces.push(...segment(APP13, photoshopBlock(iptc)));
  if (icc) pieces.push(...profileSegments(icc));
  for (const text of comments) pieces.push(...segment(COMMENT, Buffer.from(text).subarray(0, MOST)));
  pieces.push(bytes.subarray(at));
  return pieces;
}

/** The comments among the first segments of a JPEG file, of which these are the first bytes. */
export function jpegComments(start: Uint8Array): string[] {
  const bytes = Buffer.from(start.buffer, start.byteOffset, start.byteLength);
  const found: string[] = [];
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff && bytes[at + 1] !== START_OF_SCAN;) {
    const end = at + 2 + bytes.readUInt16BE(at + 2);
    if (bytes[at + 1] === COMMENT && end <= bytes.length) {
      const text = bytes.toString('utf8', at + 4, end).replace(/\0+$/, '');
      if (text.trim() !== '') found.push(text);
    }
    at = end;
  }
  return found;
}

/** JFIF 1.1 with whole pixels per inch; without a density it says that only the pixels' shape is known. */
function jfif(density: number | undefined): Uint8Array {
  const data = Buffer.from('JFIF\0\x01\x01\0\0\x01\0\x01\0\0', 'latin1');
  if (density === undefined) return data;
  const dots = Math.max(1, Math.min(65535, Math.round(density)));
  data[7] = 1;
  data.writeUInt16BE(dots, 8);
  data.writeUInt16BE(dots, 10);
  return data;
}

function segment(marker: number, ...parts: readonly Uint8Array[]): Uint8Array[] {
  const length = parts.reduce((sum, part) => sum + part.length, 2);
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(length, 2);
  return [head, ...parts];
}

/** A profile in as many numbered parts as it needs (ICC.1, B.4). */
function profileSegments(icc: Uint8Array): Uint8Array[] {
  const size = MOST - ICC_MARK.length - 2;
  const parts = Math.ceil(icc.length / size);
  return Array.from({ length: parts }, (_, i) =>
    segment(APP2, ICC_MARK, Uint8Array.of(i + 1, parts), icc.subarray(i * size, (i + 1) * size)),
  ).flat();
}
