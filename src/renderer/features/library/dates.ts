/**
 * Dates of photos in words. A captured time is the wall clock of the place where it was taken, kept as if it were UTC,
 * and is shown no finer than it is known.
 */
import type { DatePrecision } from '../../../domain/photo.ts';

const format = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat('en', { timeZone: 'UTC', ...options });

const month = format({ year: 'numeric', month: 'long' });
const shown: Readonly<Record<DatePrecision, Intl.DateTimeFormat>> = {
  year: format({ year: 'numeric' }),
  month,
  day: format({ year: 'numeric', month: 'long', day: 'numeric' }),
  second: format({ dateStyle: 'long', timeStyle: 'short' }),
};

/** YYYY-MM as June 1965. */
export function monthName(text: string): string {
  return month.format(Date.parse(`${text}-01T00:00:00Z`));
}

export function capturedText(at: number, precision: DatePrecision): string {
  return shown[precision].format(at);
}
