/**
 * Pixels of a photograph's own colour space to sRGB and back, through its ICC profile. region.ts and scaled.ts ask for
 * small parts; whole photographs are never converted, except those that read.ts cannot keep.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { invariant } from '../../domain/errors.ts';
import { profiledTiff } from './container/tiff.ts';
import { greyCurve } from './icc.ts';

/**
 * The colour engine behind sharp (Little CMS) takes 16-bit RGB by way of Display P3: wider than sRGB, the same transfer
 * curve, the same white (D65). These are linear P3 to linear sRGB, and its inverse, from both sets of primaries.
 */
const P3_TO_SRGB = [1.2249401, -0.2249404, 0, -0.0420569, 1.0420571, 0, -0.0196376, -0.0786361, 1.0982735];
const SRGB_TO_P3 = [0.8224621, 0.177538, 0, 0.0331941, 0.9668058, 0, 0.0170827, 0.0723974, 0.9105199];

/** The sRGB transfer curve (IEC 61966-2-1), from encoded 0..1 to linear light. */
export function toLight(v: number): number {
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
}

/** And back, from linear light to encoded 0..1. */
export function fromLight(v: number): number {
  return v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055;
}

/** toLight of every 16-bit level, made when first needed. */
let lightOf16: Float32Array | undefined;

/** Interleaved device RGB 0..65535, [height,width,3], to interleaved sRGB in [-1,1]; what sRGB cannot hold is clipped. */
export async function profileToSrgb(
  device: Uint16Array,
  width: number,
  height: number,
  profile: Uint8Array,
): Promise<Float32Array> {
  const { data, info } = await sharp(profiledTiff(device, width, height, profile))
    .toColourspace('rgb16')
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true });
  invariant(info.channels === 3, `${info.channels} channels from a profile`);
  const p3 = words(data);
  lightOf16 ??= Float32Array.from({ length: 65536 }, (_, i) => toLight(i / 65535));
  const out = new Float32Array(p3.length);
  for (let i = 0; i < p3.length; i += 3) {
    const [r, g, b] = [lightOf16[p3[i]!]!, lightOf16[p3[i + 1]!]!, lightOf16[p3[i + 2]!]!];
    for (let c = 0; c < 3; c++) {
      const light = P3_TO_SRGB[3 * c]! * r + P3_TO_SRGB[3 * c + 1]! * g + P3_TO_SRGB[3 * c + 2]! * b;
      out[i + c] = 2 * fromLight(Math.max(0, Math.min(1, light))) - 1;
    }
  }
  return out;
}

/** Interleaved sRGB in [-1,1] to interleaved device RGB 0..65535; the way back of profileToSrgb. */
export async function srgbToProfile(
  srgb: Float32Array,
  width: number,
  height: number,
  profile: Uint8Array,
): Promise<Uint16Array> {
  const p3 = new Uint16Array(srgb.length);
  for (let i = 0; i < p3.length; i += 3) {
    const [r, g, b] = [light(srgb[i]!), light(srgb[i + 1]!), light(srgb[i + 2]!)];
    for (let c = 0; c < 3; c++)
      p3[i + c] = Math.round(
        65535 * fromLight(SRGB_TO_P3[3 * c]! * r + SRGB_TO_P3[3 * c + 1]! * g + SRGB_TO_P3[3 * c + 2]! * b),
      );
  }
  // sharp takes an output profile by the name of a file only
  const folder = await mkdtemp(join(tmpdir(), 'albumen-profile-'));
  try {
    const file = join(folder, 'profile.icc');
    await writeFile(file, profile);
    const { data, info } = await sharp(p3, { raw: { width, height, channels: 3 } })
      .toColourspace('rgb16')
      .withIccProfile(file)
      .raw({ depth: 'ushort' })
      .toBuffer({ resolveWithObject: true });
    invariant(info.channels === 3, `${info.channels} channels into a profile`);
    return words(data);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function light(value: number): number {
  return toLight(Math.max(0, Math.min(1, (value + 1) / 2)));
}

/** Grey levels of a profile as sRGB values in [-1,1], one for each of `levels`; without a profile they are sRGB's own. */
export function greyTable(profile: Uint8Array | undefined, levels: number): Float32Array {
  const curve = profile && greyCurve(profile, levels);
  if (!curve) return Float32Array.from({ length: levels }, (_, i) => (2 * i) / (levels - 1) - 1);
  return Float32Array.from(curve, (v) => 2 * fromLight(v) - 1);
}

/** The level, not always whole, whose value in a rising table is `value`. */
export function levelOf(table: Float32Array, value: number): number {
  const last = table.length - 1;
  if (value <= table[0]!) return 0;
  if (value >= table[last]!) return last;
  let [low, high] = [0, last];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (table[middle]! <= value) low = middle;
    else high = middle;
  }
  return low + (value - table[low]!) / (table[high]! - table[low]!);
}

/** A buffer of 16-bit numbers as such. */
export function words(data: Uint8Array): Uint16Array {
  const { buffer, byteOffset, byteLength } = data;
  if (byteOffset % 2 === 0) return new Uint16Array(buffer, byteOffset, byteLength / 2);
  return new Uint16Array(new Uint8Array(data).buffer);
}
