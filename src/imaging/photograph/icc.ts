/**
 * What has to be known of an ICC profile (ICC.1:2022): its kind, whether it is sRGB, and the curve of a grey one.
 * colour.ts converts through it, by way of a colour engine.
 */

export interface ProfileFacts {
  readonly space: 'rgb' | 'grey' | 'cmyk' | 'other';
  /** sRGB under one of its usual names: numbers need no conversion. */
  readonly srgb: boolean;
  /** Whether colours can be converted into it as well as out of it. */
  readonly bothWays: boolean;
}

const SPACES: Readonly<Record<string, ProfileFacts['space']>> = {
  'RGB ': 'rgb',
  GRAY: 'grey',
  CMYK: 'cmyk',
};

/** The facts, or undefined for bytes that are no whole ICC profile. */
export function profileFacts(icc: Uint8Array): ProfileFacts | undefined {
  const tags = tagsOf(icc);
  if (!tags) return undefined;
  const space = SPACES[ascii(icc, 16, 4)] ?? 'other';
  const matrix = ['rXYZ', 'gXYZ', 'bXYZ', 'rTRC', 'gTRC', 'bTRC'].every((tag) => tags.has(tag));
  const name = description(tags.get('desc'));
  return {
    space,
    srgb: space === 'rgb' && matrix && (/sRGB/i.test(name) || name === 'c2') && !/linear/i.test(name),
    bothWays:
      space === 'grey'
        ? tags.has('kTRC')
        : (space === 'rgb' && matrix) || (tags.has('A2B0') && tags.has('B2A0')),
  };
}

/**
 * The curve of a grey profile: its device values 0..1 to linear light 0..1, for `levels` even steps, never falling.
 * Undefined where the profile has none.
 */
export function greyCurve(icc: Uint8Array, levels: number): Float64Array | undefined {
  const tag = tagsOf(icc)?.get('kTRC');
  const curve = tag && curveOf(tag);
  if (!curve) return undefined;
  const light = new Float64Array(levels);
  let least = 0;
  for (let i = 0; i < levels; i++) {
    least = Math.max(least, Math.min(1, curve(i / (levels - 1))));
    light[i] = least;
  }
  return least > 0 ? light : undefined;
}

type Tags = ReadonlyMap<string, DataView>;

function tagsOf(icc: Uint8Array): Tags | undefined {
  if (icc.length < 132 || ascii(icc, 36, 4) !== 'acsp') return undefined;
  const view = new DataView(icc.buffer, icc.byteOffset, icc.byteLength);
  const count = view.getUint32(128);
  if (count > 200 || 132 + 12 * count > icc.length) return undefined;
  const tags = new Map<string, DataView>();
  for (let i = 0; i < count; i++) {
    const at = 132 + 12 * i;
    const [offset, length] = [view.getUint32(at + 4), view.getUint32(at + 8)];
    if (length < 8 || offset + length > icc.length) return undefined;
    tags.set(ascii(icc, at, 4), new DataView(icc.buffer, icc.byteOffset + offset, length));
  }
  return tags;
}

/** The `desc` tag's text, of version 2 (ASCII) or 4 (the first of several languages). */
function description(tag: DataView | undefined): string {
  if (!tag || tag.byteLength < 12) return '';
  const bytes = new Uint8Array(tag.buffer, tag.byteOffset, tag.byteLength);
  const kind = ascii(bytes, 0, 4);
  if (kind === 'desc') return ascii(bytes, 12, tag.getUint32(8)).replace(/\0.*$/s, '');
  if (kind !== 'mluc' || tag.byteLength < 28 || tag.getUint32(8) < 1) return '';
  const text = bytes.subarray(tag.getUint32(24), tag.getUint32(24) + tag.getUint32(20));
  return new TextDecoder('utf-16be').decode(text);
}

/** Types `curv` (a gamma or a table) and `para` (functions 0 to 4); undefined for anything else or cut short. */
function curveOf(tag: DataView): ((x: number) => number) | undefined {
  const kind = ascii(new Uint8Array(tag.buffer, tag.byteOffset, tag.byteLength), 0, 4);
  if (tag.byteLength < 12) return undefined;
  if (kind === 'curv') {
    const n = tag.getUint32(8);
    if (n === 0) return (x) => x;
    if (12 + 2 * n > tag.byteLength) return undefined;
    if (n === 1) return (x) => x ** (tag.getUint16(12) / 256);
    return (x) => {
      const i = Math.min(n - 2, Math.floor(x * (n - 1)));
      const low = tag.getUint16(12 + 2 * i);
      return (low + (x * (n - 1) - i) * (tag.getUint16(14 + 2 * i) - low)) / 65535;
    };
  }
  if (kind !== 'para') return undefined;
  const shape = tag.getUint16(8);
  const used = [1, 3, 4, 5, 7][shape];
  if (used === undefined || 12 + 4 * used > tag.byteLength) return undefined;
  const at = (i: number): number => (i < used ? tag.getInt32(12 + 4 * i) / 65536 : 0);
  const [g, a, b] = [at(0), used > 1 ? at(1) : 1, at(2)];
  const power = (x: number): number => Math.max(0, a * x + b) ** g;
  if (shape === 0) return power;
  if (shape === 1) return (x) => (x >= -b / a ? power(x) : 0);
  if (shape === 2) return (x) => (x >= -b / a ? power(x) : 0) + at(3);
  const [c, d, e, f] = [at(3), at(4), at(5), at(6)];
  return (x) => (x >= d ? power(x) + e : c * x + f);
}

function ascii(bytes: Uint8Array, at: number, length: number): string {
  return Buffer.from(bytes.subarray(at, at + length)).toString('latin1');
}
