/**
 * File names as text: any bytes a file system allows, kept in a form that is valid text and can be turned back. Only the
 * functions here join paths and open files of a library; walk.ts and files.ts use them.
 */
import { isUtf8 } from 'node:buffer';

/**
 * A byte that is no UTF-8 becomes a character of its own in the private use area: 0x80..0xFF are U+F780..U+F7FF. A name
 * that has one of these characters gets its bytes escaped in the same way, so that no two names are one text.
 */
const ESCAPE = 0xf700;
const ESCAPED = /[\uF780-\uF7FF]/;

/** The name as text; encodeName gives the same bytes back. */
export function decodeName(bytes: Buffer): string {
  const plain = bytes.toString('utf8');
  if (isUtf8(bytes) && !ESCAPED.test(plain)) return plain;
  let text = '';
  for (let i = 0; i < bytes.length;) {
    const length = sequenceAt(bytes, i);
    const part = bytes.toString('utf8', i, i + Math.max(1, length));
    if (length > 0 && !ESCAPED.test(part)) text += part;
    else for (let k = i; k < i + Math.max(1, length); k++) text += String.fromCharCode(ESCAPE + bytes[k]!);
    i += Math.max(1, length);
  }
  return text;
}

/** The length of the UTF-8 sequence at `i`, or 0 where there is none. */
function sequenceAt(bytes: Buffer, i: number): number {
  const first = bytes[i]!;
  const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  return i + length <= bytes.length && isUtf8(bytes.subarray(i, i + length)) ? length : 0;
}

/** The bytes of a name or path that decodeName made; plain text (most names) stays a string. */
export function encodeName(text: string): string | Buffer {
  if (!ESCAPED.test(text)) return text;
  const parts = text.split(/([\uF780-\uF7FF])/);
  return Buffer.concat(
    parts.map((part) => (ESCAPED.test(part) ? Buffer.of(part.charCodeAt(0) - ESCAPE) : Buffer.from(part))),
  );
}

/** Why a path could not be the one of a photo below a library folder, or undefined. */
export function isBelow(relative: string): boolean {
  return (
    relative !== '' &&
    !relative.startsWith('/') &&
    !relative.includes('\0') &&
    relative.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  );
}

/** Where a photo is: `root` and `relative` as the database has them. Throws `internal:` for what leads out of the root. */
export function placeOf(root: string, relative: string): string | Buffer {
  if (!isBelow(relative)) throw new Error('internal: a path leads out of its library folder');
  return encodeName(root.endsWith('/') ? `${root}${relative}` : `${root}/${relative}`);
}

/** The last part of a path, for people. */
export function titleOf(path: string): string {
  return shown(path.slice(path.lastIndexOf('/') + 1)).slice(0, 500);
}

/** A path or name for people: escapes and control characters become question marks. */
export function shown(path: string): string {
  return path.replace(/[\uF780-\uF7FF\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (c) => (c === '\u200D' ? c : '?'));
}

/** The folder part of a relative path: '' at the top. */
export function directoryOf(path: string): string {
  const end = path.lastIndexOf('/');
  return end < 0 ? '' : path.slice(0, end);
}
