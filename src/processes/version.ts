/**
 * The version of the application, as package.json has it: in recipes, in the files it writes, in diagnostics.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

let known: string | undefined;

export function appVersion(): string {
  if (known === undefined) {
    const text = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8');
    known = (JSON.parse(text) as { readonly version: string }).version;
  }
  return known;
}
