/**
 * The application's version and name, as package.json has them: for --version, recipes and the files it writes.
 * Used by program.ts and restore/.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export function appVersion(): string {
  const text = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8');
  const { version } = JSON.parse(text) as { readonly version: string };
  return version;
}

/** As written into photos. */
export function software(): string {
  return `Albumen ${appVersion()}`;
}
