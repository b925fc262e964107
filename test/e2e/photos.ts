/**
 * The photos of the end-to-end run, made from the face that comes with the demo: placed in other sizes and angles on
 * backgrounds of their own, a little blurred and grainy, of days in two years. whole.e2e.ts puts them into a folder.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import type { Sharp } from 'sharp';

const FACE = join(import.meta.dirname, '../../resources/demo/face.png');
const WIDTH = 960;
const HEIGHT = 760;

interface Placed {
  readonly side: number;
  readonly left: number;
  readonly top: number;
  /** Degrees, clockwise. */
  readonly angle: number;
  readonly blur: number;
  readonly brightness: number;
  readonly mirrored?: true;
  readonly background: readonly [string, string];
}

const PLACED: readonly Placed[] = [
  { side: 420, left: 270, top: 150, angle: 0, blur: 0.6, brightness: 1, background: ['#8a7a66', '#4d4336'] },
  {
    side: 360,
    left: 140,
    top: 180,
    angle: 4,
    blur: 0.9,
    brightness: 1.08,
    background: ['#a99f8f', '#7c7264'],
  },
  {
    side: 500,
    left: 240,
    top: 90,
    angle: -3,
    blur: 1.2,
    brightness: 0.92,
    background: ['#6f7780', '#3e444b'],
  },
  {
    side: 320,
    left: 420,
    top: 200,
    angle: 6,
    blur: 0.5,
    brightness: 1.12,
    background: ['#b8ab92', '#b8ab92'],
  },
  {
    side: 460,
    left: 80,
    top: 130,
    angle: 2,
    blur: 0.8,
    brightness: 0.96,
    background: ['#5e5a52', '#93897a'],
  },
  {
    side: 400,
    left: 330,
    top: 160,
    angle: -6,
    blur: 1,
    brightness: 1.04,
    background: ['#7f8a78', '#4c5447'],
  },
  {
    side: 440,
    left: 200,
    top: 140,
    angle: 0,
    blur: 0.7,
    brightness: 0.9,
    mirrored: true,
    background: ['#94867b', '#5a4f47'],
  },
  {
    side: 380,
    left: 300,
    top: 190,
    angle: 3,
    blur: 1.1,
    brightness: 1.1,
    mirrored: true,
    background: ['#6b6f7a', '#9a9ba1'],
  },
];

export const PHOTOS = PLACED.length;

/** Writes scan-1.jpg to scan-8.jpg into `folder`; of two months, so that the grid has all of them in sight. */
export async function makePhotos(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [i, placed] of PLACED.entries()) {
    const taken = `${i < 5 ? '1961:06' : '1964:12'}:1${i} 12:00:00`;
    await (
      await picture(placed, i)
    )
      .withExif({ IFD2: { DateTimeOriginal: taken } })
      .jpeg({ quality: 90 })
      .toFile(join(folder, `scan-${1 + i}.jpg`));
  }
}

async function picture(
  { side, left, top, angle, blur, brightness, mirrored, background }: Placed,
  seed: number,
): Promise<Sharp> {
  const [from, to] = background;
  const room = Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}"><defs><linearGradient id="g" x2="0.4" y2="1">` +
      `<stop stop-color="${from}"/><stop offset="1" stop-color="${to}"/></linearGradient></defs>` +
      `<rect width="100%" height="100%" fill="url(#g)"/></svg>`,
  );
  const face = sharp(FACE).resize(side, side, { kernel: 'cubic' });
  const turned = await (mirrored ? face.flop() : face)
    .rotate(angle, { background: from })
    .modulate({ brightness })
    .png()
    .toBuffer();
  const { data, info } = await sharp(room)
    .composite([{ input: turned, left, top }])
    .flatten({ background: to })
    .blur(blur)
    .raw()
    .toBuffer({ resolveWithObject: true });
  let state = 1 + seed;
  for (let i = 0; i < data.length; i++) {
    // Numerical Recipes' generator: grain that is the same in each run
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = Math.max(0, Math.min(255, data[i]! + (state >>> 28) - 8));
  }
  return sharp(data, { raw: info });
}
