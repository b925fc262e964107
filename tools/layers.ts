/**
 * The layers of Albumen and what each may import: the one table behind `npm run layers` (.dependency-cruiser.mjs) and
 * the references of every tsconfig.json. A new layer is one line here and a tsconfig.json that says the same; see
 * CONTRIBUTING.md, and tools/check-files.ts, which compares the two.
 */

export interface Layer {
  /** The folder, from the repository's root. */
  readonly folder: string;
  /** The layers it may import, besides itself, by name. */
  readonly may: readonly string[];
  /** Whether it may use Node's own modules (`node:fs`). */
  readonly node: boolean;
}

const core = ['domain', 'contract', 'services', 'engine', 'imaging', 'faces', 'restoration'];
const below = [...core, 'processes'];
const hosts = ['main', 'preload', 'server', 'cli', 'renderer'];

/** Layer by layer, from the bottom; a layer whose folder does not exist yet costs nothing. */
export const layers: Readonly<Record<string, Layer>> = {
  domain: { folder: 'src/domain', may: [], node: false },
  contract: { folder: 'src/contract', may: ['domain'], node: false },
  engine: { folder: 'src/engine', may: ['domain'], node: true },
  imaging: { folder: 'src/imaging', may: ['domain'], node: true },
  faces: { folder: 'src/faces', may: ['domain'], node: true },
  restoration: { folder: 'src/restoration', may: ['domain', 'engine', 'imaging', 'faces'], node: true },
  services: { folder: 'src/services', may: ['domain', 'contract'], node: true },
  processes: { folder: 'src/processes', may: core, node: true },
  main: { folder: 'src/main', may: below, node: true },
  preload: { folder: 'src/preload', may: [], node: false },
  server: { folder: 'src/server', may: below, node: true },
  cli: { folder: 'src/cli', may: [...below, 'server'], node: true },
  renderer: { folder: 'src/renderer', may: ['domain', 'contract'], node: false },
  bench: { folder: 'bench', may: [...below, ...hosts, 'training'], node: true },
  training: { folder: 'training', may: ['domain', 'engine', 'imaging', 'faces'], node: true },
  tools: { folder: 'tools', may: [...below, ...hosts, 'training'], node: true },
  test: { folder: 'test', may: [...below, ...hosts, 'bench', 'tools', 'training'], node: true },
};

/** Finer rules inside a layer: files under `from` never import files under any of `never`, `except` aside. */
export const inner: readonly { from: string; never: readonly string[]; except?: string }[] = [
  {
    from: 'src/engine/graph/',
    never: ['src/engine/autodiff/', 'src/engine/checkpoint/', 'src/engine/runtime/'],
  },
  { from: 'src/engine/diffusion/', never: ['src/engine/'], except: 'src/engine/diffusion/' },
];

/** Packages that only these places of `src` may import, types included: file or folder prefixes. */
export const packages: Readonly<Record<string, readonly string[]>> = {
  'onnxruntime-node': ['src/engine/runtime/ort'],
  'onnxruntime-common': ['src/engine/runtime/ort'],
  sharp: ['src/imaging/'],
  commander: ['src/cli/'],
  'cli-progress': ['src/cli/'],
  'better-sqlite3': ['src/services/db/'],
  ws: ['src/server/'],
  send: ['src/server/'],
  exifreader: ['src/imaging/'],
  '@techstark/opencv-js': ['src/imaging/repair/opencv'],
  electron: ['src/main/', 'src/preload/'],
  svelte: ['src/renderer/'],
};

/** Files nobody imports: programs, and what a tool finds by name. */
export const entries: readonly string[] = [
  'src/cli/main.ts',
  'src/processes/library.ts',
  'src/processes/engine.ts',
  'src/contract/globals.d.ts',
  'src/renderer/main.ts',
  'src/main/index.ts',
  'src/preload/index.ts',
  'bench/',
  'training/',
  'tools/',
  'test/',
];
