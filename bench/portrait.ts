/**
 * A photo for the benches, made on the spot: the demo's face, which belongs to nobody, on soft grain. photograph.ts and
 * growth.ts measure on it.
 */
import { join } from 'node:path';
import sharp from 'sharp';

export interface Place {
  readonly width: number;
  readonly height: number;
  /** Of the square picture of the face, in pixels of the photo. */
  readonly side: number;
  readonly left: number;
  readonly top: number;
}

/** Writes the photo as a JPEG. */
export async function writePortrait(path: string, { width, height, side, left, top }: Place): Promise<void> {
  const file = join(import.meta.dirname, '../resources/demo/face.png');
  const face = await sharp(file).resize(side, side).toBuffer();
  const noise = { type: 'gaussian', mean: 128, sigma: 12 } as const;
  await sharp({ create: { width, height, channels: 3, background: 'grey', noise } })
    .composite([{ input: face, left, top }])
    .jpeg({ quality: 92 })
    .toFile(path);
}
