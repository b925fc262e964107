/**
 * XMP packets (ISO 16684-1): what Albumen says about a picture, added to what its packet said before, which stays byte
 * for byte but for what is no longer true of the new file. xml.ts finds the places.
 */
import { plainText, scanXml, xmlText } from './xml.ts';
import type { XmlElement, XmlName } from './xml.ts';

/** IPTC's term for a photo of which parts were made by a trained model (IPTC NewsCodes, digital source type). */
export const RESTORED_FACES =
  'http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia';
/** The namespace of Albumen's own properties: `Recipe`, a JSON text. */
export const ALBUMEN_NAMESPACE = 'urn:albumen:xmp:1.0/';

const RDF = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#';
const IPTC_EXTENSION = 'http://iptc.org/std/Iptc4xmpExt/2008-02-29/';
const TIFF = 'http://ns.adobe.com/tiff/1.0/';
const EXIF = 'http://ns.adobe.com/exif/1.0/';
const XMP = 'http://ns.adobe.com/xap/1.0/';

export interface XmpNotes {
  readonly restoredFaces: boolean;
  /** JSON. */
  readonly recipe?: string;
  readonly width: number;
  readonly height: number;
}

export interface XmpResult {
  /** Undefined where there is nothing to say and nothing was said. */
  readonly packet?: Uint8Array;
  /** Whether all of the original's packet is in it. */
  readonly merged: boolean;
}

/** The original's packet with the notes; a packet that is not well-formed UTF-8 is replaced. */
export function mergeXmp(original: Uint8Array | undefined, notes: XmpNotes): XmpResult {
  const added = properties(notes);
  if (original) {
    const merged = intoPacket(original, notes, added);
    if (merged !== undefined) return { packet: Buffer.from(merged), merged: true };
  }
  if (added.length === 0) return { merged: !original };
  const packet = [
    '<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>',
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">',
    `<rdf:RDF xmlns:rdf="${RDF}">`,
    `${description('rdf', '', added)}</rdf:RDF>`,
    '</x:xmpmeta>',
    '<?xpacket end="w"?>',
  ].join('\n');
  return { packet: Buffer.from(packet), merged: !original };
}

/** The recipe's JSON in a packet, untrusted; undefined where there is none. Other programs may have made it an attribute. */
export function recipeInXmp(packet: Uint8Array): string | undefined {
  const text = decoded(packet);
  const elements = text === undefined ? undefined : scanXml(text);
  if (text === undefined || !elements) return undefined;
  const name = { namespace: ALBUMEN_NAMESPACE, local: 'Recipe' };
  for (const element of elements) {
    if (same(name, element)) return plainText(text.slice(element.inner, element.innerEnd));
    const attribute = element.attributes.find((one) => same(name, one));
    if (attribute) return plainText(text.slice(attribute.from, attribute.to));
  }
  return undefined;
}

interface Property extends XmlName {
  readonly prefix: string;
  readonly value: string;
}

function properties({ restoredFaces, recipe }: XmpNotes): Property[] {
  const list: Property[] = [];
  if (restoredFaces)
    list.push({
      namespace: IPTC_EXTENSION,
      prefix: 'Iptc4xmpExt',
      local: 'DigitalSourceType',
      value: RESTORED_FACES,
    });
  if (recipe !== undefined)
    list.push({ namespace: ALBUMEN_NAMESPACE, prefix: 'albumen', local: 'Recipe', value: recipe });
  return list;
}

function description(rdf: string, about: string, list: readonly Property[]): string {
  const spaces = [...new Map(list.map(({ prefix, namespace }) => [prefix, namespace]))];
  const bound = spaces.map(([prefix, namespace]) => ` xmlns:${prefix}="${namespace}"`).join('');
  const inner = list.map(
    ({ prefix, local, value }) => `  <${prefix}:${local}>${xmlText(value)}</${prefix}:${local}>\n`,
  );
  return `<${rdf}:Description ${rdf}:about="${about}"${bound}>\n${inner.join('')}</${rdf}:Description>\n`;
}

interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

function intoPacket(original: Uint8Array, notes: XmpNotes, added: readonly Property[]): string | undefined {
  const text = decoded(original);
  const elements = text === undefined ? undefined : scanXml(text);
  const root = elements?.find((e) => e.namespace === RDF && e.local === 'RDF');
  // RDF's attributes need a prefix, so that a packet without one is no XMP
  if (text === undefined || !elements || !root || root.prefix === '') return undefined;
  const edits: Edit[] = [];
  const top = elements.filter((e) => e.parent === root && e.namespace === RDF && e.local === 'Description');
  const gone: XmlName[] = [...added, { namespace: XMP, local: 'Thumbnails' }];
  const known: readonly (XmlName & { value: number })[] = [
    { namespace: TIFF, local: 'Orientation', value: 1 },
    { namespace: TIFF, local: 'ImageWidth', value: notes.width },
    { namespace: TIFF, local: 'ImageLength', value: notes.height },
    { namespace: EXIF, local: 'PixelXDimension', value: notes.width },
    { namespace: EXIF, local: 'PixelYDimension', value: notes.height },
  ];
  for (const element of top)
    for (const attribute of element.attributes) {
      const { start: from, end: to } = attribute;
      const value = known.find((name) => same(name, attribute))?.value;
      if (gone.some((name) => same(name, attribute))) edits.push({ from, to, text: '' });
      else if (value !== undefined) edits.push({ from: attribute.from, to: attribute.to, text: `${value}` });
    }
  for (const element of elements) {
    if (!element.parent || !top.includes(element.parent)) continue;
    const value = known.find((name) => same(name, element))?.value;
    if (gone.some((name) => same(name, element)))
      edits.push({ from: element.start, to: element.end, text: '' });
    else if (value !== undefined && !element.empty)
      edits.push({ from: element.inner, to: element.innerEnd, text: `${value}` });
  }
  if (added.length > 0) edits.push(insertion(text, root, top[0], added));
  return applied(text, edits);
}

/** A description of our own as the last of the packet's, about the same thing as the others. */
function insertion(
  text: string,
  root: XmlElement,
  first: XmlElement | undefined,
  added: readonly Property[],
): Edit {
  const about = first?.attributes.find((a) => a.namespace === RDF && a.local === 'about');
  const ours = description(root.prefix, about ? text.slice(about.from, about.to) : '', added);
  if (!root.empty) return { from: root.innerEnd, to: root.innerEnd, text: ours };
  const tag = text.slice(root.start, root.end).replace(/\s*\/>$/, '>');
  return { from: root.start, to: root.end, text: `${tag}${ours}</${root.prefix}:RDF>` };
}

function same(a: XmlName, b: XmlName): boolean {
  return a.namespace === b.namespace && a.local === b.local;
}

function applied(text: string, edits: readonly Edit[]): string {
  let [out, at] = ['', 0];
  for (const edit of [...edits].sort((a, b) => a.from - b.from)) {
    out += text.slice(at, edit.from) + edit.text;
    at = edit.to;
  }
  return out + text.slice(at);
}

/** UTF-8 without what some programs pad it with; undefined for another encoding. */
function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes).replace(/\0+$/, '');
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
