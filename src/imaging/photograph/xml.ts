/**
 * Where things stand in an XML text, with namespaces resolved: enough to change a few properties of an XMP packet and
 * leave every other byte of it alone, which parsing and writing anew would not. xmp.ts is the user.
 */

export interface XmlName {
  readonly namespace: string;
  readonly local: string;
}

export interface XmlAttribute extends XmlName {
  /** From the space before its name to after its closing quote. */
  readonly start: number;
  readonly end: number;
  /** Between the quotes. */
  readonly from: number;
  readonly to: number;
}

export interface XmlElement extends XmlName {
  readonly prefix: string;
  readonly start: number;
  /** After the `>` of its first tag. */
  readonly inner: number;
  /** Before the `<` of its last tag; `inner` where it is empty (`<a/>`). */
  innerEnd: number;
  end: number;
  readonly empty: boolean;
  readonly parent: XmlElement | undefined;
  readonly attributes: readonly XmlAttribute[];
}

const TAG =
  /<(?:\?[^]*?\?>|!--[^]*?-->|!\[CDATA\[[^]*?\]\]>|\/([^\s<>]+)\s*>|([^\s<>/!?=]+)((?:\s+[^\s<>=/]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>)/y;
const ATTRIBUTE = /\s+([^\s<>=/]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/g;
const DEEPEST = 100;

/** All elements in the order they begin; undefined for what is not well-formed, or has a document type (entities). */
export function scanXml(text: string): XmlElement[] | undefined {
  const elements: XmlElement[] = [];
  const open: { element: XmlElement; name: string; bound: ReadonlyMap<string, string> }[] = [];
  for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at)) {
    TAG.lastIndex = at;
    const [tag, closing, name, inside = '', slash] = TAG.exec(text) ?? [];
    if (tag === undefined) return undefined;
    const end = at + tag.length;
    if (closing !== undefined) {
      const top = open.pop();
      if (top?.name !== closing) return undefined;
      top.element.innerEnd = at;
      top.element.end = end;
    } else if (name !== undefined) {
      const top = open.at(-1);
      if ((!top && elements.length > 0) || open.length > DEEPEST) return undefined;
      const raw = attributesOf(inside, at + 1 + name.length);
      const bound = bindings(raw, text, top?.bound);
      const named = resolve(name, bound, true);
      const attributes = raw.map(({ name: full, ...place }) => ({
        ...place,
        ...resolve(full, bound, false),
      }));
      const [prefix = ''] = name.includes(':') ? name.split(':') : [];
      const empty = slash === '/';
      const element = { ...named, prefix, start: at, inner: end, innerEnd: end, end, empty, attributes };
      const placed: XmlElement = { ...element, parent: top?.element };
      elements.push(placed);
      if (!empty) open.push({ element: placed, name, bound });
    }
    at = end;
  }
  return open.length === 0 && elements.length > 0 ? elements : undefined;
}

interface RawAttribute {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly from: number;
  readonly to: number;
}

function attributesOf(inside: string, offset: number): RawAttribute[] {
  return Array.from(inside.matchAll(ATTRIBUTE), (match) => {
    const [whole, name = '', double, single = ''] = match;
    const end = offset + match.index + whole.length;
    const value = double ?? single;
    return { name, start: offset + match.index, end, from: end - 1 - value.length, to: end - 1 };
  });
}

function bindings(
  attributes: readonly RawAttribute[],
  text: string,
  outer: ReadonlyMap<string, string> | undefined,
): ReadonlyMap<string, string> {
  const bound = new Map(outer);
  for (const { name, from, to } of attributes) {
    if (name === 'xmlns') bound.set('', text.slice(from, to));
    else if (name.startsWith('xmlns:')) bound.set(name.slice(6), text.slice(from, to));
  }
  return bound;
}

function resolve(name: string, bound: ReadonlyMap<string, string>, element: boolean): XmlName {
  const colon = name.indexOf(':');
  if (colon < 0) return { namespace: element ? (bound.get('') ?? '') : '', local: name };
  return { namespace: bound.get(name.slice(0, colon)) ?? '', local: name.slice(colon + 1) };
}

/** Text made safe between tags or quotes; characters that XML cannot hold are left out. */
export function xmlText(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\x20-\uFFFD\u{10000}-\u{10FFFF}]/gu, '')
    .replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The way back of xmlText, for text without elements in it; what is no character stays as it is. */
export function plainText(xml: string): string {
  return xml.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w{2,4}));/gi, (whole, decimal, hex, name) => {
    if (typeof name === 'string') return NAMED[name] ?? whole;
    const code = typeof decimal === 'string' ? Number(decimal) : Number.parseInt(String(hex), 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
