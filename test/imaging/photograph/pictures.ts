/**
 * Photographs for the tests of src/imaging/photograph: made in code, in every kind of file.
 * Read next: read.test.ts.
 */
import sharp from 'sharp';
import type { Sharp } from 'sharp';
import type { Photograph } from '../../../src/imaging/photograph.ts';

/** Interleaved values 0..255 that differ everywhere: [height,width,channels]. */
export function levels(width: number, height: number, channels: number): Uint8Array {
  return Uint8Array.from({ length: width * height * channels }, (_, i) => {
    const p = Math.floor(i / channels);
    return 128 + 100 * Math.sin((p % width) / 9 + (i % channels)) * Math.cos(Math.floor(p / width) / 7);
  });
}

/** The same with noise in the low byte of 16 bits. */
export function deepLevels(width: number, height: number, channels: number): Uint16Array {
  return Uint16Array.from(levels(width, height, channels), (v, i) => 257 * v + ((i * 7919) % 200) - 100);
}

export function picture(
  data: Uint8Array | Uint16Array,
  width: number,
  height: number,
  channels: 1 | 2 | 3 | 4,
): Sharp {
  const deep = data instanceof Uint16Array;
  const space = channels < 3 ? (deep ? 'grey16' : 'b-w') : deep ? 'rgb16' : 'srgb';
  return sharp(data, { raw: { width, height, channels } }).toColourspace(space);
}

/** `data` turned as a viewer turns a file of that EXIF orientation; the size after it. */
export function turned(
  data: Uint8Array | Uint16Array,
  width: number,
  height: number,
  channels: number,
  orientation: number,
): { data: number[]; width: number; height: number } {
  const across = orientation >= 5;
  const [w, h] = across ? [height, width] : [width, height];
  const out: number[] = [];
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++) {
      const [u, v] = across ? [y, x] : [x, y];
      const left = [2, 3, 7, 8].includes(orientation) ? width - 1 - u : u;
      const top = [3, 4, 6, 7].includes(orientation) ? height - 1 - v : v;
      for (let c = 0; c < channels; c++) out.push(data[(top * width + left) * channels + c]!);
    }
  return { data: out, width: w, height: h };
}

/** A photograph that no file was read for. */
export function photographOf(
  data: Uint8Array | Uint16Array,
  width: number,
  height: number,
  more: Partial<Photograph> = {},
): Photograph {
  const channels = data.length === width * height ? 1 : 3;
  const source = { path: 'x.png', format: 'png', width, height, orientation: 1, pages: 1 } as const;
  return { width, height, channels, depth: data instanceof Uint8Array ? 8 : 16, data, source, ...more };
}

/** The Display P3 profile that sharp carries. */
export async function wideProfile(): Promise<Uint8Array> {
  const { icc } = await sharp(
    await picture(levels(4, 4, 3), 4, 4, 3)
      .withIccProfile('p3')
      .png()
      .toBuffer(),
  ).metadata();
  if (!icc) throw new Error('no profile');
  return icc;
}

/** An ICC profile (version 2) of these tags. */
export function profileOf(space: 'RGB ' | 'GRAY', tags: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const names = Object.keys(tags);
  const head = Buffer.alloc(132 + 12 * names.length);
  head.writeUInt32BE(0x02400000, 8);
  head.write(space === 'GRAY' ? 'mntr' : 'scnr', 12, 'latin1');
  head.write(`${space}${space === 'GRAY' ? 'XYZ ' : 'Lab '}`, 16, 'latin1');
  head.write('acsp', 36, 'latin1');
  [0xf6d6, 0x10000, 0xd32d].forEach((v, i) => head.writeUInt32BE(v, 68 + 4 * i));
  head.writeUInt32BE(names.length, 128);
  const pieces: Uint8Array[] = [head];
  let at = head.length;
  names.forEach((name, i) => {
    const tag = tags[name]!;
    head.write(name, 132 + 12 * i, 'latin1');
    head.writeUInt32BE(at, 136 + 12 * i);
    head.writeUInt32BE(tag.length, 140 + 12 * i);
    const padded = Buffer.concat([tag, new Uint8Array((4 - (tag.length % 4)) % 4)]);
    pieces.push(padded);
    at += padded.length;
  });
  head.writeUInt32BE(at, 0);
  return Buffer.concat(pieces);
}

/** Grey with a plain power curve. */
export function greyProfile(gamma: number): Uint8Array {
  const curve = Buffer.alloc(14);
  curve.write('curv', 0, 'latin1');
  curve.writeUInt32BE(1, 8);
  curve.writeUInt16BE(Math.round(gamma * 256), 12);
  const white = Buffer.alloc(20);
  white.write('XYZ ', 0, 'latin1');
  [0xf6d6, 0x10000, 0xd32d].forEach((v, i) => white.writeUInt32BE(v, 8 + 4 * i));
  return profileOf('GRAY', { wtpt: white, kTRC: curve });
}

/** A scanner's profile that only leads out of its space: RGB as Lab's L (from red), a (from green), b (from blue). */
export function oneWayProfile(): Uint8Array {
  const table = Buffer.alloc(48 + 3 * 256 + 24 + 3 * 256);
  table.write('mft1', 0, 'latin1');
  table.set([3, 3, 2, 0], 8);
  [0, 4, 8].forEach((i) => table.writeUInt32BE(0x10000, 12 + 4 * i));
  const curves = Uint8Array.from({ length: 768 }, (_, i) => i % 256);
  table.set(curves, 48);
  for (let corner = 0; corner < 8; corner++)
    table.set([corner & 4 ? 255 : 0, corner & 2 ? 160 : 96, corner & 1 ? 160 : 96], 48 + 768 + 3 * corner);
  table.set(curves, 48 + 768 + 24);
  return profileOf('RGB ', { A2B0: table });
}
