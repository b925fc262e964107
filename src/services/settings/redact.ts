/**
 * Takes out of a log what is nobody's business: paths, names of files in quotes, and the names of people and folders.
 * settings.service.ts uses it for diagnostics, which a person sends to strangers.
 */
import { homedir, hostname, userInfo } from 'node:os';
import type { Database } from '../db/database.ts';

/** Shorter names would be found in every other word. */
const LEAST_NAME = 3;

/** Names that may not be in it: of people, folders, this computer and who uses it. Longest first. */
export function secretsOf(db: Database): string[] {
  const names = [
    ...db.column<string>('SELECT name FROM people').all(),
    ...db.column<string>('SELECT title FROM folders').all(),
    ...db.column<string>('SELECT path FROM folders').all(),
    homedir(),
    hostname(),
    userName(),
  ];
  const unlike = new Set(names.map((name) => name.trim()).filter(({ length }) => length >= LEAST_NAME));
  return [...unlike].sort((a, b) => b.length - a.length);
}

/** Line by line: JSON stays JSON. */
export function redacted(text: string, secrets: readonly string[]): string {
  const known =
    secrets.length === 0
      ? undefined
      : new RegExp(secrets.map((name) => name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'), 'giu');
  const clean = (value: string): string => {
    const named = value
      .replace(/"[^"\n]*"/g, '"<name>"')
      .replace(/\b[a-z][a-z0-9+.-]*:\/\/\S+/gi, '<address>')
      .replace(/\b[A-Za-z]:[\\/][^"'<>|\n]*|\\\\[^"'<>|\n]+/g, '<path>')
      .replace(/(?<![\w<])~?\/[^\s"'<>|:;,)][^"'<>|:;,)\n]*/g, '<path>');
    return known ? named.replace(known, '<name>') : named;
  };
  return text
    .split('\n')
    .map((line) => {
      const data = parsed(line);
      return data === undefined ? clean(line) : JSON.stringify(deep(data, clean));
    })
    .join('\n');
}

function deep(data: unknown, clean: (text: string) => string): unknown {
  if (typeof data === 'string') return clean(data);
  if (Array.isArray(data)) return data.map((item) => deep(item, clean));
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, deep(value, clean)]));
}

/** A line that is an object of JSON; undefined for any other. */
function parsed(line: string): unknown {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // cut off in the middle: text
  }
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return ''; // a system without names of users
  }
}
