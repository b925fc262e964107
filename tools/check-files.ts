/**
 * The part of `npm run layers` no other tool sees: tsconfig references that say what tools/layers.ts says, files that
 * open with a doc comment, and a note (never a failure) of files over 300 lines. Read tools/layers.ts first.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { layers } from './layers.ts';

const softCap = 300;
const failures: string[] = [];
const notes: string[] = [];

/** The folders a tsconfig.json references, sorted. */
function references(folder: string): string[] {
  const config = JSON.parse(readFileSync(`${folder}/tsconfig.json`, 'utf8')) as {
    references?: { path: string }[];
  };
  return (config.references ?? []).map(({ path }) => posix.join(folder, path)).sort();
}

function compare(folder: string, names: readonly string[]): void {
  const want = present.filter(([name]) => names.includes(name)).map(([, layer]) => layer.folder);
  const have = references(folder).join(', ');
  if (have !== want.sort().join(', ')) {
    failures.push(`${folder}/tsconfig.json references [${have}], tools/layers.ts says [${want.join(', ')}]`);
  }
}

const present = Object.entries(layers).filter(([, { folder }]) => existsSync(folder));
for (const folder of globSync('src/*/').map((path) => path.replaceAll('\\', '/').replace(/\/$/, ''))) {
  if (!present.some(([, layer]) => layer.folder === folder))
    failures.push(`${folder} is not in tools/layers.ts`);
}
for (const [, { folder, may }] of present) {
  if (existsSync(`${folder}/tsconfig.json`)) compare(folder, may);
  else failures.push(`${folder} has no tsconfig.json`);
}
compare('.', Object.keys(layers));

for (const file of globSync(['{src,test,bench,tools,training}/**/*.ts', '*.config.{ts,js}']).sort()) {
  const text = readFileSync(file, 'utf8');
  const lines = text.split('\n').length - 1;
  if (lines > softCap) notes.push(`${file} has ${lines} lines (soft cap ${softCap})`);
  if (!/^(#!.*\n)?\/\*\*/.test(text))
    failures.push(`${file} does not open with /** what it is, where to read next */`);
}

for (const note of notes) console.log(`note: ${note}`);
for (const failure of failures) console.error(`error: ${failure}`);
if (failures.length > 0) process.exitCode = 1;
