/**
 * The picture itself in each format, without metadata (but for AVIF, whose encoder has to be given it).
 * save.ts puts the blocks around what encode returns.
 */
import sharp from 'sharp';
import type { PhotoFormat, Photograph } from '../photograph.ts';
import type { Blocks } from './container/blocks.ts';
import { intoPng } from './container/png.ts';
import { samples } from './samples.ts';

export interface EncodeOptions {
  readonly quality: number;
  readonly depth: 8 | 16;
  /** Pixels per inch; TIFF says it in the picture's own directory. */
  readonly density: number | undefined;
}

/** WebP halves the resolution of colour, with care up to this size; beyond it the care would take a gigabyte. */
const MOST_SMART_PIXELS = 40e6;

/**
 * JPEG codes are the standard's, not the picture's own: those take a second pass over it, three times as long in all, for
 * files a tenth smaller (12 megapixels of grain at quality 95: 0.39 s and 6.2 MB, against 0.11 s and 6.9 MB).
 */
const JPEG = { chromaSubsampling: '4:4:4', optimiseCoding: false } as const;

/** JPEG is 4:4:4 and has white behind what is transparent; PNG and TIFF are exact (at the photograph's depth or more). */
export async function encode(
  photo: Photograph,
  format: Exclude<PhotoFormat, 'avif'>,
  { quality, depth, density }: EncodeOptions,
): Promise<Buffer> {
  const bits = format === 'png' || format === 'tiff' ? depth : 8;
  const { data, channels } = samples(photo, bits, format !== 'jpeg');
  const { width, height } = photo;
  const grey = photo.channels === 1;
  const picture = sharp(data, { raw: { width, height, channels } }).toColourspace(
    bits === 16 ? (grey ? 'grey16' : 'rgb16') : grey ? 'b-w' : 'srgb',
  );
  if (format === 'png') return picture.png().toBuffer();
  if (format === 'webp') {
    const smartSubsample = width * height <= MOST_SMART_PIXELS;
    return picture.webp({ quality, effort: 3, smartSubsample }).toBuffer();
  }
  if (format === 'jpeg') return picture.jpeg({ quality, ...JPEG }).toBuffer();
  const dots = density === undefined ? {} : { xres: density / 25.4, yres: density / 25.4 };
  return picture.tiff({ compression: 'deflate', predictor: 'horizontal', ...dots }).toBuffer();
}

/**
 * A whole AVIF file, 4:4:4 at 8 bits. Its boxes are written by the encoder alone, so the blocks come in by way of a black
 * PNG of one pixel that carries them, enlarged, and the picture is joined to it bit by bit (0 or x is x).
 */
export async function encodeAvif(photo: Photograph, blocks: Blocks, quality: number): Promise<Buffer> {
  const { width, height } = photo;
  const { data, channels } = samples(photo, 8, true, true);
  const black = await sharp(new Uint8Array(channels), { raw: { width: 1, height: 1, channels } })
    .png()
    .toBuffer();
  const { icc, exif, xmp } = blocks;
  const carrier = intoPng(
    black,
    { ...(icc && photo.channels === 3 ? { icc } : {}), ...(exif ? { exif } : {}), ...(xmp ? { xmp } : {}) },
    undefined,
  );
  return sharp(Buffer.concat(carrier))
    .resize(width, height, { fit: 'fill', kernel: 'nearest' })
    .boolean(Buffer.from(data.buffer, data.byteOffset, data.byteLength), 'or', {
      raw: { width, height, channels },
    })
    .keepExif()
    .keepXmp()
    .keepIccProfile()
    .avif({ quality, effort: 3, chromaSubsampling: '4:4:4' })
    .toBuffer();
}
