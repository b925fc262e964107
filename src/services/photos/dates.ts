/**
 * When a photo was taken, by the best witness there is: its EXIF, its name, its folder's name, the day it was scanned,
 * and at last the file's own date, marked as such.
 */
import type { Look, PictureDate } from '../../domain/look.ts';
import type { CapturedFrom } from '../../domain/photo.ts';

export interface CaptureDate extends PictureDate {
  readonly from: CapturedFrom;
}

/** A day, with or without the time: 2004-07-12, 20040712_153000, IMG-20040712-WA0001. */
const DAY =
  /(?<!\d)(1[89]\d\d|20\d\d)([-_. ]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?:[-_ T.]{0,3}([01]\d|2[0-3])[-_.:h]?([0-5]\d)[-_.:m]?([0-5]\d)(?:\d{3})?)?(?!\d)/;
/** A month: 1944-03; never 194403, which is as likely a number. */
const MONTH = /(?<!\d)(1[89]\d\d|20\d\d)[-_. ](0[1-9]|1[0-2])(?!\d)/;
const YEAR = /(?<!\d)(18[2-9]\d|19\d\d|20[0-4]\d)(?!\d)/;
/** The counters of cameras and scanners look like years: IMG_1944. */
const COUNTER =
  /(?:^|[^\p{L}])(?:img|dsc[a-z]?|mvi|pict?|cimg|sam|gopr|scan|image|photo|foto|bild|p|mg)[-_ ]?\d{4,}/iu;

/** Of a photo at `path` (below its folder), whose file is of `mtime`. */
export function captureDate(
  look: Pick<Look, 'captured' | 'digitized'>,
  path: string,
  mtime: number,
): CaptureDate {
  if (look.captured) return { ...look.captured, from: 'exif' };
  const parts = path
    .replace(/\.\w+$/, '')
    .split('/')
    .reverse();
  const named = parts.map(dayIn).find(Boolean) ?? parts.map(yearIn).find(Boolean);
  if (named) return { ...named, from: 'name' };
  if (look.digitized) return { ...look.digitized, from: 'exif' };
  return { at: clamp(mtime), precision: 'second', from: 'mtime' };
}

/** As `photos.own_date` keeps it. */
export function dateJson({ at, precision, from }: CaptureDate): string {
  return JSON.stringify({ at, precision, from });
}

function dayIn(name: string): PictureDate | undefined {
  const day = DAY.exec(name);
  if (day) {
    const [year = 0, , month = 0, date = 0, hour = 0, minute = 0, second = 0] = day.slice(1).map(Number);
    // the 31st of some months does not exist; the month then still holds
    if (new Date(Date.UTC(year, month - 1, date)).getUTCDate() !== date)
      return { at: Date.UTC(year, month - 1), precision: 'month' };
    if (day[5] === undefined) return { at: Date.UTC(year, month - 1, date), precision: 'day' };
    return { at: Date.UTC(year, month - 1, date, hour, minute, second), precision: 'second' };
  }
  const month = MONTH.exec(name);
  return month ? { at: Date.UTC(Number(month[1]), Number(month[2]) - 1), precision: 'month' } : undefined;
}

function yearIn(name: string): PictureDate | undefined {
  const year = COUNTER.test(name) ? null : YEAR.exec(name);
  return year ? { at: Date.UTC(Number(year[1]), 0), precision: 'year' } : undefined;
}

/** Broken clocks write any number; the domain's dates are 1000 to 9999. */
function clamp(mtime: number): number {
  return Math.min(253_402_300_799_999, Math.max(-30_610_224_000_000, Math.round(mtime)));
}
