/**
 * How the desktop application is built: main and the two process entries as flat files in dist/main, the preload script
 * as one CommonJS file, the window as vite.renderer.config.ts says. electron-builder.yml packs what comes out.
 */
import { join } from 'node:path';
import { defineConfig, mergeConfig } from 'electron-vite';
import { licences } from './tools/pack/licences.ts';
import renderer from './vite.renderer.config.ts';

const at = (path: string): string => join(import.meta.dirname, path);

/** What cannot be bundled: native parts, and a library of ten megabytes that is only loaded where it is needed. */
const apart = ['better-sqlite3', 'onnxruntime-node', 'onnxruntime-common', 'sharp', '@techstark/opencv-js'];

export default defineConfig({
  main: {
    plugins: [licences()],
    build: {
      outDir: 'dist/main',
      minify: false,
      externalizeDeps: false,
      rolldownOptions: {
        input: {
          index: at('src/main/index.ts'),
          library: at('src/processes/library.ts'),
          engine: at('src/processes/engine.ts'),
        },
        external: ['electron', ...apart],
        // Flat: files are found from import.meta.dirname, two folders below the root as in src.
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: 'dist/preload',
      minify: false,
      externalizeDeps: false,
      rolldownOptions: {
        input: at('src/preload/index.ts'),
        // A sandboxed preload script is one CommonJS file.
        output: { format: 'cjs', entryFileNames: 'index.cjs' },
      },
    },
  },
  renderer: mergeConfig(renderer, { plugins: [licences()] }),
});
