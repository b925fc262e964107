/**
 * Turns the table of tools/layers.ts into dependency-cruiser's rules; run by `npm run layers`.
 * To change what may import what, edit the table, not this file.
 */
import { entries, inner, layers, packages } from './tools/layers.ts';

/** A pattern for paths that start with one of these (none: a pattern that nothing matches). */
const starts = (prefixes) =>
  prefixes.length === 0 ? '^$' : `^(${prefixes.map((p) => p.replaceAll('.', '\\.')).join('|')})`;
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });
const folders = (names) => names.map((name) => `${layers[name].folder}/`);
const all = Object.keys(layers);

const layerRules = Object.entries(layers).map(([name, { folder, may }]) =>
  rule(
    `layer-${name}`,
    `${folder} imports only: ${['itself', ...may].join(', ')}`,
    { path: starts([`${folder}/`]) },
    { path: starts(folders(all.filter((other) => other !== name && !may.includes(other)))) },
  ),
);

const nodeRule = rule(
  'no-node',
  'these layers run anywhere: no modules of Node',
  { path: starts(folders(all.filter((name) => !layers[name].node))) },
  { dependencyTypes: ['core'] },
);

const innerRules = inner.map(({ from, never, except }) =>
  rule(
    `inner-${from.split('/').slice(1, -1).join('-')}`,
    `${from} never imports ${never.join(', ')}${except ? ` except ${except}` : ''}`,
    { path: starts([from]) },
    { path: starts(never), ...(except && { pathNot: starts([except]) }) },
  ),
);

const packageRules = Object.entries(packages).map(([name, places]) =>
  rule(
    `only-${name}`,
    `in src, only ${places.join(', ')} may import ${name}`,
    { path: '^src/', pathNot: starts(places) },
    { path: [`^${name}(/|$)`, `node_modules/(@types/)?${name}(/|$)`] },
  ),
);

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...layerRules,
    nodeRule,
    ...innerRules,
    ...packageRules,
    rule('no-cycle', 'no import cycles, of types neither', {}, { circular: true }),
    rule(
      'no-orphan',
      'nobody imports it and it imports nothing',
      { orphan: true, path: '^src/', pathNot: starts(entries) },
      {},
    ),
    rule('no-unresolved', 'the file or package cannot be found', {}, { couldNotResolve: true }),
    rule(
      'no-dev-dependency',
      'what ships cannot import a dev dependency (its types alone may be); the window and the Electron host are bundled',
      { path: '^src/', pathNot: '^src/(renderer|main|preload)/' },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only', 'npm'] },
    ),
    rule(
      'no-unlisted',
      'the package is not in package.json',
      {},
      { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(test/fixtures|node_modules/\\.cache)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs', '.json', '.d.ts'],
      exportsFields: ['exports'],
      conditionNames: ['node', 'import', 'types', 'default'],
    },
  },
};
