/**
 * What exported files are called: a template filled in, safe on every file system, and no two the same. plan.ts asks for
 * names; write.ts settles them with what is in the folder already.
 */
import type { DatePrecision } from '../../domain/photo.ts';

/** Of the longest name that file systems take (255 bytes), with room for a number, an ending and a temporary name. */
const MOST_BYTES = 180;
const DEVICES = /^(con|prn|aux|nul|com\d|lpt\d)$/i;

export interface Naming {
  /** The file's own name, without its ending. */
  readonly name: string;
  readonly capturedAt: number;
  readonly precision: DatePrecision;
  readonly people: readonly string[];
  /** From 1. */
  readonly n: number;
  /** How many there will be. */
  readonly of: number;
}

/** {name}, {date}, {person} and {n} of a template; other braces stay as they are. Never a path, never empty. */
export function fillTemplate(
  template: string,
  { name, capturedAt, precision, people, n, of }: Naming,
): string {
  const parts: Readonly<Record<string, string>> = {
    name,
    date: dateText(capturedAt, precision),
    person: people.join(', '),
    n: String(n).padStart(String(of).length, '0'),
  };
  return safeName(template.replace(/\{(name|date|person|n)\}/g, (_, key: string) => parts[key] ?? ''));
}

/** One part of a path that every system takes: no separators, controls, reserved characters or names. */
export function safeName(text: string): string {
  const clean = text
    .normalize('NFC')
    .replace(/[\p{C}\p{Zl}\p{Zp}<>:"/\\|?*]/gu, '_')
    .trim();
  const short = cutToBytes(clean, MOST_BYTES).replace(/[. ]+$/, '');
  const visible = short.replace(/^\.+/, '_');
  if (visible === '') return 'photo';
  return DEVICES.test(visible.split('.')[0] ?? '') ? `_${visible}` : visible;
}

/** `name-2`, `name-3`, ... */
export const numbered = (stem: string, number: number): string => (number < 2 ? stem : `${stem}-${number}`);

/** Names given out so far, as file systems compare them: by folder, whatever their case. */
export class TakenNames {
  readonly #taken = new Set<string>();

  /** The first free one of `stem`, `stem-2`, ... with this ending in a folder. */
  take(directory: string, stem: string, ending: string): string {
    for (let number = 1; ; number++) {
      const path = `${directory === '' ? '' : `${directory}/`}${numbered(stem, number)}${ending}`;
      const key = path.toLowerCase();
      if (this.#taken.has(key)) continue;
      this.#taken.add(key);
      return path;
    }
  }
}

function dateText(at: number, precision: DatePrecision): string {
  const iso = new Date(at).toISOString();
  if (precision === 'year') return iso.slice(0, 4);
  if (precision === 'month') return iso.slice(0, 7);
  return iso.slice(0, 10);
}

function cutToBytes(text: string, most: number): string {
  let out = '';
  let bytes = 0;
  for (const letter of text) {
    bytes += Buffer.byteLength(letter);
    if (bytes > most) break;
    out += letter;
  }
  return out;
}
