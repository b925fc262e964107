/**
 * Writes a photograph whole, with everything its file carried: pixels no step changed go out as they came in (JPEG, WebP
 * and AVIF then lose what their quality loses). encode.ts makes the picture, container/ puts the blocks around it.
 */
import { basename } from 'node:path';
import { UserError } from '../../domain/errors.ts';
import { counted, quoted } from '../../domain/text.ts';
import type { PhotoFormat, Photograph, PhotoSource } from '../photograph.ts';
import { unwritable, writeWhole } from '../write.ts';
import { COMMENT } from './container/blocks.ts';
import type { Blocks } from './container/blocks.ts';
import { JPEG_LIMITS, intoJpeg } from './container/jpeg.ts';
import { intoPng } from './container/png.ts';
import { intoTiff } from './container/tiff.ts';
import { intoWebp } from './container/webp.ts';
import { encode, encodeAvif } from './encode.ts';
import { compactExif, editExif } from './exif.ts';
import { profileFacts } from './icc.ts';
import { mergeXmp } from './xmp.ts';

export interface SaveOptions {
  /** By default the input's, where it can be written (GIF becomes PNG). */
  readonly format?: PhotoFormat;
  /** 1..100 for JPEG (95 by default), WebP (95) and AVIF (85). */
  readonly quality?: number;
  /** Bits a channel of PNG and TIFF, by default the photograph's. */
  readonly depth?: 8 | 16;
  readonly metadata: {
    /** Said in EXIF: `Albumen 1.2.3`. */
    readonly software: string;
    /** Whether faces in it were made by a model; then XMP says so. */
    readonly restoredFaces?: boolean;
    /** The recipe's JSON, kept in XMP. */
    readonly recipe?: string;
  };
  readonly signal?: AbortSignal;
}

export interface SavedPhotograph {
  readonly format: PhotoFormat;
  readonly bytes: number;
  /** What the original had and the new file has not, because its format cannot hold it: `IPTC`, `transparency`. */
  readonly lost: readonly string[];
}

/** Ends of file names, the first the usual one. */
export const FORMAT_EXTENSIONS: Readonly<Record<PhotoFormat, readonly string[]>> = {
  jpeg: ['.jpg', '.jpeg'],
  png: ['.png'],
  tiff: ['.tif', '.tiff'],
  webp: ['.webp'],
  avif: ['.avif'],
};

/** The formats' names as people write them. */
const SPOKEN: Readonly<Record<PhotoFormat, string>> = {
  jpeg: 'JPEG',
  png: 'PNG',
  tiff: 'TIFF',
  webp: 'WebP',
  avif: 'AVIF',
};
/** The longest side each format takes, in pixels. */
const LONGEST: Readonly<Partial<Record<PhotoFormat, number>>> = { jpeg: 65535, webp: 16383, avif: 16384 };
/** What the AVIF encoder takes for itself grows with the picture, and its time more so. */
const MOST_AVIF_PIXELS = 50e6;

/** The format a photograph is written in where nobody says another. */
export function outputFormat({ source: { format } }: Photograph): PhotoFormat {
  return format === 'gif' ? 'png' : format;
}

/**
 * Writes `path` whole or not at all (whatever its name ends in), and makes its folder where missing. Orientation is 1,
 * embedded thumbnails are dropped. Throws UserError `output.unwritable`, or `cancelled` with nothing written.
 */
export async function savePhotograph(
  photo: Photograph,
  path: string,
  options: SaveOptions,
): Promise<SavedPhotograph> {
  const format = options.format ?? outputFormat(photo);
  checkSize(photo, path, format);
  const lost: string[] = [];
  const blocks = await blocksFor(photo, format, options, lost);
  stopIf(options.signal);
  let pieces: Uint8Array[];
  try {
    pieces = await assemble(photo, format, blocks, options, lost);
  } catch (cause) {
    throw unwritable(path, cause);
  }
  stopIf(options.signal);
  await writeWhole(path, pieces);
  return { format, bytes: pieces.reduce((sum, piece) => sum + piece.length, 0), lost };
}

async function assemble(
  photo: Photograph,
  format: PhotoFormat,
  blocks: Blocks,
  options: SaveOptions,
  lost: string[],
): Promise<Uint8Array[]> {
  const { density, comments } = photo.source;
  if (format === 'avif') return [await encodeAvif(photo, blocks, options.quality ?? 85)];
  if (format === 'jpeg' && photo.alpha) lost.push('transparency');
  const picture = await encode(photo, format, {
    quality: options.quality ?? 95,
    depth: options.depth ?? photo.depth,
    density,
  });
  if (format === 'jpeg') {
    const own = (comments ?? []).filter(({ keyword }) => keyword === COMMENT);
    const texts = own.map(({ text }) => text);
    return intoJpeg(picture, blocks, density, texts);
  }
  if (format === 'png') return intoPng(picture, blocks, density, comments);
  if (format === 'tiff') return intoTiff(picture, blocks);
  return intoWebp(picture, blocks, photo.width, photo.height);
}

/** What goes into the new file; what its format has no place for is named in `lost`. */
async function blocksFor(
  photo: Photograph,
  format: PhotoFormat,
  { metadata }: SaveOptions,
  lost: string[],
): Promise<Blocks> {
  const { width, height, source } = photo;
  const { software, restoredFaces = false, recipe } = metadata;
  const notes = { restoredFaces, width, height };
  let xmp = mergeXmp(source.xmp, { ...notes, ...(recipe === undefined ? {} : { recipe }) });
  if (format === 'jpeg' && tooLong(xmp.packet, JPEG_LIMITS.xmp)) {
    if (recipe !== undefined) lost.push('the recipe in XMP (longer than a JPEG file can hold)');
    xmp = mergeXmp(source.xmp, notes);
    if (tooLong(xmp.packet, JPEG_LIMITS.xmp)) {
      lost.push('XMP (longer than a JPEG file can hold)');
      xmp = mergeXmp(undefined, notes);
    }
  } else if (!xmp.merged) lost.push('XMP (damaged)');
  const edits = {
    ...{ software, width, height, jpeg: format === 'jpeg' },
    ...(source.density === undefined ? {} : { density: source.density }),
  };
  let exif = await editExif(source.exif, edits);
  if (format === 'jpeg' && tooLong(exif, JPEG_LIMITS.exif)) {
    lost.push('vendor’s notes in EXIF (longer than a JPEG file can hold)');
    exif = await compactExif(exif);
    if (tooLong(exif, JPEG_LIMITS.exif)) exif = await editExif(undefined, edits);
  }
  const iptc = iptcFor(source, format, lost);
  const homeless = (source.comments ?? []).filter(
    ({ keyword }) => format !== 'png' && !(format === 'jpeg' && keyword === COMMENT),
  );
  if (homeless.length > 0) lost.push(counted(homeless.length, 'text comment'));
  const fits = source.icc && profileFacts(source.icc)?.space === (photo.channels === 1 ? 'grey' : 'rgb');
  return {
    exif,
    ...(xmp.packet ? { xmp: xmp.packet } : {}),
    ...(iptc ? { iptc } : {}),
    ...(source.icc && fits ? { icc: source.icc } : {}),
  };
}

function iptcFor({ iptc }: PhotoSource, format: PhotoFormat, lost: string[]): Uint8Array | undefined {
  if (!iptc) return undefined;
  const noPlace = format === 'webp' || format === 'avif';
  if (!noPlace && !(format === 'jpeg' && tooLong(iptc, JPEG_LIMITS.iptc))) return iptc;
  lost.push('IPTC');
  return undefined;
}

function tooLong(block: Uint8Array | undefined, most: number): boolean {
  return block !== undefined && block.length > most;
}

function checkSize({ width, height }: Photograph, path: string, format: PhotoFormat): void {
  const most = LONGEST[format] ?? Infinity;
  const large = format === 'avif' && width * height > MOST_AVIF_PIXELS;
  if (Math.max(width, height) <= most && !large) return;
  throw new UserError(
    'output.unwritable',
    `${quoted(basename(path))} cannot be written: ${width} x ${height} pixels are more than ${SPOKEN[format]} takes here.`,
    'Choose PNG or TIFF for it.',
  );
}

function stopIf(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new UserError('cancelled', 'Stopped; nothing was written.');
}
