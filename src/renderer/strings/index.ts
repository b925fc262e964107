/**
 * t('key', { values }): the sentence of a key in the chosen language, with values filled in.
 * Feature folders add their keys to the catalogue through en-*.ts files; a missing key does not compile.
 */
import { catalogue } from './catalogue.ts';
import type { Counted } from './en.ts';

export type Key = keyof typeof catalogue;
type Values = Readonly<Record<string, string | number>>;

const plural = new Intl.PluralRules('en');
const numbers = new Intl.NumberFormat('en');

/** A sentence; `n` chooses the form of a text that counts, and numbers are grouped. */
export function t(key: Key, values: Values = {}): string {
  const entry: string | Counted = catalogue[key];
  const form =
    typeof entry === 'string'
      ? entry
      : plural.select(Number(values['n'])) === 'one'
        ? entry.one
        : entry.other;
  return form.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? numbers.format(value) : value;
  });
}

/** Bytes as people read them: 3.4 MB. */
export function fileSize(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? ''}`;
}

/** A time span as people read it: 40 s, 3 min, 2 h 5 min. */
export function timeSpan(seconds: number): string {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
