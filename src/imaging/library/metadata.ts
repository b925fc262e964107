/**
 * When, where and with what a picture was taken, by its EXIF; read by exifreader, believed as far as it makes sense.
 * look.ts has the rest. Dates stay local time, as EXIF has them.
 */
import ExifReader from 'exifreader';
import type { Look, PictureDate } from '../../domain/look.ts';

export type PictureMetadata = Pick<Look, 'captured' | 'digitized' | 'camera' | 'gps'>;

export const NO_METADATA: PictureMetadata = { captured: null, digitized: null, camera: null, gps: null };

/** Groups that are not named are not read. */
const WANTED: ExifReader.IncludeTagsOptions = {
  exif: [
    'DateTimeOriginal',
    'DateTimeDigitized',
    'Make',
    'Model',
    'GPS Info IFD Pointer',
    'Exif IFD Pointer',
  ],
  gps: true,
};

/** Of a whole file, untrusted: what cannot be read is absent. */
export function pictureMetadata(bytes: Uint8Array): PictureMetadata {
  let tags;
  try {
    // exifreader asks for a Buffer or an ArrayBuffer, so the same memory goes in as a Buffer
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    tags = ExifReader.load(buffer, { expanded: true, includeTags: WANTED });
  } catch {
    // no metadata, or damaged: a photo without a date is an ordinary photo
    return NO_METADATA;
  }
  const exif = tags.exif;
  // DateTime, which is also there, is when the file was last changed: no date of a photo
  const captured = exifDate(exif?.DateTimeOriginal?.description);
  const digitized = exifDate(exif?.DateTimeDigitized?.description);
  const camera = cameraOf(exif?.Make?.description, exif?.Model?.description);
  return { captured, digitized, camera, gps: gpsOf(tags.gps?.Latitude, tags.gps?.Longitude) };
}

/** `YYYY:MM:DD HH:MM:SS`, also with other separators, without the time, or with zeros where nobody knew. */
export function exifDate(text: string | undefined): PictureDate | null {
  const match = /^\s*(\d{4})[:\-/.](\d\d)[:\-/.](\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d))?)?/.exec(text ?? '');
  if (!match) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1)
    .map((n) => Number(n || 0));
  if (year < 1000) return null;
  if (month === 0) return { at: Date.UTC(year, 0, 1), precision: 'year' };
  if (month > 12) return null;
  if (day === 0) return { at: Date.UTC(year, month - 1, 1), precision: 'month' };
  if (day > 31 || hour > 24 || minute > 59 || second > 60) return null;
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCDate() !== day) return null;
  if (match[4] === undefined) return { at: date.getTime(), precision: 'day' };
  return { at: Date.UTC(year, month - 1, day, hour, minute, second), precision: 'second' };
}

/** Make and model as one name: models often begin with the make. */
function cameraOf(make: string | undefined, model: string | undefined): string | null {
  const [m, n] = [clean(make), clean(model)];
  const name = n.toLowerCase().startsWith(m.toLowerCase()) ? n : `${m} ${n}`;
  return name.trim() === '' ? null : name.trim().slice(0, 200);
}

function clean(text: string | undefined): string {
  return (text ?? '').replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '').trim();
}

function gpsOf(latitude: number | undefined, longitude: number | undefined): Look['gps'] {
  if (latitude === undefined || longitude === undefined) return null;
  if (!(Math.abs(latitude) <= 90) || !(Math.abs(longitude) <= 180)) return null;
  // 0, 0 is what devices write that do not know
  return latitude === 0 && longitude === 0 ? null : { latitude, longitude };
}
