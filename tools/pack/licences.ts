/**
 * A plugin of vite that writes licences.txt beside a bundle: the licences of all packages whose code is in it, which
 * ask to be shipped with it. electron.vite.config.ts uses it; packages that are not bundled bring their own files.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

/** `/x/node_modules/@a/b/lib/c.js` -> `/x/node_modules/@a/b`; undefined for what is of no package. */
export function packageOf(moduleId: string): string | undefined {
  return /^(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)/.exec(moduleId.replace(/^\0/, ''))?.[1];
}

/** Name, version and licence of a package, and the text of its licence where it has one. */
function licenceOf(folder: string): string | undefined {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return undefined;
  const { name, version, license } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  const texts = globSync('{LICENSE,LICENCE,License,license}{,.md,.txt}', { cwd: folder }).slice(0, 1);
  const head = `${String(name)} ${String(version)} (${typeof license === 'string' ? license : 'see its text'})`;
  return [head, ...texts.map((text) => readFileSync(join(folder, text), 'utf8').trim())].join('\n\n');
}

export function licences(): Plugin {
  return {
    name: 'albumen-licences',
    generateBundle(_, bundle) {
      const modules = Object.values(bundle).flatMap((part) => (part.type === 'chunk' ? part.moduleIds : []));
      const folders = [...new Set(modules.flatMap((id) => packageOf(id) ?? []))].sort();
      const source = folders.flatMap((folder) => licenceOf(folder) ?? []).join(`\n\n${'-'.repeat(80)}\n\n`);
      this.emitFile({ type: 'asset', fileName: 'licences.txt', source: `${source}\n` });
    },
  };
}
