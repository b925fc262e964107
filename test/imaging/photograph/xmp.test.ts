/**
 * XMP packets: what is added to them, and that everything else stays as it was.
 * save.test.ts checks them inside files.
 */
import { describe, expect, test } from 'vitest';
import { scanXml } from '../../../src/imaging/photograph/xml.ts';
import {
  ALBUMEN_NAMESPACE,
  RESTORED_FACES,
  mergeXmp,
  recipeInXmp,
} from '../../../src/imaging/photograph/xmp.ts';

const notes = { restoredFaces: true, recipe: '{"a":"<b> & \'c\' \u0001é"}', width: 30, height: 40 };
const packet = (inside: string): Uint8Array =>
  Buffer.from(
    `<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">${inside}</r:RDF></x:xmpmeta>
${' '.repeat(200)}<?xpacket end="w"?>`,
  );

/** Text of the only element of that name. */
function valueOf(text: string, namespace: string, local: string): string {
  const found = scanXml(text)?.filter((e) => e.namespace === namespace && e.local === local) ?? [];
  expect(found.length).toBe(1);
  return text.slice(found[0]!.inner, found[0]!.innerEnd);
}

const IPTC = 'http://iptc.org/std/Iptc4xmpExt/2008-02-29/';

test('a new packet says what was done', () => {
  const { packet: made, merged } = mergeXmp(undefined, notes);
  const text = Buffer.from(made ?? []).toString();
  expect(merged).toBe(true);
  expect(valueOf(text, IPTC, 'DigitalSourceType')).toBe(RESTORED_FACES);
  const recipe = valueOf(text, ALBUMEN_NAMESPACE, 'Recipe');
  expect(recipe.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))).toBe(
    '{"a":"<b> & \'c\' é"}',
  );
  expect(mergeXmp(undefined, { restoredFaces: false, width: 1, height: 1 })).toEqual({ merged: true });
});

test('an old packet keeps every byte, and gains ours', () => {
  const inside = `<r:Description r:about="uuid:1" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format='image/"jpeg"'>
   <!-- <r:RDF> --><dc:title><r:Alt><r:li xml:lang="x-default">Anna &amp; Grandma</r:li></r:Alt></dc:title></r:Description>`;
  const old = packet(inside);
  const text = Buffer.from(mergeXmp(old, notes).packet ?? []).toString();
  const at = text.indexOf('<r:Description r:about="uuid:1" xmlns:Iptc4xmpExt=');
  const end = text.indexOf('</r:RDF></x:xmpmeta>');
  expect(at).toBeGreaterThan(0);
  expect(text.slice(0, at) + text.slice(end)).toBe(Buffer.from(old).toString());
});

test('our own of an earlier run are replaced, in either form', () => {
  const once = mergeXmp(packet('<r:Description r:about=""/>'), notes).packet;
  const twice = Buffer.from(mergeXmp(once, { ...notes, recipe: '{}' }).packet ?? []).toString();
  expect(valueOf(twice, ALBUMEN_NAMESPACE, 'Recipe')).toBe('{}');
  expect(valueOf(twice, IPTC, 'DigitalSourceType')).toBe(RESTORED_FACES);
  const short = packet(
    `<r:Description r:about="" xmlns:i="${IPTC}" i:DigitalSourceType="http://x/digitalCapture"/>`,
  );
  const text = Buffer.from(mergeXmp(short, notes).packet ?? []).toString();
  expect(text).not.toContain('digitalCapture');
  expect(valueOf(text, IPTC, 'DigitalSourceType')).toBe(RESTORED_FACES);
  const kept = Buffer.from(mergeXmp(short, { ...notes, restoredFaces: false }).packet ?? []).toString();
  expect(kept).toContain('digitalCapture');
});

test('what is no longer true is mended: orientation, size, thumbnails', () => {
  const inside = `<r:Description r:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:e="http://ns.adobe.com/exif/1.0/"
   xmlns:xmp="http://ns.adobe.com/xap/1.0/" tiff:Orientation="6" xmp:Rating="4"><e:PixelXDimension>99</e:PixelXDimension>
   <xmp:Thumbnails><r:Alt><r:li>AAAA</r:li></r:Alt></xmp:Thumbnails></r:Description>`;
  const text = Buffer.from(mergeXmp(packet(inside), notes).packet ?? []).toString();
  expect(text).toContain('tiff:Orientation="1" xmp:Rating="4"');
  expect(text).toContain('<e:PixelXDimension>30</e:PixelXDimension>');
  expect(text).not.toContain('AAAA');
});

test('an RDF without anything in it', () => {
  const empty = Buffer.from('<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" />');
  const text = Buffer.from(mergeXmp(empty, notes).packet ?? []).toString();
  expect(valueOf(text, IPTC, 'DigitalSourceType')).toBe(RESTORED_FACES);
});

describe('what is no packet is replaced, and said', () => {
  test.each([
    ['not XML', Buffer.from('no')],
    ['cut short', packet('<r:Description/>').subarray(0, 150)],
    ['crossed', packet('<a><b></a></b>')],
    ['with entities', Buffer.from('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')],
    ['not UTF-8', Buffer.from([0xff, 0xfe, 0x3c, 0])],
    ['two roots', Buffer.from('<a/><b/>')],
    ['another XML', Buffer.from('<a><b/></a>')],
    ['very deep', Buffer.from('<a>'.repeat(5000))],
  ])('%s', (_, bytes) => {
    const { packet: made, merged } = mergeXmp(bytes, notes);
    expect(merged).toBe(false);
    expect(valueOf(Buffer.from(made ?? []).toString(), IPTC, 'DigitalSourceType')).toBe(RESTORED_FACES);
  });
});

test('the recipe is read back, also where another program made an attribute of it', () => {
  const { packet: made = new Uint8Array() } = mergeXmp(undefined, notes);
  expect(recipeInXmp(made)).toBe(notes.recipe.replace('\u0001', ''));
  const attribute = `<r:Description xmlns:x="${ALBUMEN_NAMESPACE}" x:Recipe='{"a":&quot;&#x3c;b&gt;&amp;#38;&none;"}'/>`;
  expect(recipeInXmp(packet(attribute))).toBe('{"a":"<b>&#38;&none;"}');
  expect(recipeInXmp(packet(''))).toBeUndefined();
  expect(recipeInXmp(Uint8Array.of(255, 254, 0))).toBeUndefined();
});
