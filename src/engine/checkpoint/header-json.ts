/**
 * A strict JSON reader for safetensors headers: objects become Maps in file order, and a repeated key is an error.
 * JSON.parse cannot serve, as it drops repeats and reorders names such as "0". Read next: safetensors.ts.
 */
import { quoted } from '../../domain/text.ts';

/** A JSON value whose objects are Maps, so that a name such as `__proto__` is only a name. */
export type HeaderValue = string | number | boolean | null | HeaderValue[] | HeaderObject;
/** In file order; no key twice. */
export type HeaderObject = Map<string, HeaderValue>;

/** A header that is not strict JSON; `message` completes "its header ...". */
export class HeaderFault extends Error {}

const SPACES = ' \t\n\r';
const LITERAL = /[-+.\w]{1,30}/y;
const MAX_DEPTH = 4;

/** Parses the whole text; throws HeaderFault where it is not JSON, repeats a key or nests more than 4 deep. */
export function parseHeader(text: string): HeaderValue {
  let at = 0;

  // Loops and indexOf, since a regular expression over megabytes of hostile text can exhaust its stack.
  function accept(mark: string): boolean {
    skipSpace();
    if (text[at] !== mark) return false;
    at += 1;
    return true;
  }

  function skipSpace(): void {
    while (at < text.length && SPACES.includes(text.charAt(at))) at += 1;
  }

  function expect(mark: string): void {
    if (!accept(mark)) throw new HeaderFault(`is not JSON (expected ${mark} at character ${at})`);
  }

  function string(): string {
    expect('"');
    const begin = at - 1;
    for (;;) {
      const quote = text.indexOf('"', at);
      if (quote < 0) throw new HeaderFault('is not JSON (a string never ends)');
      let escapes = 0;
      while (text[quote - 1 - escapes] === '\\') escapes += 1;
      at = quote + 1;
      if (escapes % 2 === 0) return String(parsed(text.slice(begin, at)));
    }
  }

  function parsed(literal: string): string | number | boolean | null {
    try {
      const value: unknown = JSON.parse(literal);
      if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
      return null;
    } catch (cause) {
      throw new HeaderFault(`is not JSON (near character ${at})`, { cause });
    }
  }

  function value(depth: number): HeaderValue {
    if (depth > MAX_DEPTH) throw new HeaderFault('is nested too deeply');
    if (accept('{')) return object(depth);
    if (accept('[')) return array(depth);
    if (text[at] === '"') return string();
    LITERAL.lastIndex = at;
    const literal = LITERAL.exec(text)?.[0] ?? '';
    at += literal.length;
    return parsed(literal);
  }

  function object(depth: number): HeaderObject {
    const entries: HeaderObject = new Map();
    if (accept('}')) return entries;
    do {
      const key = string();
      if (entries.has(key)) throw new HeaderFault(`names ${quoted(key)} twice`);
      expect(':');
      entries.set(key, value(depth + 1));
    } while (accept(','));
    expect('}');
    return entries;
  }

  function array(depth: number): HeaderValue[] {
    const items: HeaderValue[] = [];
    if (accept(']')) return items;
    do items.push(value(depth + 1));
    while (accept(','));
    expect(']');
    return items;
  }

  const whole = value(0);
  skipSpace();
  if (at !== text.length) throw new HeaderFault(`goes on after its end (at character ${at})`);
  return whole;
}
